"""What comparisons ignore: values that differ each time. The project keeps the user's choice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from devtui.config.rule_lines import with_rules
from devtui.config.state_file import ProjectFile, StateFileError

MOMENTS = "moments"
TOKENS = "tokens"
DEFAULTS = (MOMENTS, TOKENS)

WORDS = {
    MOMENTS: "dates with a time of day",
    TOKENS: "CSRF tokens, nonces and addresses of objects",
}
"""What the rules without a value mean."""

MAX_RULES = 200
GAP = "…"

_HEADING = "# What devtui ignores when it compares responses in this project, one rule a line.\n"

_TIME = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?"
_MOMENT = re.compile(
    rf"\d{{4}}-\d{{2}}-\d{{2}}[T ]{_TIME}(?: ?(?:Z|UTC|GMT|[+-]\d{{2}}:?\d{{2}}))?"
    rf"|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{{0,6}},? \d{{1,2}}[ -][A-Z][a-z]{{2}}[ -]\d{{2,4}} "
    rf"{_TIME}(?: GMT| UTC| [+-]\d{{4}})?"
    rf"|\b\d{{2}}:\d{{2}}:\d{{2}}(?:[.,]\d{{1,9}})?\b"
)
_TIMED_NAME = re.compile(
    r"(?:\A|_|-)(?:at|date|time|timestamp|now|expires?|updated|created|modified|ts)\Z", re.I
)
_TOKEN_NAME = re.compile(r"csrf|xsrf|nonce|authenticity.?token", re.I)
# The value of a field or an attribute in HTML, whichever of name and value comes first.
_TOKEN_FIELDS = (
    re.compile(
        r"""(<(?:input|meta)\b(?=[^<>]{0,600}?\b(?:name|id)=["']?[\w.-]{0,40}?(?:csrf|xsrf|authenticity_token))"""
        r"""[^<>]{0,600}?\b(?:value|content)=["'])([^"'<>]{1,500})""",
        re.I,
    ),
    re.compile(r"""(\bnonce=["'])([^"'<>]{1,200})""", re.I),
)
_TOKENS = (
    # In a policy; and in the debugger's page, for each server process and each frame.
    re.compile(r"""('nonce-|\bSECRET = "|\bid="frame-)[^'"]{1,200}""", re.I),
    # In the repr of an object.
    re.compile(r"( at 0x)[0-9a-fA-F]{6,16}\b"),
)
# In Django's error page, for each frame.
DJANGOS_TRACEBACK = '<div id="traceback">'
_DJANGOS_IDS = re.compile(r"""(\bid="(?:c|v|pre|post)|'(?:pre|post)(?=\d))\d{9,20}\b""")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?\Z")
_INDEX = re.compile(r"\[\d+\]")


class Ignores:
    """The rules in force, each of them a line.

    They are `moments`, `tokens`, `header NAME`, `json PATH` and `line A…B`. In a path `[*]` stands
    for any index. `line A…B` are lines that begin with A and end with B.
    """

    def __init__(self, file: ProjectFile | None = None, rules: Iterable[str] = DEFAULTS) -> None:
        """`file` is where the project keeps them; without it nothing is kept."""
        self._file = file
        self.rules: list[str] = list(rules)
        self._kept: list[str] = []  # as the file has them
        self.complaint = ""
        """A sentence about what was wrong with the file, empty if nothing was."""
        if file is not None:
            self._read(file)
        self._index()

    def _read(self, file: ProjectFile) -> None:
        try:
            text = file.read()
        except StateFileError as error:
            self.complaint = f"Comparisons ignore only moments and tokens: {error}"
            return
        if text:
            self.rules = self._kept
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            where = f"{file.path}, line {number}"
            if line in self._kept:
                continue
            if len(self.rules) >= MAX_RULES:
                self.complaint = f"{where}: there are more than {MAX_RULES} rules."
                return
            if is_rule(line):
                self._kept.append(line)
            else:
                self.complaint = (
                    f"{where}: {line[:40]!r} is not a rule: write moments, tokens, header NAME, "
                    "json PATH or line BEGINNING…END."
                )

    def add(self, rule: str) -> None:
        """Ignore such changes from now on.

        Raises `ValueError` with a sentence if there are too many rules, and `StateFileError` if
        this could not be saved.
        """
        if rule in self.rules:
            return
        if len(self.rules) >= MAX_RULES:
            raise ValueError(f"There are {MAX_RULES} rules already: remove another one first.")
        self._change([*self.rules, rule])

    def remove(self, rule: str) -> None:
        """Show such changes again. Raises `StateFileError` if this could not be saved."""
        self._change([one for one in self.rules if one != rule])

    def _change(self, rules: Iterable[str]) -> None:
        self.rules = list(rules)
        self._index()
        if self._file is not None:
            text = self._file.read()
            changed = with_rules(text or _HEADING, self._kept if text else [], self.rules, _rule_of)
            if changed != text:
                self._file.write(changed)
            self._kept = self.rules

    def _index(self) -> None:
        values = [rule.partition(" ") for rule in self.rules]
        self._headers = {value.lower() for kind, _, value in values if kind == "header"}
        self._paths = {value for kind, _, value in values if kind == "json"}
        ends = [value.partition(GAP) for kind, _, value in values if kind == "line"]
        self._lines = [(begin, end) for begin, _, end in ends]

    def header(self, name: str) -> bool:
        """Whether a header is ignored; `name` is in lower case."""
        return name in self._headers or self._is_token(name)

    def json(self, path: str, name: str, before: object, after: object) -> bool:
        """Whether a changed value is ignored; `name` is the key that it belongs to."""
        if any_index(path) in self._paths:
            return True
        if self._is_token(name):
            return True
        if MOMENTS in self.rules and _is_time(name, before) and _is_time(name, after):
            return True
        texts = isinstance(before, str) and isinstance(after, str)
        return texts and self.text(str(before)) == self.text(str(after))

    def order(self, place: str) -> bool:
        """Whether the order of a list is ignored; `place` is its path and `order`."""
        return any_index(place) in self._paths

    def _is_token(self, name: str) -> bool:
        return TOKENS in self.rules and _TOKEN_NAME.search(name) is not None

    def changes(self, path: str, name: str, value: object) -> bool:
        """Whether a value would be ignored if it differed."""
        if any_index(path) in self._paths or self._is_token(name):
            return True
        if MOMENTS in self.rules and _is_time(name, value):
            return True
        return isinstance(value, str) and self.text(value) != value

    def as_compared(self, path: str, name: str, value: object) -> object:
        """Return something hashable that is equal for values whose difference is ignored."""
        if (self._paths and any_index(path) in self._paths) or self._is_token(name):
            return GAP
        if MOMENTS in self.rules and _is_time(name, value):
            return MOMENTS, GAP
        # For Python 1, 1.0 and true are equal, and a NaN is not equal to itself.
        return (str, self.text(value)) if isinstance(value, str) else (type(value), repr(value))

    def text(self, line: str) -> str:
        """Return a line with the ignored parts replaced."""
        for begin, end in self._lines:
            if line.startswith(begin) and line.endswith(end) and len(line) >= len(begin) + len(end):
                return begin + GAP + end
        if TOKENS in self.rules:
            for pattern in (*(_TOKEN_FIELDS if "<" in line else ()), *_TOKENS):
                line = pattern.sub(rf"\1{GAP}", line)
        return _MOMENT.sub(GAP, line) if MOMENTS in self.rules else line

    def lines(self, text: Sequence[str]) -> list[str]:
        """Return the lines of a text likewise; in Django's error page also without the ids."""
        if TOKENS in self.rules and any(DJANGOS_TRACEBACK in line for line in text):
            text = [_DJANGOS_IDS.sub(rf"\1{GAP}", line) for line in text]
        return [self.text(line) for line in text]


def _is_time(name: str, value: object) -> bool:
    """Whether a number under that key counts the seconds or milliseconds since 1970."""
    if isinstance(value, bool) or _TIMED_NAME.search(name) is None:
        return False
    if isinstance(value, str):
        return _NUMBER.match(value) is not None
    return isinstance(value, (int, float)) and value > 1e9


def is_rule(text: str) -> bool:
    """Whether a text is a rule."""
    if text in DEFAULTS:
        return True
    kind, _, value = text.partition(" ")
    if kind == "line":
        return GAP in value and len(value) > len(GAP)
    return kind in ("header", "json") and bool(value.strip())


def _rule_of(line: str) -> str:
    """Return the rule on a line of the file; empty if there is none."""
    return line if is_rule(line) else ""


def any_index(path: str) -> str:
    """Return a path for all members of its lists: `$.items[2].id` as `$.items[*].id`."""
    return _INDEX.sub("[*]", path)


def line_rule(before: str, after: str) -> str:
    """Return the rule that ignores what differs between two lines; empty if they share nothing."""
    begin = _common(before, after)
    end = _common(before[begin:][::-1], after[begin:][::-1])
    # A number or a word that changed in part is ignored as a whole.
    while begin and before[begin - 1].isalnum():
        begin -= 1
    while end and before[-end].isalnum():
        end -= 1
    first, last = before[:begin], before[len(before) - end :] if end else ""
    if GAP in first + last or not (first + last).strip() or len(first + last) > 2_000:
        return ""
    return f"line {first}{GAP}{last}"


def _common(one: str, other: str) -> int:
    """Return how many characters at the beginning are the same."""
    least = min(len(one), len(other))
    return next((at for at in range(least) if one[at] != other[at]), least)
