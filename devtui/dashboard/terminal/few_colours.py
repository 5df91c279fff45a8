"""Draw a theme on terminals with 16 colours, or without colours (`NO_COLOR`).

Rich takes the nearest of the 16 colours, so red, green and yellow words all become white, and soft
greys vanish in the background. Textual's own filter drops the background that marks the cursor.
These filters keep the meaning of a colour: its hue, its contrast, and whether it marks a line.
"""

from __future__ import annotations

import colorsys
from functools import lru_cache
from typing import Any, NamedTuple

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.filter import LineFilter

BLACK, LIGHT_GREY, DARK_GREY, WHITE = 0, 7, 8, 15
BRIGHT = 8

# Contrast with the background, as a share of that of the theme's own text.
FAINT = 0.5
STRONG = 0.85
MARKED = 0.15

# The highest hue, in degrees, of each of the colours 1 to 6.
_HUES = ((20, 1), (70, 3), (170, 2), (209, 6), (255, 4), (335, 5), (360, 1))
_COLOURED = 0.1  # how much more saturated than the theme's text a colour must be


class Ground(NamedTuple):
    """A theme's background and text, with which other colours are compared."""

    paper: Color
    ink: Color
    dark: bool

    def contrast(self, one: Color, other: Color) -> float:
        """Return the difference in brightness; 1 is that of the theme's text and background."""
        whole = abs(self.ink.brightness - self.paper.brightness) or 1.0
        return abs(one.brightness - other.brightness) / whole


class FewColours(LineFilter):
    """Draw every line of an app with 16 colours, or only with bold, dim and reverse."""

    def __init__(self, app: App[Any], *, colourless: bool) -> None:
        super().__init__()
        self._app = app
        self._colourless = colourless
        self._grounds: dict[str, Ground] = {}

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Give the segments styles that the terminal can show."""
        ground = self._ground()
        drawn = colourless if self._colourless else in_sixteen
        return [
            Segment(text, None if style is None else drawn(style, ground), control)
            for text, style, control in segments
        ]

    def _ground(self) -> Ground:
        theme = self._app.current_theme
        ground = self._grounds.get(theme.name)
        if ground is None:
            colours = theme.to_color_system().generate()
            paper, ink = (Color.parse(colours[name]) for name in ("background", "foreground"))
            ground = self._grounds[theme.name] = Ground(paper, ink, theme.dark)
        return ground


@lru_cache(maxsize=4096)
def colourless(style: Style, ground: Ground) -> Style:
    """Remove the colours: reverse what is marked, and dim what is faint."""
    ink, paper = _colours(style, ground)
    marked = ground.contrast(paper, ground.paper) >= MARKED
    faint = not marked and ground.contrast(ink, paper) < FAINT
    look = Style(dim=faint or None, reverse=marked ^ bool(style.reverse) or None)
    return _uncoloured(style) + look


@lru_cache(maxsize=4096)
def in_sixteen(style: Style, ground: Ground) -> Style:
    """Choose colours out of the 16 that every terminal has."""
    ink, paper = _colours(style, ground)
    depth = ground.contrast(paper, ground.paper)
    plain, clear = (BLACK, WHITE) if ground.dark else (WHITE, BLACK)
    if (
        depth >= FAINT
    ):  # a badge or an input's cursor: the full colour, and the text in the background's
        behind, before = _hue(paper, ground), plain
    elif depth >= MARKED:
        # Users may change the 16 colours; only these pairs are sure to be readable.
        behind = LIGHT_GREY if not ground.dark or _hue(paper, ground) is not None else DARK_GREY
        before = WHITE if behind == DARK_GREY else BLACK
    else:
        behind = plain
        before = _on_plain(ink, paper, ground)
    if behind is None:
        behind = clear
    return _uncoloured(style) + Style(
        color=RichColor.from_ansi(before), bgcolor=RichColor.from_ansi(behind)
    )


def _on_plain(ink: Color, paper: Color, ground: Ground) -> int:
    strength = ground.contrast(ink, paper)
    hue = _hue(ink, ground)
    if hue is not None and strength >= FAINT / 2:
        return hue
    if ground.dark:
        faint, soft, clear = DARK_GREY, LIGHT_GREY, WHITE
    else:
        faint, soft, clear = LIGHT_GREY, DARK_GREY, BLACK
    if strength < (FAINT if ground.dark else FAINT * 0.7):
        return faint
    return soft if strength < STRONG else clear


def _hue(colour: Color, ground: Ground) -> int | None:
    """Return the number of the colour's name, bright on dark; None for a grey."""
    if _saturation(colour) < _saturation(ground.ink) + _COLOURED:
        return None
    red, green, blue = colour.rgb
    degrees = colorsys.rgb_to_hsv(red / 255, green / 255, blue / 255)[0] * 360
    number = next(number for end, number in _HUES if degrees <= end)
    return number + BRIGHT if ground.dark else number


def _saturation(colour: Color) -> float:
    return (max(colour.rgb) - min(colour.rgb)) / 255


def _colours(style: Style, ground: Ground) -> tuple[Color, Color]:
    ink = ground.ink if style.color is None else Color.from_rich_color(style.color)
    paper = ground.paper if style.bgcolor is None else Color.from_rich_color(style.bgcolor)
    return ink, paper


def _uncoloured(style: Style) -> Style:
    """Return the style without colours, with bold, underline, and the meta data for the mouse."""
    return style.without_color + Style.from_meta(style.meta) if style.meta else style.without_color
