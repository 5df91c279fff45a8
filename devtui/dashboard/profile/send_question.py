"""The question before a request that may change something is sent again."""

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


class SendQuestion(Dialog[bool | None]):
    """Ask whether to send a request again; escape means no."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "send", show=False)]

    def __init__(self, request: Request) -> None:
        super().__init__()
        self._request = request

    def compose(self) -> ComposeResult:
        """Yield the question."""
        row = self._request.row
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Profile"
            dialog.border_subtitle = "enter send   escape cancel"
            name = visible(f"{row.method} {masking.target(row.target)}", 300)
            yield Static(
                f"This sends {name} to your app again. It may change data a second time.",
                markup=False,
            )

    def action_send(self) -> None:
        """Send it."""
        self.dismiss(True)
