"""The dialog that lists the rules that hide rows, and changes them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static

from devtui.config.state_file import StateFileError
from devtui.dashboard.hiding.hide_dialog import rule_line
from devtui.dashboard.hiding.rule_choices import KEEP_KEYS, RuleChoices, keep_key
from devtui.dashboard.hiding.rules import Rules
from devtui.dashboard.messages import Copy
from devtui.dashboard.widgets.dialogs import Dialog
from devtui.filters.rule import WHAT_RULES_ARE, Rule, covers, parse_rule
from devtui.text.paths import short_path
from devtui.text.sanitize import visible

ADD = "+ another rule"


class RulesDialog(Dialog[None]):
    """Each change works at once; `k` writes the rules to the project's file."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("delete,backspace,x", "restore", show=False),
        Binding("plus,a", "add", show=False),
        Binding(KEEP_KEYS, "keep", show=False),
        Binding("y", "copy", show=False),
        Binding("escape", "leave", show=False),
    ]

    def __init__(
        self, rules: Rules, count: Callable[[Rule], int], changed: Callable[[], None]
    ) -> None:
        """`count` returns the number of rows that a rule hides; `changed` applies the rules."""
        super().__init__()
        self._rules = rules
        self._count = count
        self._changed = changed
        self._edited: int | None = None  # the index of the rule that is edited; None adds one

    def compose(self) -> ComposeResult:
        """Yield the rules, an input, and a line for messages."""
        with Vertical(classes="dialog -rules") as dialog:
            dialog.border_title = "Hidden rows"
            dialog.border_subtitle = self._keys()
            yield RuleChoices()
            yield Input(placeholder="/static/*", max_length=600)
            yield Static("", id="problem", markup=False)

    def _keys(self, *, typing: bool = False) -> str:
        if typing:
            return "enter hide   escape cancel"
        return f"enter edit   x show again   {keep_key()} keep for you   y copy   escape"

    def on_mount(self) -> None:
        """Show the rules."""
        self.query_one(Input).display = False
        self._list(0)
        self.query_one(OptionList).focus()

    def _list(self, at: int) -> None:
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(
            [rule_line(rule, self._count(rule), self._note(rule)) for rule in self._rules.all]
        )
        options.add_option(Content.styled(ADD, "dim"))
        options.highlighted = min(at, len(self._rules.all))
        if self._rules.kept:
            errors = "Errors always stay visible."
            self._say(f"{errors} Kept for you in {self._file}" if self._rules.written else errors)
        else:
            self._say(f"In force until you leave; {keep_key()} keeps them for you in this project.")

    def _note(self, rule: Rule) -> str:
        """Say which rule makes this one redundant, and which config file has it."""
        by = next((one.text for one in self._rules.all if covers(one, rule)), "")
        covered = f"covered by {by}" if by else ""
        return ", ".join(filter(None, [covered, os.path.basename(self._rules.place_of(rule))]))

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        at = event.option_index
        self._edit(at if at < len(self._rules.all) else None)

    def _edit(self, at: int | None) -> None:
        self._edited = at
        field = self.query_one(Input)
        field.value = "" if at is None else self._rules.all[at].text
        field.display = True
        field.focus()
        self.query_one(".dialog").border_subtitle = self._keys(typing=True)
        self._say(WHAT_RULES_ARE)

    @on(Input.Submitted)
    def _typed(self, event: Input.Submitted) -> None:
        event.stop()
        at = self._edited
        try:
            rule = parse_rule(event.value)
            self._rules.add(rule, at)
        except ValueError as error:
            self._say(str(error), problem=True)
            return
        self._changed()
        self._stop_typing(len(self._rules.all) - 1 if at is None else at)

    def _stop_typing(self, at: int) -> None:
        self.query_one(Input).display = False
        self.query_one(OptionList).focus()
        self.query_one(".dialog").border_subtitle = self._keys()
        self._list(at)

    def action_add(self) -> None:
        """Type another rule."""
        self._edit(None)

    def action_restore(self) -> None:
        """Show the rows of the rule again."""
        at = self.query_one(OptionList).highlighted
        if at is not None and at < len(self._rules.all):
            place = self._rules.place_of(self._rules.all.pop(at))
            self._changed()
            self._list(at)
            if place:
                self._say(f"Shown until you leave; {place}, hides these rows again.")

    def action_keep(self) -> None:
        """Keep the rules for the project."""
        try:
            self._rules.keep()
        except StateFileError as error:
            self._say(str(error), problem=True)
            return
        self._say(f"Kept for you in {self._file}")

    def action_copy(self) -> None:
        """Copy the rules as a line for the config."""
        texts = ", ".join(json.dumps(rule.text, ensure_ascii=False) for rule in self._rules.all)
        self.app.post_message(Copy(f"hidden = [{texts}]", "the line for devtui.toml"))

    @property
    def _file(self) -> str:
        return short_path(self._rules.path)

    def action_leave(self) -> None:
        """Stop typing, or close the dialog."""
        if self.query_one(Input).display:
            self._stop_typing(self._edited or 0)
        else:
            self.dismiss()

    def _say(self, text: str, *, problem: bool = False) -> None:
        line = self.query_one("#problem", Static)
        line.set_class(problem, "-problem")
        line.update(Content(visible(text, 300)))
