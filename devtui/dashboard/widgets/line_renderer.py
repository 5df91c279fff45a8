"""Draw the lines of a list, in the colours of its screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from devtui.dashboard.widgets.cells import Row, fit
from devtui.dashboard.widgets.list_screen import ListScreen

T = TypeVar("T")


class Rows(Generic[T]):
    """How items are shown and searched; each kind of item has a subclass."""

    def text(self, item: T) -> str:
        """Return the text that a filter searches."""
        raise NotImplementedError

    def summary(self, item: T) -> str:
        """Return the item in a few words, for the title of a closed pane."""
        return self.text(item)

    def settled(self, item: T) -> bool:
        """Whether `text` and `spans` of the item will stay as they are."""
        return True

    def spans(self, item: T, width: int) -> Row:
        """Lay the item out on one line of `width` cells."""
        raise NotImplementedError


class LineRenderer(Generic[T]):
    """Turns items into strips of a given width in cells."""

    def __init__(self, widget: Widget, rows: Rows[T]) -> None:
        """`widget` is the list, whose background the lines get."""
        self._widget = widget
        self._rows = rows
        self._base: Style | None = None

    def forget_colours(self) -> None:
        """Forget the colours, because the theme or the list's style has changed."""
        self._base = None

    def row(self, item: T, width: int, cursor: str = "") -> Strip:
        """Draw an item; `cursor` names the style of the cursor, if it is on the item."""
        base, colours = self._base_style(), self._colours
        if cursor:
            base += colours.cursor_style(cursor)
        strip = Strip(
            [
                Segment(text, base + colours.line_style(name))
                for text, name in self._rows.spans(item, width)
                if text
            ]
        )
        return strip.adjust_cell_length(width, base)

    def text(self, item: T, width: int) -> str:
        """Return the text of an item as drawn, without trailing blanks."""
        return "".join(text for text, _ in self._rows.spans(item, width)).rstrip()

    def note(self, text: str, width: int) -> Strip:
        """Draw a sentence in place of items."""
        base = self._base_style()
        strip = Strip([Segment(fit(text, width), base + self._colours.line_style("dim"))])
        return strip.adjust_cell_length(width, base)

    def blank(self, width: int) -> Strip:
        """Draw an empty line."""
        return Strip.blank(width, self._base_style())

    @property
    def _colours(self) -> ListScreen:
        screen = self._widget.screen
        assert isinstance(screen, ListScreen), "a list stands on a screen that knows its colours"
        return screen

    def _base_style(self) -> Style:
        """Return the list's colours. Textual would mix them from all ancestors each time."""
        if self._base is None:
            self._base = self._widget.rich_style
        return self._base


def marked(strip: Strip, selection: Selection, line: int, style: Style) -> Strip:
    """Return the strip with its selected part in `style`."""
    span = selection.get_span(line)
    if span is None:
        return strip
    start, end = span
    end = strip.cell_length if end == -1 else end
    parts = [strip.crop(0, start), strip.crop(start, end).apply_style(style), strip.crop(end)]
    return Strip.join(parts)


def selected_text(selection: Selection, line_count: int, text_of: Callable[[int], str]) -> str:
    """Return the selected text; `text_of` makes only the lines that it touches."""
    first = selection.start.y if selection.start is not None else 0
    last = selection.end.y if selection.end is not None else line_count - 1
    lines = [""] * line_count
    for line in range(max(first, 0), min(last + 1, line_count)):
        lines[line] = text_of(line)
    return selection.extract("\n".join(lines))
