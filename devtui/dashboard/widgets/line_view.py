"""A long list that keeps data, not widgets, and draws only the lines in view.

It follows the newest item until the user looks back, and then counts the items that come.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollTo
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from devtui.dashboard.widgets.line_renderer import LineRenderer, Rows, marked, selected_text
from devtui.dashboard.widgets.matches import Matches
from devtui.dashboard.widgets.refresh_pace import RefreshPace
from devtui.dashboard.widgets.viewport import Viewport
from devtui.session.store.ring import Ring

T = TypeVar("T")


class LineView(ScrollView, Generic[T], can_focus=True):
    """The items of a ring, one a line, with a cursor, a filter, and following."""

    class Changed(Message):
        """The items, the filter, the cursor or following has changed."""

        def __init__(self, line_list: LineView[Any]) -> None:
            super().__init__()
            self.line_list = line_list

    revision: reactive[int] = reactive(0, repaint=False)
    """Grows with each `Changed`, but at once, so that watchers are drawn in the same frame."""

    def __init__(
        self, ring: Ring[T], rows: Rows[T], *, follow: bool = True, empty: str = ""
    ) -> None:
        """`empty` is the sentence for an empty list."""
        super().__init__()
        self.rows = rows
        self.cursor_shown = True
        self.empty = empty
        self._viewport = Viewport(self._matches_of(ring), follow=follow)
        self._renderer = LineRenderer(self, rows)
        self._pace = RefreshPace(self, ring.end, self.take_in, self._unsettled_in_view)

    def _matches_of(self, ring: Ring[T]) -> Matches[T]:
        return Matches(ring, self.rows.text, self.rows.settled)

    # -- data --------------------------------------------------------------------------------

    def mark_dirty(self) -> None:
        """Note that items came or changed; the list shows them a moment later."""
        self._pace.mark_dirty()

    def take_in(self) -> None:
        """Show the items that came, changed or went since the last time."""
        self._pace.taken_in(self.matches.ring.end, self.size.height)
        self.matches.catch_up()
        self._fit_in()

    def show_ring(self, ring: Ring[T], *, follow: bool = False) -> None:
        """Show another ring's items from the first one, or `follow` the newest."""
        self._viewport.show(self._matches_of(ring))
        self._viewport.following |= follow
        self.take_in()

    def search(self, query: str) -> None:
        """Show only the items whose text holds `query`."""
        self.matches.search(query)
        self._fit_in()

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
    def unseen_count(self) -> int:
        """How many items came below since the list stopped following."""
        return self._viewport.unseen_count

    def follow(self) -> None:
        """Keep the newest item in view from now on."""
        self._viewport.following = True
        self.take_in()

    def _fit_in(self) -> None:
        """Fit the size, the cursor and the scroll position to the matches."""
        self._resize_content(len(self.matches))
        top = self._viewport.fit(self.size.height)
        self.scroll_to(y=top, animate=False, force=True, immediate=True)
        self._pace.watch_running()
        self.refresh()
        self._tell_changed()

    def _tell_changed(self) -> None:
        self.revision += 1
        self.post_message(self.Changed(self))

    def _resize_content(self, count: int) -> None:
        """Set the number of lines, and update only the scrollbar.

        Setting `virtual_size`, as is usual, would lay out the whole screen 20 times a second while
        items come, but no widget's box depends on the number of lines.
        """
        size = Size(self.row_width, count)
        if size != self.virtual_size:
            self.set_reactive(Widget.virtual_size, size)
            self._scroll_update(size)

    def _unsettled_in_view(self) -> bool:
        if not self.display or self.size.height == 0:
            return False
        top = self.scroll_offset.y
        items = map(self.matches.item_at, range(top, top + self.size.height))
        return any(item is not None and not self.rows.settled(item) for item in items)

    # -- moving ------------------------------------------------------------------------------

    def select(self, index: int) -> None:
        """Move the cursor to that line, and bring it into view."""
        if not len(self.matches):
            return
        self._viewport.select(index)
        top = self.scroll_offset.y
        wanted = self._viewport.top_with_cursor(top, self.size.height)
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, immediate=True)
        self.refresh()
        self._tell_changed()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Remember the topmost item."""
        super().watch_scroll_y(old_value, new_value)
        # Textual skips a scrollbar that is not shown yet, and it would stand at the top.
        self.vertical_scrollbar.position = new_value
        self._pace.watch_running()
        self._viewport.scrolled(round(new_value))

    # -- scrolling and the size --------------------------------------------------------------

    def on_mouse_scroll_up(self) -> None:
        """Stop following: the user turned the wheel."""
        self._look_back()

    def on_scroll_up(self) -> None:
        """Stop following: the user clicked above the scrollbar's handle."""
        self._look_back()

    def on_scroll_to(self, message: ScrollTo) -> None:
        """Stop following if the user drags the scrollbar's handle up."""
        if message.y is not None and message.y < self.scroll_y:
            self._look_back()

    def _look_back(self) -> None:
        # Decided by what the user does, not by the list's position, which Textual changes as well
        # whenever the size changes.
        if self.following and self.max_scroll_y > 0:
            self._viewport.stay()
            self._tell_changed()

    def on_resize(self) -> None:
        """Keep the newest or the topmost item in its place."""
        self._fit_in()

    def on_mount(self) -> None:
        """Show the items that the ring has already."""
        self.take_in()

    @property
    def row_width(self) -> int:
        """The cells of a row: the width without the scrollbar."""
        return self.scrollable_content_region.width

    # -- drawing -----------------------------------------------------------------------------

    def watch_has_focus(self, focused: bool) -> None:
        """Redraw: the cursor's colour shows whether keys go here."""
        super().watch_has_focus(focused)
        self.refresh()

    def notify_style_update(self) -> None:
        """Forget the colours of the last theme."""
        super().notify_style_update()
        self._renderer.forget_colours()

    def render_line(self, y: int) -> Strip:
        """Draw the line at that height."""
        width = self.row_width
        index = self.scroll_offset.y + y
        item = self.matches.item_at(index)
        if item is None:
            note = self._note() if index == 0 and not self.matches else ""
            return self._renderer.note(note, width) if note else self._renderer.blank(width)
        strip = self._renderer.row(item, width, self._cursor_style(index))
        selection = self.text_selection
        if selection is not None:
            style = self.screen.get_component_rich_style("screen--selection")
            strip = marked(strip, selection, index, style)
        if self._pace.flooded and self.following:
            return strip  # nobody can select text that runs away, and offsets cost the most
        return strip.apply_offsets(0, index)

    def _note(self) -> str:
        return "no row matches the filter" if self.matches.query else self.empty

    def _cursor_style(self, index: int) -> str:
        """Return the name of the cursor's style if the cursor shows on that line, else nothing."""
        if index != self.cursor or not self.cursor_shown:
            return ""
        if self.has_focus:
            return "cursor"
        return "" if self.following else "cursor-blurred"

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text and its end."""
        return selected_text(selection, len(self.matches), self._line_text), "\n"

    def _line_text(self, index: int) -> str:
        item = self.matches.item_at(index)
        return "" if item is None else self._renderer.text(item, self.row_width)
