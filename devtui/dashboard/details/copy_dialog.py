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
from textual.widgets.option_list import Option

from devtui.dashboard.details.copy_choices import CopyChoice
from devtui.dashboard.widgets.cells import fit, left
from devtui.dashboard.widgets.dialogs import Dialog

NAME_WIDTH = 22
PREVIEW_WIDTH = 42

# The keys of the first choices; the rest have none.
KEYS = "1234567890"


class CopyDialog(Dialog[CopyChoice | None]):
    """Ask what to copy, with a preview of each choice."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, f"choose({at})", show=False) for at, key in enumerate(KEYS)),
    ]

    def __init__(self, choices: Sequence[CopyChoice]) -> None:
        super().__init__()
        self._choices = choices

    def compose(self) -> ComposeResult:
        """Yield the choices."""
        with Vertical(classes="dialog -rules") as dialog:
            dialog.border_title = "Copy"
            dialog.border_subtitle = "enter or number copy   escape cancel"
            yield OptionList(*(_option(at, one) for at, one in enumerate(self._choices)))

    def on_mount(self) -> None:
        """Begin at the first choice."""
        options = self.query_one(OptionList)
        options.highlighted = 0
        options.focus()

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._choices[event.option_index])

    def action_choose(self, at: int) -> None:
        """Copy the choice at this place, counted from 0."""
        if at < len(self._choices):
            if why := self._choices[at].why_not:
                self.notify(why, markup=False)
            else:
                self.dismiss(self._choices[at])


def _option(at: int, choice: CopyChoice) -> Option:
    return Option(_line(at, choice), disabled=bool(choice.why_not))


def _line(at: int, choice: CopyChoice) -> Content:
    name = left(choice.what, NAME_WIDTH)
    shown = choice.why_not or choice.preview or choice.text
    preview = fit(shown.strip(), PREVIEW_WIDTH)
    return Content.assemble((f"{KEYS[at : at + 1]:1} ", "dim"), name, "  ", (preview, "dim"))
