"""The dialog that offers rules for the selected row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static

from devtui.dashboard.hiding.rule_choices import KEEP_KEYS, RuleChoices, keep_key
from devtui.dashboard.widgets.cells import left, right
from devtui.dashboard.widgets.dialogs import Dialog
from devtui.filters.rule import DEBUGGER, HEALTH_CHECKS, STATIC_FILES, Rule
from devtui.text.formats import count

RULE_WIDTH = 22
WIDE_RULE = 53

_MEANINGS = {
    DEBUGGER: "the debugger's own resources",
    STATIC_FILES: "styles, scripts, images",
    HEALTH_CHECKS: "/healthz, /ping and the like",
}


class Chosen(msgspec.Struct, frozen=True):
    """The rule that was chosen, and whether to keep it for the project."""

    rule: Rule
    keep: bool


def rule_line(rule: Rule, row_count: int, note: str = "") -> Content:
    """Return a rule with a note or its meaning, and the number of its rows."""
    meaning = note or _MEANINGS.get(rule.text, "")
    if not meaning and rule.text.endswith("*"):
        meaning = "and all below"
    text = left(rule.text, RULE_WIDTH if meaning else WIDE_RULE)
    rows = right(count(row_count, "row"), 12)
    aside = left(f"  {meaning}", WIDE_RULE - RULE_WIDTH) if meaning else ""
    return Content.assemble(text, (aside + rows, "dim"))


class HideDialog(Dialog[Chosen | None]):
    """Ask which rows like the selected one to hide."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding(KEEP_KEYS, "keep", show=False)]

    def __init__(self, offered: Sequence[tuple[Rule, int]]) -> None:
        super().__init__()
        self._offered = offered

    def compose(self) -> ComposeResult:
        """Yield the rules."""
        with Vertical(classes="dialog -rules") as dialog:
            dialog.border_title = "Hide rows like this one"
            keep = f"{keep_key()} keep it for you in this project"
            dialog.border_subtitle = f"enter hide   {keep}   escape"
            yield RuleChoices(*(rule_line(rule, rows) for rule, rows in self._offered))
            yield Static("Errors always stay visible.", markup=False, classes="aside")

    def on_mount(self) -> None:
        """Begin at the first rule."""
        options = self.query_one(OptionList)
        options.highlighted = 0
        options.focus()

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(Chosen(self._offered[event.option_index][0], keep=False))

    def action_keep(self) -> None:
        """Hide the rows, in later sessions too."""
        at = self.query_one(OptionList).highlighted
        if at is not None:
            self.dismiss(Chosen(self._offered[at][0], keep=True))
