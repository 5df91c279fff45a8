"""Which rows the panes hide: the rules, and the dialogs that change them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from devtui.config.state_file import StateFileError
from devtui.dashboard.availability import NO_ROW
from devtui.dashboard.hiding.rules import Rules
from devtui.dashboard.keys.commands import in_force
from devtui.dashboard.messages import Tell
from devtui.filters.facts import PaneName
from devtui.filters.rule import Rule, proposals
from devtui.text.formats import count

if TYPE_CHECKING:
    from textual.screen import Screen

    from devtui.dashboard.hiding.hide_dialog import Chosen
    from devtui.dashboard.panes.pane import Pane
    from devtui.session.store.request_record import Request

WITH_RULES = ("requests", "log")
ONLY_THOSE = "Only requests and log lines can be hidden: errors always stay."
NO_LOGGER = "This line has no logger to hide: filter with !text instead."
HIDDEN_ALREADY = "Rows like this one are hidden already; this one stays because it is an error."
ONLY_AN_ERROR = "This row is an error, which stays, and no other row is like it."
NO_PATH = "This request has no path that a rule could name."


class Hiding:
    """Apply the rules to the panes, and ask for changes."""

    def __init__(self, screen: Screen[None], panes: Sequence[Pane[Any]], rules: Rules) -> None:
        self.rules = rules
        self._screen = screen
        self._panes = [pane for pane in panes if pane.pane_name in WITH_RULES]

    def begin(self) -> None:
        """Hide rows by the project's rules, and say if they could not be read."""
        self._apply()
        if self.rules.complaint:
            self._tell(self.rules.complaint, problem=True)

    def failed(self, request: Request | None) -> None:
        """Show a failed request and its log again, also if it had ended before the error."""
        if request is None:
            return
        for pane in self._panes:
            if not pane.list.matches.hidden_count:
                continue
            if pane.pane_name == "log":
                pane.list.matches.mark_changed(lambda entry: entry.request_id == request.id)
            elif not request.running:
                pane.list.matches.mark_changed(lambda row: row is request)

    def why_not(self, pane: Pane[Any]) -> str:
        """Say why rows like the selected one cannot be hidden; empty if they can."""
        if pane not in self._panes:
            return ONLY_THOSE
        if pane.list.item is None:
            return NO_ROW
        if not self._proposals(pane):
            return NO_LOGGER if pane.pane_name == "log" else NO_PATH
        return ""

    def ask(self, pane: Pane[Any]) -> None:
        """Offer rules that hide rows like the selected one."""
        from devtui.dashboard.hiding.hide_dialog import HideDialog

        found, known = self._proposals(pane), self.rules.texts
        counted = [(rule, self.count(rule)) for rule in found if rule.text not in known]
        # The selected row may be an error, which is not hidden: then a rule may hide nothing.
        offered = [(rule, rows) for rule, rows in counted if rows]
        if not offered:
            self._tell(ONLY_AN_ERROR if counted else HIDDEN_ALREADY)
            return
        self._screen.app.push_screen(HideDialog(offered), self._add)

    def show(self) -> None:
        """List the rules to change them."""
        from devtui.dashboard.hiding.rules_dialog import RulesDialog

        dialog = RulesDialog(self.rules, self.count, self._apply)
        self._screen.app.push_screen(dialog)

    def count(self, rule: Rule, pane_name: PaneName | None = None) -> int:
        """Return how many rows a rule hides or would hide, in its own pane or in this one."""
        found, hides = 0, rule.test_for(pane_name or rule.pane)
        for pane in self._panes:
            if hides is not None and pane.pane_name == (pane_name or rule.pane):
                columns, first = pane.list.matches.columns, pane.list.matches.ring.first
                at = first - columns.offset
                rows = zip(columns.texts[at:], columns.facts[at:], strict=True)
                found += sum(hides(text, facts) for text, facts in rows)
        return found

    def _proposals(self, pane: Pane[Any]) -> list[Rule]:
        matches = pane.list.matches
        if pane.list.cursor >= len(matches):
            return []
        number, columns = matches.number_at(pane.list.cursor), matches.columns
        if not columns.offset <= number < columns.end:  # before the first look at the rows
            return []
        return proposals(columns.text(number), columns.facts_of(number), pane.pane_name)

    def _add(self, chosen: Chosen | None) -> None:
        if chosen is None:
            return
        try:
            self.rules.add(chosen.rule)
        except ValueError as error:
            self._tell(str(error), problem=True)
            return
        self._apply()
        key = in_force.key("hidden")
        words = f"{count(self.count(chosen.rule), 'row')} hidden by {chosen.rule.text}"
        if chosen.rule.pane != "log" and (logged := self.count(chosen.rule, "log")):
            words += f", and {count(logged, 'row')} of the log"
        if chosen.keep:
            try:
                self.rules.keep()
            except StateFileError as error:
                self._tell(f"The rule is in force until you leave: {error}", problem=True)
                return
            self._tell(f"{words}. Kept for you in this project: {key} shows where.")
        else:
            self._tell(f"{words}. {key} shows the rules.")

    def _apply(self) -> None:
        for pane in self._panes:
            pane.list.matches.hide(self.rules.of(pane.pane_name))
            pane.list.take_in()

    def _tell(self, text: str, *, problem: bool = False) -> None:
        self._screen.app.post_message(Tell(text, "warning" if problem else "information"))
