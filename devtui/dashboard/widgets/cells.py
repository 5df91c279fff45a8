"""Text cut and padded to a number of terminal cells, and rows made of styled spans of it."""

from __future__ import annotations

from typing import TypeAlias

from rich.cells import cell_len, set_cell_size

from devtui.text.sanitize import visible
from devtui.text.sgr import PLAIN, Look, Piece

Span: TypeAlias = "tuple[str, str | Look]"
"""A piece of safe text and its style: a component class of `LineList`, or a look of the app's."""

Row: TypeAlias = list[Span]

# The bars at the left of a block of lines, and their form in the lines below.
_BARS = {"": "", "▌": "▌", "│": "│", "├─": "│ ", "└─": "  "}


def fit(text: str, width: int) -> str:
    """Return the text, made safe, in at most `width` cells; a cut text ends with `…`."""
    if width <= 0:
        return ""
    # A sanitised character takes a cell or two, or joins the one before it (a few at most).
    bound = width * 6 + 6
    shown = visible(text[:bound], bound)
    if cell_len(shown) > width:
        return set_cell_size(shown, width - 1).rstrip() + "…"
    return shown if len(text) <= bound else set_cell_size(shown, width - 1) + "…"


def left(text: str, width: int) -> str:
    """Return the text at the left of exactly `width` cells."""
    shown = fit(text, width)
    return shown + " " * (width - cell_len(shown))


def right(text: str, width: int) -> str:
    """Return the text at the right of exactly `width` cells."""
    shown = fit(text, width)
    return " " * (width - cell_len(shown)) + shown


def fit_pieces(pieces: list[Piece], width: int, style: str = "") -> Row:
    """Make pieces of text safe, in at most `width` cells; those without a look get `style`."""
    row: Row = []
    room = width
    for text, look in pieces:
        shown = fit(text, room + 1)
        row.append((shown, style if look == PLAIN else look))
        room -= cell_len(shown)
        if room < 0:
            return cut(row, width)
    return row


def row_width(row: Row) -> int:
    """Return how many cells a row takes."""
    return sum(cell_len(text) for text, _ in row)


def wrap(row: Row, width: int, indent: int = 0, beside: int = 0) -> list[Row]:
    """Wrap the row into lines of `width` cells, and indent the later ones.

    Lines break after a blank, or where they are full if a word is too long. Bars at the beginning
    of the row continue in the later lines. The first line leaves some cells free `beside` it.
    """
    return wrap_pair(row, [], width, indent, beside)


def wrap_pair(row: Row, below: Row, width: int, indent: int = 0, beside: int = 0) -> list[Row]:
    """Wrap a row, and the one below that marks parts of it, such as `^^^^`, at the same places."""
    first = width - beside
    if width <= indent + 1 or (row_width(row) <= first and row_width(below) <= first):
        return [row, below] if below else [row]
    text = "".join(piece for piece, _ in row)
    ahead = _bars(row, indent)
    lines: list[Row] = []
    columns = 0  # of the row, before this line
    at, room = 0, first
    while at < len(text):
        head = _start_that_fits(text, at, room)
        end = _break(text, at, at + max(len(head), 1))
        lead = ahead if lines else []
        lines.append([*lead, *_slice(row, at, end)])
        cells = cell_len(text[at:end])
        marks = _slice(below, columns, columns + cells)
        if any(piece.strip() for piece, _ in marks):
            lines.append([*lead, *marks])
        columns += cells
        at, room = end, width - indent
    return lines


def _break(text: str, at: int, end: int) -> int:
    """Return where a line that has room up to `end` breaks: after a blank if there is one."""
    if end >= len(text) or text[end - 1] == " ":
        return end
    if text[end] == " " and end + 1 < len(text):
        return end
    blank = text.rfind(" ", at, end)
    # Not within the indentation, and not where most of the line would stay empty.
    if blank < at + (end - at) // 3 or not text[at:blank].strip():
        return end
    return blank + 1


def _slice(row: Row, start: int, end: int) -> Row:
    """Return the part of the row between two characters."""
    found: Row = []
    at = 0
    for piece, style in row:
        part = piece[max(start - at, 0) : max(end - at, 0)]
        if part:
            found.append((part, style))
        at += len(piece)
        if at >= end:
            break
    return found


def _bars(row: Row, indent: int) -> Row:
    """Return the beginning of a later line: the bars of the row, and blanks."""
    bars: Row = []
    for piece, style in row:
        if not piece or piece.strip() not in _BARS or row_width([*bars, (piece, "")]) > indent:
            break
        bars.append((_BARS[piece.strip()].join(_around(piece)), style))
    blanks = indent - row_width(bars)
    return [*bars, (" " * blanks, "")] if blanks else bars


def _around(piece: str) -> tuple[str, str]:
    """Return the blanks before and after a bar; without a bar, all of them and none."""
    bar = piece.strip()
    return (
        (piece, "")
        if not bar
        else (piece[: piece.index(bar)], piece[piece.index(bar) + len(bar) :])
    )


def _start_that_fits(text: str, at: int, room: int) -> str:
    """Return the part of the text from `at` on that fits into `room` cells.

    Measure only slices: measuring the whole rest for each line would take quadratic time.
    """
    head, cells = "", 0
    while cells < room and at < len(text):
        piece = text[at : at + room - cells]  # no more than this, unless some take no cell
        width = cell_len(piece)
        if cells + width > room:
            return head + _common_start(piece, set_cell_size(piece, room - cells))
        head += piece
        cells += width
        at += len(piece)
    while at < len(text) and cell_len(text[at]) == 0:  # marks of the last character
        head += text[at]
        at += 1
    return head


def cut(row: Row, width: int) -> Row:
    """Cut the row to at most `width` cells, with `…` at the cut."""
    if row_width(row) <= width:
        return row
    room, shown = width - 1, []
    for text, style in row:
        text = text if cell_len(text) <= room else set_cell_size(text, max(room, 0))
        shown.append((text, style))
        room -= cell_len(text)
    return [*shown, ("…", "dim")]


def _common_start(text: str, head: str) -> str:
    """Return `head` without the blank in place of a wide character that did not fit."""
    return head if text.startswith(head) else head[:-1]
