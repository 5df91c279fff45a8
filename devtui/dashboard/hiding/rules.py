"""All rules that hide rows: those of the config, and those of the project's file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devtui.config.rule_lines import with_rules
from devtui.config.state_file import ProjectFile, StateFileError
from devtui.filters.facts import Facts, PaneName
from devtui.filters.rule import DEBUGGER, MAX_RULES, Rule, Test, parse_rule

_HEADING = "# What devtui hides in this project, one rule a line. Errors stay visible.\n"


class Rules:
    """The rules of a session; at first those of the config and of the project's file.

    `file` keeps the project's rules. The config's rules are never written: a change to them lasts
    until the session ends.
    """

    def __init__(self, file: ProjectFile, config: Mapping[str, str] | None = None) -> None:
        """`config` has the texts of its rules, each with its file and line."""
        self._file = file
        self._config = config or {}
        self.all: list[Rule] = [parse_rule(DEBUGGER)]
        self.complaint = ""
        """A sentence about what was wrong with the file, empty if nothing was."""
        self._kept: list[str] = self.texts
        try:
            text = file.read()
        except StateFileError as error:
            self.complaint = f"The rules that hide rows are not in force: {error}"
            text = ""
        if text:
            self._load(text)
        others = [rule for rule in self.all if rule.text not in self._config]
        self.all = [*map(parse_rule, self._config), *others]

    def _load(self, text: str) -> None:
        found: list[Rule] = []
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            try:
                rule = parse_rule(line)
                if rule.text in [one.text for one in found]:
                    continue
                if len(found) >= MAX_RULES:
                    raise ValueError(f"There are more than {MAX_RULES} rules.")
                found.append(rule)
            except ValueError as error:
                self.complaint = f"{self._file.path}, line {number}: {error}"
                if len(found) >= MAX_RULES:
                    break
        self.all = found
        self._kept = self.texts

    @property
    def texts(self) -> list[str]:
        """The rules as they are written."""
        return [rule.text for rule in self.all]

    @property
    def kept(self) -> bool:
        """Whether the project's file has exactly these rules."""
        return self._own == [text for text in self._kept if text not in self._config]

    @property
    def _own(self) -> list[str]:
        return [text for text in self.texts if text not in self._config]

    def place_of(self, rule: Rule) -> str:
        """Return the file and line of a rule of the config; empty for another one."""
        return self._config.get(rule.text, "")

    @property
    def written(self) -> bool:
        """Whether the project's file exists."""
        return self._file.path.exists()

    @property
    def path(self) -> str:
        """The project's file."""
        return str(self._file.path)

    def add(self, rule: Rule, at: int | None = None) -> None:
        """Add a rule, or replace the rule `at` a place. Raises `ValueError` with a sentence."""
        others = [one for index, one in enumerate(self.all) if index != at]
        if any(one.text == rule.text for one in others):
            raise ValueError(f"There is a rule {rule.text} already.")
        if len(others) >= MAX_RULES:
            raise ValueError(f"There are {MAX_RULES} rules already.")
        if at is None:
            self.all.append(rule)
        else:
            self.all[at] = rule

    def keep(self) -> None:
        """Write the changed rules to the project's file; its other lines stay.

        Raises `StateFileError` with a sentence.
        """
        text, own = self._file.read(), self._own
        # If there is no file, nothing is written of the rules that are in force without one.
        before = [rule for rule in self._kept if rule not in self._config] if text else []
        changed = with_rules(text or _HEADING, before, own, _rule_of)
        if changed != text:
            self._file.write(changed)
        self._kept = own

    def of(self, pane: PaneName) -> HidesRows | None:
        """Return the rules for a pane as one test; None if there are none."""
        mine = [test for rule in self.all if (test := rule.test_for(pane)) is not None]
        return HidesRows(mine) if mine else None


def _rule_of(line: str) -> str:
    """Return the rule on a line of the file; empty if there is none."""
    if line.startswith("#"):
        return ""
    try:
        return parse_rule(line).text
    except ValueError:
        return ""


class HidesRows:
    """Some rules as one test."""

    def __init__(self, rules: Sequence[Test]) -> None:
        self._hides = rules

    def __call__(self, text: str, facts: Facts) -> bool:
        """Whether one of the rules hides a row with this lower-case text and these facts."""
        return any(hides(text, facts) for hides in self._hides)
