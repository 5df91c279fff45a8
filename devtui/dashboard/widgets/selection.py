"""Text that is selected with the mouse, in lines that are drawn by hand."""

from __future__ import annotations

from collections.abc import Callable

from rich.style import Style
from textual.selection import Selection
from textual.strip import Strip


def marked(strip: Strip, selection: Selection, line: int, style: Style) -> Strip:
    """The strip of that line, with its selected part in `style`."""
    span = selection.get_span(line)
    if span is None:
        return strip
    start, end = span
    end = strip.cell_length if end == -1 else end
    parts = [strip.crop(0, start), strip.crop(start, end).apply_style(style), strip.crop(end)]
    return Strip.join(parts)


def selected_text(selection: Selection, line_count: int, text_of: Callable[[int], str]) -> str:
    """The selected text of lines that are made by `text_of`; only those that it touches are."""
    first = selection.start.y if selection.start is not None else 0
    last = selection.end.y if selection.end is not None else line_count - 1
    lines = [""] * line_count
    for line in range(max(first, 0), min(last + 1, line_count)):
        lines[line] = text_of(line)
    return selection.extract("\n".join(lines))
