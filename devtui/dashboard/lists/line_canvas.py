"""Draw the items of a list: the lines in view, the cursor, and the selected text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Generic, TypeVar

from textual.geometry import Region
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from devtui.dashboard.keys.commands import in_force
from devtui.dashboard.lists.item_lines import ItemLines
from devtui.dashboard.lists.line_renderer import LineRenderer, Rows, marked, selected_text
from devtui.dashboard.lists.matches import Matches
from devtui.dashboard.lists.viewport import Viewport
from devtui.filters.facts import Measures
from devtui.session.store.ring import Ring
from devtui.text.formats import count

if TYPE_CHECKING:
    from typing_extensions import Self

T = TypeVar("T")

# More than an item has: at most the lines of a screen.
_NUMBERS_EACH = 1_000


class LineCanvas(ScrollView, Generic[T]):
    """The contents of a list, and how they are drawn. `LineView` changes the contents."""

    def __init__(
        self,
        ring: Ring[T],
        rows: Rows[T],
        *,
        follow: bool = True,
        empty: str = "",
        measures_of: Callable[[T], Measures] | None = None,
    ) -> None:
        """`empty` is a sentence for an empty list; `measures_of` is for filters and sort orders."""
        self._measures_of = measures_of
        self._lines: ItemLines[T] = ItemLines(rows, lambda: (self.row_width, self.size.height))
        super().__init__()
        self.rows = rows
        self.cursor_shown = True
        self.can_follow = follow
        """Whether new items come at the end."""
        self.empty = empty
        self._viewport = Viewport(self._matches_of(ring), follow=follow)
        self._renderer = LineRenderer(self, rows)

    def _matches_of(self, ring: Ring[T]) -> Matches[T]:
        return Matches(ring, self.rows.text, self.rows.settled, self._measures_of)

    @property
    def flooded(self) -> bool:
        """Whether more items come than people can read."""
        return False

    @property
    def matches(self) -> Matches[T]:
        """The items shown, and the filter."""
        return self._viewport.matches

    @property
    def item(self) -> T | None:
        """The item under the cursor, if any."""
        return self._viewport.item

    @property
    def cursor(self) -> int:
        """The line of the cursor, from 0; 0 if there is no line."""
        return self._viewport.cursor

    @property
    def following(self) -> bool:
        """Whether the newest item is kept in view."""
        return self._viewport.following

    @property
    def row_width(self) -> int:
        """The cells of a row: the width without the scrollbar."""
        return self.scrollable_content_region.width

    def place_at(self, y: int) -> tuple[int, int]:
        """Return the row that is drawn at this height, and which of its lines."""
        return self._lines.place(self._viewport, self.scroll_offset.y, y)

    @property
    def _numbers_each(self) -> int:
        """How many numbers the lines of one item have, for selected text."""
        return _NUMBERS_EACH if self._lines.several else 1

    def watch_has_focus(self, focused: bool) -> None:
        """Redraw: the cursor's colour shows whether keys go here."""
        super().watch_has_focus(focused)
        self.refresh()

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        """Refresh the list: items may look different, and the cursor may have moved."""
        self._lines.forget()
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def notify_style_update(self) -> None:
        """Forget the colours of the last theme."""
        super().notify_style_update()
        self._renderer.forget_colours()

    def render_line(self, y: int) -> Strip:
        """Draw the line at this height."""
        width = self.row_width
        index, part = self.place_at(y)
        item = self.matches.item_at(index)
        if item is None:
            note = self._note() if index == 0 and not self.matches else ""
            return self._renderer.note(note, width) if note else self._renderer.blank(width)
        lines = self._lines.of(self.matches.number_at(index), item)
        cursor, divider = self._cursor_style(index), ""
        if self.matches.order == "time" and part == len(lines) - 1:
            divider = self.rows.divider(item, self.matches.item_at(index + 1))
        if divider:
            strip = self._renderer.divided(item, divider, width, cursor)
        else:
            line = lines[part] if part < len(lines) else []
            strip = self._renderer.row(line, width, cursor)
        number = index * self._numbers_each + part
        selection = self.text_selection
        if selection is not None:
            style = self.screen.get_component_rich_style("screen--selection")
            strip = marked(strip, selection, number, style)
        if self.flooded and self.following:
            return strip  # nobody can select text that scrolls away, and offsets cost the most
        return strip.apply_offsets(0, number)

    def _note(self) -> str:
        if self.matches.query and self.matches.ring:
            hidden = self.matches.hidden_kept()
            if not hidden:
                return "no row matches the filter"
            rows = count(hidden, "hidden row")
            do = "does" if hidden == 1 else "do"
            return f"no row matches the filter, but {rows} {do}: {in_force.key('hidden')}"
        if self.matches.hidden_count:
            return f"every row is hidden: {in_force.key('hidden')}"
        return self.empty

    def _cursor_style(self, index: int) -> str:
        """Return the name of the cursor's style, or an empty text if this line has no cursor."""
        if index != self.cursor or not self.cursor_shown:
            return ""
        if self.has_focus:
            return "cursor"
        return "" if self.following else "cursor-blurred"

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text and its end."""
        return selected_text(selection, self._numbered_lines), "\n"

    def _numbered_lines(self, first: int, last: int | None) -> Iterator[tuple[int, str]]:
        each = self._numbers_each
        end = len(self.matches) if last is None else min(last // each + 1, len(self.matches))
        for index in range(first // each, end):
            item = self.matches.item_at(index)
            if item is not None:
                for part, row in enumerate(self._lines.of(self.matches.number_at(index), item)):
                    number = index * each + part
                    if first <= number and (last is None or number <= last):
                        yield number, "".join(text for text, _ in row).rstrip()
