"""A rule that hides rows of one kind, and never an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from devtui.filters.facts import Facts, PaneName
from devtui.filters.word import METHODS

MAX_RULE = 500
MAX_RULES = 200

STATIC_FILES = "static files"
HEALTH_CHECKS = "health checks"
DEBUGGER = "debugger"

SUFFIXES = (
    *(".css", ".js", ".mjs", ".map", ".webmanifest", ".mp4", ".webm"),
    *(".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".avif", ".ico"),
    *(".woff", ".woff2", ".ttf", ".otf", ".eot"),
)
HEALTH_PATHS = frozenset(
    (
        *("/health", "/healthz", "/healthcheck", "/health-check", "/_health", "/status/health"),
        *("/livez", "/readyz", "/live", "/ready", "/alive", "/ping", "/_ping", "/heartbeat"),
    )
)
WHAT_RULES_ARE = (
    "Type a path (/static/* or get /poll), logger:NAME, static files, or health checks."
)

Test: TypeAlias = Callable[[str, Facts], bool]


class Rule(msgspec.Struct, frozen=True):
    """One rule. `test` gets the target of a request, or nothing, and the facts of the row.

    A rule for requests also hides what they have logged.
    """

    text: str
    pane: PaneName
    test: Test

    def hides(self, text: str, facts: Facts) -> bool:
        """Whether it hides a row with this lower-case text; never an error."""
        return not facts.failed and self.test(target_in(text), facts)

    def hides_entry(self, text: str, facts: Facts) -> bool:
        """Whether it hides a row of the log. Only what a request has logged has a method."""
        if self.pane == "log":
            return self.hides(text, facts)
        if facts.failed or not facts.method:
            return False
        return self.test(text.rpartition(" ")[2], facts)  # the request stands at the end

    def test_for(self, pane: PaneName) -> Test | None:
        """Return the test for the rows of a pane; None if the rule is not for that pane."""
        if pane == "log":
            return self.hides_entry
        return self.hides if pane == self.pane else None


def target_in(text: str) -> str:
    """Return the target in the text of a request's row: method, status, target."""
    parts = text.split(" ", 3)
    return parts[2] if len(parts) > 2 else ""


def path_of(target: str) -> str:
    """Return the target without its query."""
    return target.partition("?")[0]


def parse_rule(typed: str) -> Rule:
    """Return the rule that was typed. Raises `ValueError` with a sentence for the user."""
    text = " ".join(typed.lower().split())
    if not text:
        raise ValueError(WHAT_RULES_ARE)
    if len(text) > MAX_RULE:
        raise ValueError(f"A rule has at most {MAX_RULE} characters.")
    named = _NAMED.get(text)
    if named is not None:
        return Rule(text, "requests", named)
    if text.startswith("logger:"):
        return _of_logger(text)
    method, blank, path = text.rpartition(" ")
    if not path.startswith("/") or (blank and method not in METHODS):
        raise ValueError(f"{typed[:60]!r} is not a rule. {WHAT_RULES_ARE}")
    if "*" in path[:-1]:
        raise ValueError("A * may stand only at the end of a path.")
    if path == "/*":
        raise ValueError("/* would hide every request: clear the pane with c instead.")
    return Rule(text, "requests", _of_path(method, path))


def covers(rule: Rule, other: Rule) -> bool:
    """Whether `rule` hides every row that `other` hides; no rule covers itself."""
    if rule.text == other.text or rule.pane != other.pane or other.text in _NAMED:
        return False
    if other.pane == "log":
        return rule.test("", Facts(logger=other.text.removeprefix("logger:")))
    method, _, path = other.text.rpartition(" ")
    facts = Facts(method=method)
    if not path.endswith("*"):
        return rule.test(path, facts)
    start, of_rule = path[:-1], rule.text.rpartition(" ")[2]
    below = of_rule.endswith("*") and start.startswith(of_rule[:-1])
    return below and rule.test(start.rstrip("/"), facts)


def _of_logger(text: str) -> Rule:
    name = text.removeprefix("logger:").strip()
    if not name:
        raise ValueError("Type the logger's name after logger:")
    below = f"{name}."

    def test(target: str, facts: Facts) -> bool:
        return facts.logger == name or facts.logger.startswith(below)

    return Rule(f"logger:{name}", "log", test)


def _of_path(method: str, path: str) -> Test:
    start = path[:-1]
    if path.endswith("*"):
        # Below a folder; the folder itself too.
        folder = start.rstrip("/")
        return lambda target, facts: (
            (target.startswith(start) or path_of(target) == folder)
            and (not method or facts.method == method)
        )
    return lambda target, facts: path_of(target) == path and (not method or facts.method == method)


_NAMED: dict[str, Test] = {
    STATIC_FILES: lambda target, facts: path_of(target).endswith(SUFFIXES),
    HEALTH_CHECKS: lambda target, facts: path_of(target).rstrip("/") in HEALTH_PATHS,
    DEBUGGER: lambda target, facts: "__debugger__=yes" in target,
}


def proposals(text: str, facts: Facts, pane: PaneName) -> list[Rule]:
    """Return the rules that hide rows like the one with this text and these facts."""
    if pane == "log":
        return [parse_rule(f"logger:{name}") for name in _parents(facts.logger)]
    target = target_in(text)
    path = path_of(target)
    found = [name for name, test in _NAMED.items() if test(target, facts)]
    if not path.startswith("/") or "*" in path or not _can_be_typed(path):
        return [parse_rule(name) for name in found]
    if DEBUGGER not in found:
        found.append(f"{facts.method} {path}" if facts.method in METHODS else path)
        parts = path.strip("/").split("/")
        if path.endswith("/") and path != "/":
            parts.append("")
        found += [f"/{'/'.join(parts[:end])}/*" for end in range(min(len(parts) - 1, 4), 0, -1)]
    return [parse_rule(one) for one in found]


def _parents(logger: str) -> list[str]:
    """Return the names of the logger and its parents, without the root."""
    if logger == "root" or not _can_be_typed(logger):
        return []
    parts = logger.split(".")
    names = [".".join(parts[:end]) for end in range(len(parts), 0, -1)]
    return [name for name in names if name]


def _can_be_typed(word: str) -> bool:
    """Whether a rule may contain this word: one short word, all of it printable."""
    return len(word) <= MAX_RULE // 2 and word.isprintable() and word.split() == [word]
