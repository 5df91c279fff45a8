"""The dialog that asks for the app's name if none was found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from devtui.dashboard.widgets.dialogs import Dialog
from devtui.text.sanitize import visible

MAX_NAME = 400


class AppDialog(Dialog[str | None]):
    """Takes what `flask --app` takes, and offers the names that were found.

    The result is the name, or None.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "offer(-1)", show=False),
        Binding("down", "offer(1)", show=False),
        Binding("ctrl+c", "app.interrupt", show=False),  # there is nothing to go back to
    ]

    def __init__(self, why: str, found: Sequence[str]) -> None:
        """`why` is the sentence that says why there is no app."""
        super().__init__()
        self._why = why
        self._found = found

    def compose(self) -> ComposeResult:
        """Yield the reason, the input, and the names that were found."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Which app?"
            choose = "   ↑ ↓ choose" if len(self._found) > 1 else ""
            dialog.border_subtitle = f"enter serve{choose}   escape cancel"
            yield Static(Content(visible(self._why, 600)), markup=False)
            yield Input(
                self._found[0] if self._found else "",
                placeholder="hello, hello:app, pkg.module:create_app()",
                max_length=MAX_NAME,
            )
            yield Static(Content(self._offered()), id="problem", markup=False)

    def _offered(self) -> str:
        if not self._found:
            return "No file here makes a Flask, Bottle, Falcon or Dash app at its top level."
        return f"Found here: {visible(', '.join(self._found), 400)}"

    def action_offer(self, step: int) -> None:
        """Put the next found name into the input."""
        if not self._found:
            return
        field = self.query_one(Input)
        at = self._found.index(field.value) if field.value in self._found else -step
        field.value = self._found[(at + step) % len(self._found)]

    @on(Input.Submitted)
    def _submit(self, event: Input.Submitted) -> None:
        name = event.value.strip()
        if name:
            self.dismiss(name)
        else:
            line = self.query_one("#problem", Static)
            line.add_class("-problem")
            line.update(Content("Type the app's name, such as hello or hello:app."))
