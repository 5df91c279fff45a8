"""The question before a request is pinned that may change data."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from devtui.dashboard.widgets.dialogs import Dialog
from devtui.session.store.request_record import Request
from devtui.text import masking
from devtui.text.sanitize import visible


class PinDialog(Dialog[bool | None]):
    """Ask whether to send a request after every reload."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "pin", show=False)]

    def __init__(self, request: Request) -> None:
        super().__init__()
        row = request.row
        self._words = f"{row.method} {visible(masking.target(row.target), 200)}"
        self._method = row.method

    def compose(self) -> ComposeResult:
        """Yield the question."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Pin a request that may change data"
            dialog.border_subtitle = "enter pin   escape cancel"
            yield Static(
                f"{self._words}\n\nEvery save sends it again. A {self._method} request may change "
                "data each time, for example place the same order again.",
                markup=False,
            )

    def action_pin(self) -> None:
        """Pin it."""
        self.dismiss(True)
