"""One word of a filter: what it asks for, or why it is not understood."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal, TypeAlias

import msgspec

from devtui.filters.facts import CALL_KINDS, Facts, PaneName
from devtui.filters.pattern import Pattern

METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
LEVELS = ("debug", "info", "warning", "error", "critical")
STREAMS = {"out": "stdout", "err": "stderr"}

_STATUS = re.compile(r"[1-5](?:xx|\d\d)", re.ASCII)
_MEASURE = re.compile(r"([<>])(\d{1,9}(?:\.\d{1,3})?)([a-z]*)", re.ASCII)
_CALLS = re.compile(r"(sql|http|template|cache)([<>])(\d{0,9})", re.ASCII)
_OF_REGEXES = re.compile(r"[*+?()\[\]|\\^$]")

_MILLISECONDS = {"ms": 1.0, "s": 1_000.0, "min": 60_000.0}
_BYTES = {"b": 1.0, "kb": 1e3, "mb": 1e6, "gb": 1e9}

Kind: TypeAlias = Literal["text", "pattern", "facts", "duration", "size", "unknown"]


class Word(msgspec.Struct, frozen=True):
    """One word. Exactly the fields that its kind needs are set.

    `start` and `end` are its place in the filter. `note` says why it is not understood; such a
    word hides nothing. `above` and `bound` are for durations in milliseconds and sizes in bytes.
    """

    kind: Kind
    start: int
    end: int
    negated: bool = False
    text: str = ""
    pattern: Pattern | None = None
    test: Callable[[Facts], bool] | None = None
    above: bool = True
    bound: float = 0.0
    note: str = ""

    def keeps_text(self, text: str) -> bool:
        """Whether a row with this lower-case text is kept; for texts and regexes."""
        found = self.pattern.found_in(text) if self.pattern else self.text in text
        return found != self.negated

    def keeps_facts(self, facts: Facts) -> bool:
        """Whether a row with these facts is kept; for words about facts."""
        assert self.test is not None
        return self.test(facts) != self.negated

    def keeps_measure(self, value: float) -> bool:
        """Whether a row with this duration or size is kept; a row without one does not match."""
        found = value >= 0 and (value > self.bound if self.above else value < self.bound)
        return found != self.negated

    def implies(self, other: Word) -> bool:
        """Whether each row that this word keeps is certainly kept by the other."""
        if other.kind == "unknown":
            return True
        if self.negated or other.negated:
            return self._same(other)
        if self.kind == other.kind == "text":
            return other.text in self.text
        return self._same(other)

    def _same(self, other: Word) -> bool:
        return (self.kind, self.text, self.negated) == (other.kind, other.text, other.negated)


def word_of(typed: str, start: int, pane: PaneName, *, quoted: bool = False) -> Word:
    """Return the word that was typed at `start`; a quoted one is text."""
    end = start + len(typed)
    negated = typed.startswith("!")
    body = typed.removeprefix("!").lower()
    raw = typed.removeprefix("!")

    def word(kind: Kind, text: str, **fields: object) -> Word:
        return Word(kind, start, end, negated, text, **fields)  # type: ignore[arg-type]

    def unknown(note: str) -> Word:
        return word("unknown", body, note=note)

    if quoted:
        return word("text", body.strip('"'))
    if not body:
        return unknown("type what to leave out after the !")
    if body.startswith("/"):
        return _slashed(raw, word, unknown)
    if pane == "requests":
        found = _of_requests(body, word)
    elif pane == "log":
        found = _of_log(body, word, unknown)
    else:
        found = None
    return found or _of_any(body, pane, word, unknown)


Make: TypeAlias = Callable[..., Word]


def _slashed(raw: str, word: Make, unknown: Make) -> Word:
    """Read `/regex/`; `/path` and `/a/path/` are text."""
    inner = raw[1:-1]
    closed = len(raw) > 2 and raw.endswith("/") and not raw.endswith("\\/")
    if closed and not re.search(r"(?<!\\)/", inner):
        try:
            return word("pattern", raw, pattern=Pattern(inner.replace("\\/", "/")))
        except ValueError as error:
            return unknown(f"the regex {raw}: {error}")
    if _OF_REGEXES.search(raw[1:]) and "/" not in inner.replace("\\/", "") and "=" not in raw:
        return unknown("a regex ends with /")
    return word("text", raw.lower())


def _of_requests(body: str, word: Make) -> Word | None:
    if body in METHODS:
        return word("facts", body, test=lambda facts: facts.method == body)
    if _STATUS.fullmatch(body):
        if body.endswith("xx"):
            return word("facts", body, test=lambda facts: facts.status // 100 == int(body[0]))
        return word("facts", body, test=lambda facts: facts.status == int(body))
    return None


def _of_log(body: str, word: Make, unknown: Make) -> Word | None:
    if body in STREAMS:
        return word("facts", body, test=lambda facts: facts.stream == STREAMS[body])
    key, colon, value = body.partition(":")
    if key == "logger" and colon:
        return word("facts", body, test=lambda facts: under(facts.logger, value))
    if key == "level" and colon:
        wanted = [level for level in LEVELS if value and level.startswith(value)]
        if not wanted:
            return unknown(f"levels are {', '.join(LEVELS)}")
        enough = LEVELS[LEVELS.index(wanted[0]) :]
        return word("facts", body, test=lambda facts: facts.level in enough)
    return None


def under(logger: str, name: str) -> bool:
    """Whether a logger's name begins like this; so it works while the name is typed, too."""
    return bool(logger) and logger.startswith(name)


def _of_any(body: str, pane: PaneName, word: Make, unknown: Make) -> Word:
    calls = _CALLS.fullmatch(body)
    if calls is not None:
        return _of_calls(calls, pane, word, unknown)
    if body.startswith(("level:", "logger:")) and pane != "log":
        return unknown(f"{body.partition(':')[0]}: works in the log")
    measure = _MEASURE.fullmatch(body)
    if measure is None:
        if (body[0] in "<>" and body[1:2].isdecimal()) or body in ("<", ">"):
            return unknown("write >200ms, >1s or >10kb")
        return word("text", body)
    sign, number, unit = measure.groups()
    if unit in _MILLISECONDS:
        if pane not in ("requests", "reloads"):
            return unknown("rows here have no duration")
        bound = float(number) * _MILLISECONDS[unit]
        return word("duration", body, above=sign == ">", bound=bound)
    if unit in _BYTES:
        if pane != "requests":
            return unknown("rows here have no size")
        return word("size", body, above=sign == ">", bound=float(number) * _BYTES[unit])
    return unknown("write a unit: ms, s, kb or mb")


def _of_calls(found: re.Match[str], pane: PaneName, word: Make, unknown: Make) -> Word:
    """Read `sql>10`: more than ten calls of that kind."""
    kind, sign, digits = found.groups()
    if pane != "requests":
        return unknown(f"{kind}{sign} works in the requests")
    if not digits:
        return unknown(f"write a number of calls: {kind}{sign}10")
    at, number = CALL_KINDS.index(kind), int(digits)

    def test(facts: Facts) -> bool:
        if not facts.calls:
            return False
        count = facts.calls[at]
        return count > number if sign == ">" else count < number

    return word("facts", found[0], test=test)
