"""A long list that keeps data, not widgets, and draws only the lines in view.

It follows the newest item until the user looks back, and then counts the items that come.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar

from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scrollbar import ScrollTo
from textual.widget import Widget

from devtui.dashboard.lists.line_canvas import LineCanvas
from devtui.dashboard.lists.refresh_pace import RefreshPace
from devtui.dashboard.lists.sorting import Order
from devtui.filters.query import Query
from devtui.session.store.ring import Ring

T = TypeVar("T")


class LineView(LineCanvas[T], can_focus=True):
    """The items of a ring, one a line, with a cursor, a filter, and following."""

    class Changed(Message):
        """The items, the filter, the cursor or following has changed."""

        def __init__(self, line_list: LineView[Any]) -> None:
            super().__init__()
            self.line_list = line_list

    revision: reactive[int] = reactive(0, repaint=False)
    """Grows with each `Changed`, but immediately, so that watchers are drawn in the same frame."""

    @cached_property
    def _pace(self) -> RefreshPace:
        return RefreshPace(self, self.matches.ring.end, self.take_in, self._unsettled_in_view)

    @property
    def idle(self) -> bool:
        """Whether no refresh is planned: nothing came, and nothing in view changes by itself."""
        return self._pace.idle

    @property
    def expects_rows(self) -> bool:
        """Whether there are new items that will be shown in a moment."""
        return self._pace.due

    @property
    def flooded(self) -> bool:
        """Whether more items come than people can read."""
        return self._pace.flooded

    # -- data --------------------------------------------------------------------------------

    def mark_dirty(self) -> None:
        """Note that there are new or changed items; the list shows them a moment later."""
        self._pace.mark_dirty()

    def take_in(self) -> None:
        """Show the items that are new, changed or gone since the last time."""
        self._pace.taken_in(self.matches.ring.end, self.size.height)
        self.matches.catch_up()
        self._fit_in()

    def show_ring(self, ring: Ring[T], *, follow: bool = False) -> None:
        """Show another ring's items from the first one, or `follow` the newest."""
        self._viewport.show(self._matches_of(ring))
        self._set_lines(self._lines.fold_all)
        self._viewport.following |= follow
        self.take_in()

    def search(self, query: Query) -> None:
        """Show only the items that the filter keeps."""
        self.matches.search(query)
        self._fit_in()

    def sort(self, order: Order) -> None:
        """Show the items in this order, from the first on; in order of time follow the newest."""
        if order == "time":
            self.follow()
            return
        self.matches.sort(order)
        self._viewport.begin()
        self.take_in()

    @property
    def unseen_count(self) -> int:
        """How many items came below since the list stopped following."""
        return self._viewport.unseen_count

    def follow(self) -> None:
        """Keep the newest item in view from now on, in the order in which they come."""
        self.matches.sort("time")
        self._viewport.following = True
        self.take_in()

    # -- items of several lines --------------------------------------------------------------

    @property
    def wrapped(self) -> bool:
        """Whether long lines are wrapped, and not cut."""
        return self._lines.wrapped

    def wrap(self, on: bool) -> None:
        """Wrap long lines, or cut them."""

        def change() -> None:
            self._lines.wrapped = on

        self._set_lines(change)
        self.take_in()
        self.select(self.cursor)

    def unfold(self, on: bool | None = None) -> None:
        """Unfold the item under the cursor in its place, or fold it; by default toggle it."""
        item = self.item
        if item is None or not self.rows.can_unfold(item):
            return
        number = self.matches.number_at(self.cursor)
        wanted = not self._lines.is_unfolded(number) if on is None else on
        if wanted:
            self._viewport.stay()  # so that it can be read
        self._set_lines(lambda: self._lines.unfold(number, wanted))
        self._fit_in()
        self.select(self.cursor)

    def _set_lines(self, change: Callable[[], None]) -> None:
        several = self._lines.several
        change()
        self._lines.forget()
        if several != self._lines.several:
            self._viewport.lines_of = self._line_count if self._lines.several else None
            if self.is_attached:
                self.screen.clear_selection()  # lines have other numbers now

    def _line_count(self, index: int) -> int:
        return self._lines.count(self._viewport, index)

    # -- fitting in --------------------------------------------------------------------------

    def _fit_in(self) -> None:
        """Fit the size, the cursor and the scroll position to the matches."""
        self._lines.forget()
        height = self.size.height
        several = self._lines.several
        count = self._viewport.lowest(height) + height if several else len(self.matches)
        self._resize_content(count)
        top = self._viewport.fit(height)
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
        return any(item is not None and self.rows.moves(item) for item in items)

    # -- moving ------------------------------------------------------------------------------

    def select(self, index: int) -> None:
        """Move the cursor to this line, and bring it into view."""
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
        # Textual skips a scrollbar that is not shown yet, which would then stay at the top.
        self.vertical_scrollbar.position = new_value
        self._pace.watch_running()
        unseen = self.unseen_count
        self._viewport.scrolled(round(new_value), self.size.height)
        self._lines.forget()
        if self.unseen_count != unseen:
            self._tell_changed()

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
        # The user's action decides, not the list's position, which Textual also changes with the
        # size.
        if self.following and self.max_scroll_y > 0:
            self._viewport.stay()
            self._tell_changed()

    def on_resize(self) -> None:
        """Keep the newest or the topmost item in its place."""
        self._fit_in()

    def on_mount(self) -> None:
        """Show the items that the ring has already."""
        self.take_in()
