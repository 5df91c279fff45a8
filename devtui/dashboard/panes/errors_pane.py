"""The errors pane: a list, and below it the selected error's traceback if there is room."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.events import Resize

from devtui.dashboard.lists.line_list import LineList
from devtui.dashboard.lists.sections import DetailRows, ShownLine, laid_out
from devtui.dashboard.panes.error_summary import error_sections
from devtui.dashboard.panes.pane import Pane
from devtui.dashboard.panes.rows import ErrorRows
from devtui.session.store.error_groups import ErrorEntry, ErrorGroup
from devtui.session.store.ring import Ring
from devtui.session.store.store import Store

ROOM_FOR_TRACEBACK = 8
"""The pane's least height, in lines, for the traceback to be shown."""

MOST_ROWS = 5


class Traceback(LineList[ShownLine]):
    """The lines of a traceback; the list above keeps the cursor and the focus."""

    can_focus = False


class ErrorsPane(Pane[ErrorGroup]):
    """Errors, with repeated ones in one row, and the traceback of the selected one."""

    def __init__(self, store: Store) -> None:
        super().__init__(4, "Errors", store.error_groups.ring, ErrorRows(store), "No error.")
        self.traceback = Traceback(Ring(1), DetailRows(), follow=False)
        self.traceback.cursor_shown = False
        self._laid_out: tuple[ErrorEntry, int] | None = None

    def compose(self) -> ComposeResult:
        """Yield the list, the traceback and the filter's line."""
        yield self.list
        yield self.traceback
        yield from list(super().compose())[1:]

    def on_resize(self, event: Resize) -> None:
        """Show the traceback if there is room."""
        self.set_class(event.size.height >= ROOM_FOR_TRACEBACK, "-roomy")
        self._share()

    @on(LineList.Changed)
    def _error_changed(self, event: LineList.Changed) -> None:
        if event.line_list is self.list:
            self._share()

    @on(LineList.Opened)
    def _open_from_traceback(self, event: LineList.Opened) -> None:
        if event.line_list is self.traceback:
            event.stop()
            self.list.action_open()

    def select_newest(self) -> None:
        """Select the newest error."""
        self.list.follow()

    def _share(self) -> None:
        """Give the list the lines that it needs, and the traceback the rest."""
        group = self.list.item
        entry = None if group is None else group.newest
        roomy = self.has_class("-roomy") and not self.has_class("-beside") and entry is not None
        self.traceback.display = roomy
        rows = min(max(len(self.list.matches), 1), MOST_ROWS, max(self.size.height // 3, 1))
        self.list.styles.height = rows if roomy else "1fr"
        width = self.traceback.row_width
        if not roomy or entry is None or not width:
            return
        if self._laid_out is None or self._laid_out[0] is not entry or self._laid_out[1] != width:
            self._laid_out = (entry, width)
            self.traceback.show_ring(laid_out(error_sections(entry.error), width))
