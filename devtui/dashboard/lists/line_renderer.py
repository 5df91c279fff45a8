"""Draw the lines of a list, in the colours of its screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Offset
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from devtui.dashboard.lists.list_screen import ListScreen
from devtui.dashboard.widgets.cells import Row, cut, fit

T = TypeVar("T")

_DIVIDED = Style(underline=True)
_ROOM_FOR_WORDS = 60


class Rows(Generic[T]):
    """How items are shown and searched; each type of item has a subclass."""

    def text(self, item: T) -> str:
        """Return the text that a filter searches."""
        raise NotImplementedError

    def summary(self, item: T) -> str:
        """Return the item in a few words, for the title of a closed pane."""
        return self.text(item)

    def settled(self, item: T) -> bool:
        """Whether `text` and `spans` of the item will stay as they are."""
        return True

    def divider(self, item: T, after: T | None) -> str:
        """Return the words on the thin line between an item and the one below, empty if none."""
        return ""

    def spans(self, item: T, width: int) -> Row:
        """Lay the item out on one line of `width` cells."""
        raise NotImplementedError

    def narrowed(self, item: T, width: int, end: int) -> Row:
        """Lay the item out for a list of `width` cells; words of a divider stand from `end` on."""
        return cut(self.spans(item, width), end)

    indent = 0
    """The column at which further lines of an item begin."""

    marker: range | None = None
    """The columns of the mark of items that can be unfolded."""

    wraps = False
    """Whether `lines` wraps."""

    def can_unfold(self, item: T) -> bool:
        """Whether the item has more lines than the one of `spans`."""
        return False

    def lines(self, item: T, width: int, *, unfolded: bool, wrapped: bool) -> list[Row]:
        """Lay the item out on one or more lines of `width` cells."""
        return [self.spans(item, width)]

    def moves(self, item: T) -> bool:
        """Whether the item changes with time, without an event."""
        return not self.settled(item)


class LineRenderer(Generic[T]):
    """Turn items into strips of a given width in cells."""

    def __init__(self, widget: Widget, rows: Rows[T]) -> None:
        """`widget` is the list, whose background the lines get."""
        self._widget = widget
        self._rows = rows
        self._base: Style | None = None

    def forget_colours(self) -> None:
        """Forget the colours, because the theme or the list's style has changed."""
        self._base = None

    def row(self, row: Row, width: int, cursor: str = "") -> Strip:
        """Draw a line of an item; `cursor` names the cursor's style, if the cursor is on it."""
        base, colours = self._base_style(), self._colours
        if cursor:
            base += colours.cursor_style(cursor)
        strip = Strip([Segment(text, base + colours.style_of(name)) for text, name in row if text])
        return strip.adjust_cell_length(width, base)

    def divided(self, item: T, words: str, width: int, cursor: str) -> Strip:
        """Draw an item of one line and below it a thin line, with words at the end of both."""
        words = f"  {words}" if width >= _ROOM_FOR_WORDS else ""
        room = width - len(words)
        base, colours = self._base_style(), self._colours
        style = base + colours.cursor_style(cursor) if cursor else base
        strip = self.row(self._rows.narrowed(item, width, room), room, cursor)
        end = Strip([Segment(words, style + colours.line_style("accent"))])
        return Strip.join([strip, end]).apply_style(_DIVIDED)

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
        assert isinstance(screen, ListScreen), "a list is on a screen that knows its colours"
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


def selected_text(
    selection: Selection, lines: Callable[[int, int | None], Iterable[tuple[int, str]]]
) -> str:
    """Return the selected text.

    `lines` yields the lines from one number to another, each with its number; None is the end.
    """
    start, end = selection.start, selection.end
    first = max(start.y, 0) if start is not None else 0
    numbered = list(lines(first, None if end is None else end.y))
    place = {number: at for at, (number, _) in enumerate(numbered)}
    moved = Selection(_moved(start, place), _moved(end, place))
    return moved.extract("\n".join(text for _, text in numbered))


def _moved(end: Offset | None, place: dict[int, int]) -> Offset | None:
    return Offset(end.x, place[end.y]) if end is not None and end.y in place else None
