"""The selected row, opened beside the panes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from msgspec import structs
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from devtui.dashboard.details.row_detail import detail_of
from devtui.dashboard.errors.error_view import error_view
from devtui.dashboard.errors.frame_lines import Opened
from devtui.dashboard.lists.line_list import LineList
from devtui.dashboard.lists.sections import (
    Detail,
    DetailRows,
    Section,
    ShownLine,
    laid_out,
    text_lines,
)
from devtui.dashboard.messages import Open
from devtui.dashboard.panes.error_summary import from_the_users, headline
from devtui.dashboard.widgets.cells import fit
from devtui.session.store.error_groups import ErrorGroup
from devtui.session.store.request_record import Request
from devtui.session.store.ring import Ring
from devtui.text.formats import clock_time

if TYPE_CHECKING:
    from textual.timer import Timer

    from devtui.dashboard.messages import PaneItem
    from devtui.session.replay.replays import Replays
    from devtui.session.store.store import Store

REST_SECONDS = 0.15
"""The least time between two rows: while an arrow key is held, nobody reads."""

FOLLOWING_SECONDS = 0.5
"""The same while the list follows the newest row: in a flood the app needs the processor."""

EMPTY = "The selected row is shown here."


class Preview(Vertical):
    """The row that `enter` would open. The wheel scrolls it, a double click opens it; no keys."""

    def __init__(self, store: Store, replays: Replays | None = None) -> None:
        super().__init__(id="preview", classes="pane")
        self._store = store
        self._replays = replays
        self.list: LineList[ShownLine] = LineList(Ring(1), DetailRows(), follow=False, empty=EMPTY)
        self.list.cursor_shown = False
        self.list.can_focus = False
        self._item: PaneItem | None = None
        self._shown: object = None
        self._shown_at = 0.0
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """Yield the lines."""
        yield self.list

    def on_resize(self) -> None:
        """Wrap the lines again, after the list has got its size."""
        self.call_after_refresh(self._look)

    def show(self, item: PaneItem | None, *, following: bool = False) -> None:
        """Show a row, at once or a moment after the last one; None shows that no row is selected.

        `following` means that it is selected because it is the newest.
        """
        self._item = item
        if not self.display or self._timer is not None or self._state() == self._shown:
            return
        rest = FOLLOWING_SECONDS if following else REST_SECONDS
        wait = self._shown_at + rest - time.monotonic()
        if wait > 0:
            self._timer = self.set_timer(wait, self._look)
        else:
            self._look()

    def _state(self) -> tuple[object, ...]:
        """Return everything that the lines depend on."""
        item = self._item
        newest: object = item
        if isinstance(item, ErrorGroup):
            newest = item.newest
        elif isinstance(item, Request):
            newest = (item.running, len(item.errors), item.details_dropped, item.verdict)
        return item, newest, self.list.row_width

    def _look(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        state = self._state()
        width = self.list.row_width
        if not self.display or state == self._shown or not width:
            return
        self._shown, self._shown_at = state, time.monotonic()
        detail = _opened(self._item, self._store, self._replays, width)
        self.border_title = Content(fit(detail.title, self.size.width - 4)) if detail.title else ""
        self.list.show_ring(laid_out(detail.sections, width))

    @on(LineList.Changed)
    def _keep_changes(self, event: LineList.Changed) -> None:
        event.stop()

    @on(LineList.Opened)
    def _open(self, event: LineList.Opened) -> None:
        event.stop()
        if self._item is not None:
            self.app.post_message(Open(self._item))


def _opened(item: PaneItem | None, store: Store, replays: Replays | None, width: int) -> Detail:
    if item is None:
        return Detail("", [])
    if not isinstance(item, ErrorGroup):
        return detail_of(item, store, width=width, replays=replays)
    error = item.newest.error
    if not error.exceptions:
        return Detail(f"Error  {clock_time(item.last_at)}", error_view(error, Opened(), width))
    # Nothing can be unfolded here. The library frames before the user's are in the traceback below.
    first, *others = error.exceptions
    frames = from_the_users(first.frames)
    short = structs.replace(first, message="", frames=frames, frames_left_out=0)
    whole = structs.replace(error, exceptions=(short, *others))
    sections = error_view(whole, Opened(), width)
    sections[0].lines[:0] = headline(first)
    sections.append(Section("traceback", text_lines(error.text), error.text))
    return Detail(f"Error  {clock_time(item.last_at)}", sections)
