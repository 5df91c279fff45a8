"""Tell which placeholders of a statement stand for secrets.

This does not parse the statement. If the statement names a secret, a placeholder is shown only if
it clearly stands for something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from devtui.text.secrets import is_secret, is_value, words_of

# All repetitions here are bounded, because a statement can be of any length.
_WORD = re.compile(r"[A-Za-z_]\w{0,199}")
_ESCAPE = re.compile(r"\bescape\s{1,9}'\\'", re.IGNORECASE)
# With these it is not clear where a string ends: backslashes, dollars, comments of MySQL.
_UNCLEAR = re.compile(r"\\['\"`]|\$\w{0,60}\$|#[^\n]{0,300}['\"`]")
_QUOTED = re.compile(
    r"'[^']*(?:'|\Z)|--[^\n]*|/\*.*?(?:\*/|\Z)"
    r"|(?P<name>\"[^\"]*\"|`[^`]*`|\[[A-Za-z_][\w ]{0,200}\])",
    re.DOTALL,
)
_CAST = re.compile(r"::\s{0,9}\"?\w{1,99}\"?(?:\(\d[\d, ]{0,20}\))?")

_POSITIONAL = r"\?\d{0,5}|%[sbt](?!\w)|(?<![\w:$])[$:]\d{1,5}"
_NAMED = r"%\([^()]{1,200}\)[a-z]|(?<![\w:@$])[:@$][A-Za-z_]\w{0,199}"
_PLACE = rf"(?:{_POSITIONAL}|{_NAMED})"
_HAS_PLACE = re.compile(_POSITIONAL)
# `where users.name = ?`, and other ways to name the column that is compared or set.
_COLUMN = (
    r"(?:[(,]|\b(?:set|where|and|or|on|not|having|when|update)\b)\s{0,99}"
    r"(?:\"?\w{1,200}\"?\s?\.\s?){0,3}\"?(?P<column>\w{1,200})(?!\w)\"?\s{0,9}"
)
_LIKE = r"(?:not\s{1,9})?i?like(?:\s{1,9}binary)?\b"
_OPERATOR = rf"(?:<=>|==?|<>|!=|<=?|>=?|{_LIKE}|is\b(?:\s{{1,9}}not\b)?)\s{{0,9}}"
_RANGE = rf"(?:not\s{{1,9}})?between\s{{1,9}}(?P<range>{_PLACE}\s{{1,9}}and\s{{1,9}}{_PLACE})"
_LIST = (
    r"(?:(?:not\s{1,9})?in|=\s{0,9}any)\s{0,9}\(\s{0,9}"
    rf"(?P<list>{_PLACE}(?:\s{{0,9}},\s{{0,9}}{_PLACE})*)"
)
_PLACES = re.compile(
    rf"{_COLUMN}(?:{_OPERATOR}(?P<one>{_PLACE})|{_LIST}|{_RANGE})|(?P<alone>{_PLACE})",
    re.IGNORECASE,
)
# `upper(name) like upper(?)` compares the name too.
_FOLDED = re.compile(
    rf"\b(?:upper|lower)\(((?:\"?\w{{1,200}}\"?\.){{0,3}}\"?\w{{1,200}}\"?|{_PLACE})\)",
    re.IGNORECASE,
)
_TABLE = r"(?:\"?\w{1,200}\"?\s?\.\s?){0,3}\"?(?P<table>\w{1,200})\"?"
_FIRST_TABLE = re.compile(
    rf"\b(?:from|into|join|table|(?<!key\s)update)\s{{1,99}}{_TABLE}", re.IGNORECASE
)
_ALIAS = r"(?:\s{1,99}(?:as\s{1,99})?\w{1,99})?"
_NEXT_TABLE = re.compile(rf"{_ALIAS}\s{{0,99}},\s{{0,99}}{_TABLE}", re.IGNORECASE)
_IDENTIFIED = re.compile(r"\bidentified\s{1,99}(?:by|with)\b", re.IGNORECASE)
_EACH = re.compile(_PLACE)
_INSERT = re.compile(
    r"\s{0,99}(?:insert|replace)\b[^(]{1,300}\((?P<columns>[^()]{1,5000})\)"
    r"\s{0,99}values?\s{0,99}(?=\()",
    re.IGNORECASE,
)
_NO_COLUMNS = re.compile(
    r"\s{0,99}(?:insert|replace)\s[^()]{0,300}?(?P<table>\w{1,200})[\"`\]]?"
    r"(?:\s{1,99}as\s{1,99}\w{1,99})?\s{0,99}\bvalues?\s{0,99}\(",
    re.IGNORECASE,
)
_BRACKET = re.compile(r"[(),]")
_NEXT_ROW = re.compile(r"\s{0,99},\s{0,99}(?=\()")
_SELECT = re.compile(r"\bselect\b", re.IGNORECASE)

# Columns with these words hold anything: `update settings set value = ? where name = 'api_key'`.
_VAGUE = frozenset({"content", "data", "digest", "hash", "payload", "val", "value"})
# Tables with one of these as their last word have a column for a password, or may have.
_OF_PEOPLE = frozenset(
    {"account", "accounts", "login", "logins", "member", "members", "user", "users"}
)
# Columns with one of these as their last word hold no secret, even in a table of secrets.
_CLEAR = frozenset(
    {
        "at", "created", "date", "email", "expires", "id", "kind", "name", "on", "state", "status",
        "type", "updated", "username",
    }
)  # fmt: skip


class _Place(NamedTuple):
    """A placeholder as it is written, and whether it may stand for a secret.

    A value is a secret if the parameter of another placeholder is the name of one.
    """

    text: str
    is_secret: bool
    is_value: bool

    @property
    def key(self) -> str | int | None:
        """Its name or its number from 0, None if it has none."""
        if _style(self.text) == "named":
            return self.text[2:-2] if self.text[0] == "%" else self.text[1:]
        digits = self.text[1:]
        return int(digits) - 1 if digits.isdecimal() else None


class _Item(NamedTuple):
    """The place of an inserted value in the statement, and its column."""

    start: int
    end: int
    column: str


@lru_cache(maxsize=500)
def secret_places(statement: str) -> tuple[bool, ...] | bool:
    """Say which placeholders stand for secrets; one answer for all if that is not clear."""
    if not concerns(statement):
        return False
    text = _bare(statement)
    if text is None or any(_HAS_PLACE.search(one[0]) for one in _skipped(statement)):
        return True
    places = list(_places(text, statement))
    styles = {_style(place.text) for place in places}
    if len(styles) != 1 or "named" in styles:
        return True
    found: dict[Any, bool] = {}
    for number, place in enumerate(places):
        at = number if place.key is None else place.key
        found[at] = found.get(at, False) or place.is_secret
    return tuple(found.get(number, True) for number in range(min(max(found) + 1, len(statement))))


@lru_cache(maxsize=500)
def clear_names(statement: str) -> frozenset[str] | None:
    """Return the names of the placeholders that stand for no secret; None if all names do.

    They all do if the statement names no secret, or has no placeholders with names.
    """
    if not concerns(statement):
        return None
    text = _bare(statement)
    places = [
        place for place in _places(text or statement, statement) if _style(place.text) == "named"
    ]
    if text is None:
        return frozenset() if places else None
    if not places:
        return None if not any("%(" in one[0] for one in _skipped(statement)) else frozenset()
    secret = {str(place.key) for place in places if place.is_secret}
    return frozenset(str(place.key) for place in places) - secret


@lru_cache(maxsize=500)
def value_places(statement: str) -> frozenset[str | int]:
    """Return the names or numbers of the placeholders of values that other parameters may name."""
    if not any(is_value(word) for word in set(_WORD.findall(statement))):
        return frozenset()
    text = _bare(statement)
    return frozenset(
        number if place.key is None else place.key
        for number, place in enumerate(_places(text or "", statement))
        if place.is_value
    )


def _names_secret(statement: str) -> bool:
    if _IDENTIFIED.search(statement):
        return True
    filled = _NO_COLUMNS.match(statement)
    if filled is not None and not _OF_PEOPLE.isdisjoint(words_of(filled["table"])[-1:]):
        return True
    return any(is_secret(word) for word in set(_WORD.findall(statement)))


def _tables(text: str) -> Iterator[str]:
    found = _FIRST_TABLE.search(text)
    while found is not None:
        yield found["table"].lower()
        at = found.end()
        found = _NEXT_TABLE.match(text, at) or _FIRST_TABLE.search(text, at)


def _is_about_secrets(text: str, statement: str) -> bool:
    """Whether a table or a string of the statement is the name of a secret."""
    # Django's tables of users and groups begin with `auth_`.
    tables = {table.removeprefix("auth_") for table in _tables(text)}
    strings = {found[0] for found in _skipped(statement) if found[0][0] == "'"}
    return any(map(is_secret, tables | strings))


def concerns(statement: str) -> bool:
    """Whether the statement names a secret, or was cut and may have named one at its end."""
    return statement.endswith("…") or _names_secret(statement)


def _skipped(statement: str) -> Iterator[re.Match[str]]:
    """Yield the strings and the comments of a statement."""
    return (found for found in _QUOTED.finditer(statement) if found["name"] is None)


def _bare(statement: str) -> str | None:
    """Return the statement without strings, comments and casts; None if they cannot be told."""
    text = _ESCAPE.sub("", statement)
    if _UNCLEAR.search(text):
        return None
    bare = _CAST.sub("", _QUOTED.sub(_without, text)).replace("%%", " ")
    return _FOLDED.sub(r"\1", bare)


def _without(found: re.Match[str]) -> str:
    if found["name"] is None:
        return "''" if found[0].startswith("'") else " "
    return '"' + re.sub(r"\W", "_", found["name"][1:-1]) + '"'


def _style(place: str) -> str:
    if place[0] == "%":
        return "named" if place[1] == "(" else "format"
    if place == "?":
        return "qmark"
    return place[0] if place[1].isdecimal() else "named"


def _places(text: str, statement: str) -> Iterator[_Place]:
    names_secret = _names_secret(statement)
    strict = names_secret and _is_about_secrets(text, statement)
    items = _inserted(text)
    item = next(items, None)
    for found in _PLACES.finditer(text):
        at = found.end() - 1
        while item is not None and item.end <= at:
            item = next(items, None)
        column: str | None = found["column"]
        inserted = item if item is not None and item.start <= at else None
        secret = column is None or _may_be_secret(column, strict)
        value = column is not None and is_value(column)
        if inserted is not None:
            if column is None and not _SELECT.search(text, inserted.start, inserted.end):
                secret = False
            secret = secret or _may_be_secret(inserted.column, strict)
            value = value or is_value(inserted.column)
        for place in _EACH.findall(
            found["one"] or found["list"] or found["range"] or found["alone"]
        ):
            yield _Place(place, secret and names_secret, value)


def _may_be_secret(column: str, strict: bool) -> bool:
    name = column.strip(' \t\r\n"')
    if not name or is_secret(name):
        return True
    words = words_of(name)
    if not _CLEAR.isdisjoint(words[-1:]):
        return False
    return strict or not _VAGUE.isdisjoint(words)


def _inserted(text: str) -> Iterator[_Item]:
    """Yield the values of `insert` in order. The column is empty if it is unknown."""
    inserted = _INSERT.match(text)
    if inserted is None:
        return
    columns = inserted["columns"].split(",")
    start: int | None = inserted.end()
    while start is not None:
        depth, begins, items = 0, start + 1, []
        for bracket in _BRACKET.finditer(text, start):
            sign = bracket[0]
            depth += {"(": 1, ")": -1, ",": 0}[sign]
            if depth == 0 or (depth == 1 and sign == ","):
                items.append((begins, bracket.start()))
                begins = bracket.end()
                if depth == 0:
                    break
        named = columns if len(items) == len(columns) else [""] * len(items)
        yield from (_Item(*item, column) for item, column in zip(items, named, strict=True))
        another = _NEXT_ROW.match(text, begins)
        start = another.end() if another else None
