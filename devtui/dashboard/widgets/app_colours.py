"""Show the colours that the app gives its text in the colours of the theme.

The first 16 have names and no fixed values: each terminal has its own, and so has each theme.
All others are kept, if they are readable on the theme's background.
"""

from __future__ import annotations

from collections.abc import Callable

from rich.color import Color as RichColour
from rich.style import Style
from textual.color import Color

from devtui.text.sgr import Colour, Look

# The styles of lines for black, red, green, yellow, blue, magenta, cyan and white, also the bright
# ones. Black would be unreadable on black, so it is a soft grey.
_NAMES = ("dim", "bad", "good", "warn", "accent", "code-keyword", "info", "")

LEAST_CONTRAST = 3.0
"""The least contrast of text with its background (WCAG 2, for large text)."""

MAX_LOOKS = 4_000


class AppColours:
    """Turn looks into styles, for one theme."""

    def __init__(self, line_style: Callable[[str], Style], base: Callable[[], Style]) -> None:
        """`line_style` returns the style of a name, and `base` the theme's text on its ground."""
        self._line_style = line_style
        self._base = base
        self._styles: dict[Look, Style] = {}

    def forget(self) -> None:
        """Forget the colours of the last theme."""
        self._styles.clear()

    def style_of(self, look: Look) -> Style:
        """Return the style of a look."""
        style = self._styles.get(look)
        if style is None:
            if len(self._styles) >= MAX_LOOKS:
                self._styles.clear()
            style = self._styles[look] = self._made(look)
        return style

    def _made(self, look: Look) -> Style:
        base = self._base()
        text, ground = _of(base.color, "white"), _of(base.bgcolor, "black")
        ink = text if look.ink is None else self._colour(look.ink, text)
        paper = None if look.paper is None else self._colour(look.paper, text)
        if look.reverse:
            ink, paper = (ground if paper is None else paper), ink
        if look.dim:
            ink = ink.blend(ground if paper is None else paper, 0.4)
        readable = readable_on(ground if paper is None else paper, ink, text, ground)
        coloured = look.ink is not None or look.dim or paper is not None
        return Style(
            color=readable.rich_color if coloured else None,
            bgcolor=None if paper is None else paper.rich_color,
            bold=look.bold or None,
            italic=look.italic or None,
            underline=look.underline or None,
            strike=look.strike or None,
        )

    def _colour(self, colour: Colour, text: Color) -> Color:
        if isinstance(colour, tuple):
            return Color(*colour)
        if colour < 16:
            return _of(self._line_style(_NAMES[colour % 8] if colour != 15 else "").color, text)
        return Color(*RichColour.from_ansi(colour).get_truecolor())


def readable_on(paper: Color, ink: Color, text: Color, ground: Color) -> Color:
    """Return the ink, moved towards the theme's text or ground until it is readable."""
    towards = max((text, ground), key=lambda colour: contrast(colour, paper))
    for share in (0.0, 0.25, 0.5, 0.75):
        mixed = ink.blend(towards, share)
        if contrast(mixed, paper) >= LEAST_CONTRAST:
            return mixed
    return towards


def contrast(one: Color, other: Color) -> float:
    """Return the contrast of two colours, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Color) -> float:
    parts = [part / 255 for part in colour.rgb]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _of(colour: RichColour | None, otherwise: Color | str) -> Color:
    if colour is None or colour.is_default:
        return Color.parse(otherwise)
    return Color(*colour.get_truecolor())
