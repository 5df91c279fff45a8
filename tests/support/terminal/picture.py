"""Draw a terminal's screen as an SVG document, as a user sees it.

Every cell has its exact place, whatever the font: runs of text are stretched to their width, and
lines and blocks are drawn as shapes, so that they join.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import groupby
from typing import NamedTuple

import pyte
from pyte.screens import Char

CELL_WIDTH = 8.4
CELL_HEIGHT = 18.0
FONT_SIZE = 14
MARGIN = 14
BACKGROUND = "#16181d"
FOREGROUND = "#d8dce2"
FONTS = (
    "'JetBrains Mono','Fira Code','Cascadia Mono',Menlo,Consolas,'DejaVu Sans Mono',"
    "'Liberation Mono',monospace"
)

# The sixteen colours, which every terminal shows in its own way; these are ours. pyte says
# "brown" for what others call yellow, and its older versions "bfightmagenta".
COLOURS = {
    "black": "#16181d",
    "red": "#e06c75",
    "green": "#98c379",
    "brown": "#e5c07b",
    "blue": "#61afef",
    "magenta": "#c678dd",
    "cyan": "#56b6c2",
    "white": "#d8dce2",
    "brightblack": "#6b7280",
    "brightred": "#ff7b86",
    "brightgreen": "#b5e890",
    "brightbrown": "#ffd88a",
    "brightyellow": "#ffd88a",
    "brightblue": "#82c4ff",
    "brightmagenta": "#dd9bf0",
    "bfightmagenta": "#dd9bf0",
    "brightcyan": "#7fd5e0",
    "brightwhite": "#ffffff",
}

# Lines: which of (left, right, up, down) leave the cell's middle, 1 light and 2 heavy.
LINES = {
    "─": (1, 1, 0, 0), "│": (0, 0, 1, 1), "┌": (0, 1, 0, 1), "┐": (1, 0, 0, 1),
    "└": (0, 1, 1, 0), "┘": (1, 0, 1, 0), "├": (0, 1, 1, 1), "┤": (1, 0, 1, 1),
    "┬": (1, 1, 0, 1), "┴": (1, 1, 1, 0), "┼": (1, 1, 1, 1), "╭": (0, 1, 0, 1),
    "╮": (1, 0, 0, 1), "╰": (0, 1, 1, 0), "╯": (1, 0, 1, 0), "━": (2, 2, 0, 0),
    "┃": (0, 0, 2, 2), "┏": (0, 2, 0, 2), "┓": (2, 0, 0, 2), "┗": (0, 2, 2, 0),
    "┛": (2, 0, 2, 0), "╸": (2, 0, 0, 0), "╺": (0, 2, 0, 0), "╴": (1, 0, 0, 0),
    "╶": (0, 1, 0, 0), "╵": (0, 0, 1, 0), "╷": (0, 0, 0, 1), "╹": (0, 0, 2, 0),
    "╻": (0, 0, 0, 2),
}  # fmt: skip

ROUND = "╭╮╰╯"

# Blocks: the parts of the cell that are filled, each as (x, y, width, height) in eighths.
BLOCKS = {
    **{char: [(0, 8 - n, 8, n)] for n, char in enumerate("▁▂▃▄▅▆▇█", 1)},
    **{char: [(0, 0, 8 - n, 8)] for n, char in enumerate("▉▊▋▌▍▎▏", 1)},
    "▀": [(0, 0, 8, 4)],
    "▐": [(4, 0, 4, 8)],
    "▔": [(0, 0, 8, 1)],
    "▕": [(7, 0, 1, 8)],
    "▖": [(0, 4, 4, 4)],
    "▗": [(4, 4, 4, 4)],
    "▘": [(0, 0, 4, 4)],
    "▝": [(4, 0, 4, 4)],
    "▙": [(0, 0, 4, 8), (4, 4, 4, 4)],
    "▛": [(0, 0, 4, 8), (4, 0, 4, 4)],
    "▜": [(0, 0, 8, 4), (4, 4, 4, 4)],
    "▟": [(4, 0, 4, 8), (0, 4, 4, 4)],
}


class Style(NamedTuple):
    """How a cell looks: colours as `#rrggbb`, and what the text is."""

    ink: str
    paper: str
    bold: bool
    italic: bool
    underlined: bool
    struck: bool


class Run(NamedTuple):
    """Neighbouring cells of one row and one style; `x` and `width` count cells."""

    x: int
    width: int
    text: str
    style: Style


def svg(screen: pyte.Screen, title: str = "") -> str:
    """The screen as an SVG document; `title` is what screen readers say."""
    # The margin has the colour of the screen's corner.
    around = _style(screen.buffer[0][0]).paper
    width = screen.columns * CELL_WIDTH + 2 * MARGIN
    height = screen.lines * CELL_HEIGHT + 2 * MARGIN
    papers: list[str] = []
    inks: list[str] = []
    for y in range(screen.lines):
        for run in _runs(screen, y):
            papers.extend(_paper(run, y, around))
            inks.extend(_shapes(run, y))
            inks.extend(_words(run, y))
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" role="img">'
        f"<title>{escape(title or 'a terminal')}</title>"
        f"<style>text{{font-family:{FONTS};font-size:{FONT_SIZE}px;white-space:pre}}</style>"
        f'<rect width="{width:g}" height="{height:g}" rx="10" fill="{around}"/>'
        f'<g transform="translate({MARGIN} {MARGIN})">'
    )
    return "\n".join([head, *papers, *inks, "</g></svg>\n"])


def _runs(screen: pyte.Screen, y: int) -> Iterator[Run]:
    row = screen.buffer[y]
    cells = [(x, row[x]) for x in range(screen.columns)]
    for style, group in groupby(cells, key=lambda cell: _style(cell[1])):
        members = list(group)
        # A wide character's second cell holds no text.
        text = "".join(char.data for _, char in members)
        yield Run(members[0][0], len(members), text, style)


def _style(char: Char) -> Style:
    ink = _colour(char.fg, FOREGROUND)
    paper = _colour(char.bg, BACKGROUND)
    if char.reverse:
        ink, paper = paper, ink
    return Style(ink, paper, char.bold, char.italics, char.underscore, char.strikethrough)


def _colour(name: str, default: str) -> str:
    if name == "default":
        return default
    return COLOURS.get(name, f"#{name}")


def _paper(run: Run, y: int, around: str) -> Iterator[str]:
    if run.style.paper != around:
        yield _rect(
            run.x * CELL_WIDTH,
            y * CELL_HEIGHT,
            run.width * CELL_WIDTH,
            CELL_HEIGHT,
            run.style.paper,
        )


def _shapes(run: Run, y: int) -> Iterator[str]:
    """The lines and blocks of a run; such a character is never wide, so cells are characters."""
    if len(run.text) != run.width:
        return
    for (start, char), width in _repeated(run):
        left, top = start * CELL_WIDTH, y * CELL_HEIGHT
        if char in "─━":
            y_middle = top + CELL_HEIGHT / 2
            right = left + width * CELL_WIDTH
            yield _stroke(f"M{left:g} {y_middle:g}H{right:g}", run.style.ink, LINES[char][0])
        elif char in LINES:
            for offset in range(width):
                yield from _line(char, left + offset * CELL_WIDTH, top, run.style.ink)
        elif char in BLOCKS:
            whole = all(x == 0 and w == 8 for x, _, w, _ in BLOCKS[char])
            for offset in range(1 if whole else width):
                for x, up, w, h in BLOCKS[char]:
                    yield _rect(
                        left + (offset + x / 8) * CELL_WIDTH,
                        top + up / 8 * CELL_HEIGHT,
                        w / 8 * CELL_WIDTH * (width if whole else 1),
                        h / 8 * CELL_HEIGHT,
                        run.style.ink,
                    )


def _repeated(run: Run) -> Iterator[tuple[tuple[int, str], int]]:
    x = run.x
    for char, group in groupby(run.text):
        width = len(list(group))
        yield (x, char), width
        x += width


def _ends(left: float, top: float) -> list[tuple[float, float]]:
    """Where a cell's lines meet its neighbours': left, right, up, down."""
    x, y = left + CELL_WIDTH / 2, top + CELL_HEIGHT / 2
    return [(left, y), (left + CELL_WIDTH, y), (x, top), (x, top + CELL_HEIGHT)]


def _line(char: str, left: float, top: float, ink: str) -> Iterator[str]:
    arms = LINES[char]
    x, y = left + CELL_WIDTH / 2, top + CELL_HEIGHT / 2
    if char in ROUND:
        (from_x, from_y), (to_x, to_y) = [
            end for weight, end in zip(arms, _ends(left, top), strict=True) if weight
        ]
        yield _stroke(f"M{from_x:g} {from_y:g}Q{x:g} {y:g} {to_x:g} {to_y:g}", ink, 1)
        return
    for weight, (to_x, to_y) in zip(arms, _ends(left, top), strict=True):
        if weight:
            yield _stroke(f"M{x:g} {y:g}L{to_x:g} {to_y:g}", ink, weight)


def _stroke(path: str, ink: str, weight: int) -> str:
    return f'<path d="{path}" stroke="{ink}" stroke-width="{1.2 * weight:g}" fill="none"/>'


def _words(run: Run, y: int) -> Iterator[str]:
    """The text of a run, split where drawn shapes or two spaces are, each piece in its place."""
    drawn = len(run.text) == run.width
    text = "".join(" " if drawn and (c in LINES or c in BLOCKS) else c for c in run.text)
    if not drawn:
        yield _text(run.x, run.width, text, run.style, y)
        return
    start = 0
    for piece in text.split("  "):
        words = piece.strip(" ")
        if words:
            x = start + len(piece) - len(piece.lstrip(" "))
            yield _text(run.x + x, len(words), words, run.style, y)
        start += len(piece) + 2


def _text(x: int, width: int, text: str, style: Style, y: int) -> str:
    if not text.strip():
        return ""
    look = ' font-weight="bold"' if style.bold else ""
    look += ' font-style="italic"' if style.italic else ""
    lines = [
        name for name, on in (("underline", style.underlined), ("line-through", style.struck)) if on
    ]
    look += f' text-decoration="{" ".join(lines)}"' if lines else ""
    return (
        f'<text x="{x * CELL_WIDTH:g}" y="{y * CELL_HEIGHT + 13.2:g}" fill="{style.ink}" '
        f'textLength="{width * CELL_WIDTH:g}" lengthAdjust="spacingAndGlyphs"{look}>'
        f"{escape(text)}</text>"
    )


def _rect(x: float, y: float, width: float, height: float, fill: str) -> str:
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="{fill}" '
        f'shape-rendering="crispEdges"/>'
    )
