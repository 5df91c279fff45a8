"""Which rows the panes hide: the rules, and the dialogs that change them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from devtui.config.project_file import StateFileError
from devtui.dashboard.availability import NO_ROW
from devtui.dashboard.keys.commands import in_force
from devtui.dashboard.messages import Tell
from devtui.filters.rule import Rule, proposals
from devtui.filters.rules import Rules
from devtui.text.formats import count

if TYPE_CHECKING:
    from textual.screen import Screen

    from devtui.dashboard.hiding.hide_dialog import Chosen
    from devtui.dashboard.panes.pane import Pane
    from devtui.session.store.request_record import Request

WITH_RULES = ("requests", "log")
ONLY_THOSE = "Only requests and log lines can be hidden: errors always stay."
NO_LOGGER = "This line has no logger to hide: filter with !text instead."
HIDDEN_ALREADY = "Rows like this one are hidden already; this one stays, it is an error."
ONLY_AN_ERROR = "This row is an error, which stays, and no other row is like it."
NO_PATH = "This request has no path that a rule could name."


class Hiding:
    """Applies the rules to the panes, and asks for changes."""

    def __init__(self, screen: Screen[None], panes: Sequence[Pane[Any]], rules: Rules) -> None:
        self.rules = rules
        self._screen = screen
        self._panes = [pane for pane in panes if pane.place in WITH_RULES]

    def begin(self) -> None:
        """Hide rows by the project's rules, and say if they could not be read."""
        self._apply()
        if self.rules.complaint:
            self._tell(self.rules.complaint, problem=True)

    def failed(self, request: Request | None) -> None:
        """Show a request again that has an error, even if it ended before."""
        if request is not None and not request.running:
            for pane in self._panes:
                if pane.place == "requests":
                    pane.list.matches.change(request)

    def why_not(self, pane: Pane[Any]) -> str:
        """Say why rows like the selected one cannot be hidden; empty if they can."""
        if pane not in self._panes:
            return ONLY_THOSE
        if pane.list.item is None:
            return NO_ROW
        if not self._proposals(pane):
            return NO_LOGGER if pane.place == "log" else NO_PATH
        return ""

    def ask(self, pane: Pane[Any]) -> None:
        """Offer rules that hide rows like the selected one."""
        from devtui.dashboard.hiding.hide_dialog import HideDialog

        found, known = self._proposals(pane), self.rules.texts
        counted = [(rule, self.count(rule)) for rule in found if rule.text not in known]
        # The selected row may be an error, which stays: then a rule can be without any row.
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

    def count(self, rule: Rule) -> int:
        """Return how many rows a rule hides, or would hide."""
        found = 0
        for pane in self._panes:
            if pane.place == rule.place:
                columns, first = pane.list.matches.columns, pane.list.matches.ring.first
                at = first - columns.offset
                rows = zip(columns.texts[at:], columns.facts[at:], strict=True)
                found += sum(rule.hides(text, facts) for text, facts in rows)
        return found

    def _proposals(self, pane: Pane[Any]) -> list[Rule]:
        matches = pane.list.matches
        if pane.list.cursor >= len(matches):
            return []
        number, columns = matches.number_at(pane.list.cursor), matches.columns
        if not columns.offset <= number < columns.end:  # before the first look at the rows
            return []
        return proposals(columns.text(number), columns.facts_of(number), pane.place)

    def _add(self, chosen: Chosen | None) -> None:
        if chosen is None:
            return
        try:
            self.rules.add(chosen.rule)
        except ValueError as error:
            self._tell(str(error), problem=True)
            return
        self._apply()
        hidden = count(self.count(chosen.rule), "row")
        shows = f"{in_force.key('hidden')} shows the rules."
        words = f"{hidden} hidden by {chosen.rule.text}. {shows}"
        if chosen.keep:
            try:
                self.rules.keep()
            except StateFileError as error:
                self._tell(f"The rule is in force until you leave: {error}", problem=True)
                return
            where = f"{in_force.key('hidden')} shows where."
            words = f"{hidden} hidden by {chosen.rule.text}, kept for you in this project: {where}"
        self._tell(words)

    def _apply(self) -> None:
        for pane in self._panes:
            pane.list.matches.hide(self.rules.of(pane.place))
            pane.list.take_in()

    def _tell(self, text: str, *, problem: bool = False) -> None:
        self._screen.app.post_message(Tell(text, "warning" if problem else "information"))
