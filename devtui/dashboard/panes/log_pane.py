"""The log's pane."""

from __future__ import annotations

from textual.events import Resize

from devtui.dashboard.panes.log_rows import BESIDE_TEXT, LogRows
from devtui.dashboard.panes.pane import Pane
from devtui.session.store.log_entry import LogEntry
from devtui.session.store.store import Store
from devtui.session.terminal.window import window


class LogPane(Pane[LogEntry]):
    """The app's output. For its libraries, the terminal has the width of this pane's text."""

    def __init__(self, store: Store) -> None:
        rows = LogRows(store)
        super().__init__(2, "Log", store.log, rows, "No output yet.", rows.measures)

    def on_resize(self, event: Resize) -> None:
        """Tell the server processes how much room there is."""
        width = self.list.row_width
        if width > BESIDE_TEXT:
            window.show(width - BESIDE_TEXT, self.app.size.height)
