"""Text cut and padded to a number of terminal cells, and rows made of styled spans of it."""

from __future__ import annotations

from typing import TypeAlias

from rich.cells import cell_len, set_cell_size

from devtui.text.sanitize import visible

Span: TypeAlias = tuple[str, str]
"""A piece of safe text and the name of its style (a component class of `LineList`)."""

Row: TypeAlias = list[Span]


def fit(text: str, width: int) -> str:
    """`text`, made safe, on at most `width` cells; `…` ends what was cut."""
    if width <= 0:
        return ""
    # A sanitised character takes a cell or two, or joins the one before it (a few at most).
    bound = width * 6 + 6
    shown = visible(text[:bound], bound)
    if cell_len(shown) > width:
        return set_cell_size(shown, width - 1).rstrip() + "…"
    return shown if len(text) <= bound else set_cell_size(shown, width - 1) + "…"


def left(text: str, width: int) -> str:
    """`text` at the left of exactly `width` cells."""
    shown = fit(text, width)
    return shown + " " * (width - cell_len(shown))


def right(text: str, width: int) -> str:
    """`text` at the right of exactly `width` cells."""
    shown = fit(text, width)
    return " " * (width - cell_len(shown)) + shown


def row_width(row: Row) -> int:
    """How many cells a row takes."""
    return sum(cell_len(text) for text, _ in row)


def wrap(row: Row, width: int, indent: int = 0) -> list[Row]:
    """Wrap the row into lines of `width` cells, and indent the later ones.

    Lines break where they are full: what is shown here is code, headers and data, where every
    character counts and a moved one misleads.
    """
    if row_width(row) <= width or width <= indent + 1:
        return [row]
    lines: list[Row] = [[]]
    room = width
    for text, style in row:
        at = 0
        while at < len(text):
            head = _start_that_fits(text, at, room)
            if head:
                lines[-1].append((head, style))
            at += len(head)
            room -= cell_len(head)
            if at < len(text):
                lines.append([(" " * indent, "")] if indent else [])
                room = width - indent
    return lines


def _start_that_fits(text: str, at: int, room: int) -> str:
    """Return the part of the text from `at` on that fits into that many cells.

    Only slices are measured: the whole rest for each line would make it quadratic.
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
    """`head` without the blank that stands where a wide character did not fit."""
    return head if text.startswith(head) else head[:-1]
