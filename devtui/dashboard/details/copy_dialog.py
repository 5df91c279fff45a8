"""The dialog that offers what to copy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList

from devtui.dashboard.details.copy_choices import Choice
from devtui.dashboard.widgets.cells import fit, left
from devtui.dashboard.widgets.dialogs import Dialog

NAME_WIDTH = 22
PREVIEW_WIDTH = 42


class CopyDialog(Dialog[Choice | None]):
    """Asks what to copy, and shows how each begins."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(str(number), f"choose({number})", show=False) for number in range(1, 10)),
    ]

    def __init__(self, choices: Sequence[Choice]) -> None:
        super().__init__()
        self._choices = choices

    def compose(self) -> ComposeResult:
        """Yield the choices."""
        with Vertical(classes="dialog -rules") as dialog:
            dialog.border_title = "Copy"
            dialog.border_subtitle = "enter or number copy   escape cancel"
            yield OptionList(*(_line(at, one) for at, one in enumerate(self._choices, 1)))

    def on_mount(self) -> None:
        """Begin at the first choice."""
        options = self.query_one(OptionList)
        options.highlighted = 0
        options.focus()

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._choices[event.option_index])

    def action_choose(self, number: int) -> None:
        """Copy the choice of that number."""
        if number <= len(self._choices):
            self.dismiss(self._choices[number - 1])


def _line(number: int, choice: Choice) -> Content:
    name = left(choice.what, NAME_WIDTH)
    preview = fit((choice.preview or choice.text).strip(), PREVIEW_WIDTH)
    return Content.assemble((f"{number} ", "dim"), name, "  ", (preview, "dim"))
