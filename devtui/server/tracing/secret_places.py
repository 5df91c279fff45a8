"""Tell which placeholders of a statement stand for secrets.

This does not parse the statement: where it names a secret, a placeholder is shown only if it is
clear that it stands for something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from devtui.text.secrets import is_secret

# What may repeat is bounded in all of these, because a statement can be of any length.
_WORD = re.compile(r"[A-Za-z_]\w{0,199}")
_ESCAPE = re.compile(r"\bescape\s{1,9}'\\'", re.IGNORECASE)
# Where a string ends is not clear: there may be backslashes, dollars or comments of MySQL's.
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
# `where users.name = ?`, and the other ways in which a statement names what it compares or sets.
_COLUMN = (
    r"(?:[(,]|\b(?:set|where|and|or|on|not|having|when|update)\b)\s{0,99}"
    r"(?:\"?\w{1,200}\"?\s?\.\s?){0,3}\"?(?P<column>\w{1,200})(?!\w)\"?\s{0,9}"
)
_OPERATOR = r"(?:<=>|==?|<>|!=|<=?|>=?|(?:not\s{1,9})?i?like\b|is\b(?:\s{1,9}not\b)?)\s{0,9}"
_LIST = (
    r"(?:(?:not\s{1,9})?in|=\s{0,9}any)\s{0,9}\(\s{0,9}"
    rf"(?P<list>{_PLACE}(?:\s{{0,9}},\s{{0,9}}{_PLACE})*)"
)
_PLACES = re.compile(
    rf"{_COLUMN}(?:{_OPERATOR}(?P<one>{_PLACE})|{_LIST})|(?P<alone>{_PLACE})", re.IGNORECASE
)
_EACH = re.compile(_PLACE)
_INSERT = re.compile(
    r"\s{0,99}(?:insert|replace)\b[^(]{1,300}\((?P<columns>[^()]{1,5000})\)"
    r"\s{0,99}values?\s{0,99}(?=\()",
    re.IGNORECASE,
)
_BRACKET = re.compile(r"[(),]")
_NEXT_ROW = re.compile(r"\s{0,99},\s{0,99}(?=\()")
_SELECT = re.compile(r"\bselect\b", re.IGNORECASE)

# Columns of these names hold anything: `insert into settings (name, value) values ('api_key', ?)`.
_VAGUE = frozenset({"content", "data", "digest", "hash", "val", "value"})


class _Place(NamedTuple):
    """A placeholder as it is written, and whether it may stand for a secret."""

    text: str
    is_secret: bool


class _Item(NamedTuple):
    """Where a value of `insert` is in the statement, and the column that it is for."""

    start: int
    end: int
    column: str


@lru_cache(maxsize=500)
def secret_places(statement: str) -> tuple[bool, ...] | bool:
    """Say which placeholders stand for secrets; one answer for all if that is not clear."""
    if not _concerns(statement):
        return False
    text = _bare(statement)
    if text is None or any(_HAS_PLACE.search(one[0]) for one in _skipped(statement)):
        return True
    places = list(_places(text, names_secret=_names_secret(statement)))
    styles = {_style(place.text) for place in places}
    if len(styles) != 1 or "named" in styles:
        return True
    found: dict[int, bool] = {}
    for number, place in enumerate(places):
        digits = place.text[1:]
        at = int(digits) - 1 if digits.isdecimal() else number
        found[at] = found.get(at, False) or place.is_secret
    return tuple(found.get(number, True) for number in range(min(max(found) + 1, len(statement))))


@lru_cache(maxsize=500)
def clear_names(statement: str) -> frozenset[str] | None:
    """Return the names of the placeholders that stand for no secrets; None if all names are clear.

    That is so if the statement names no secret, or has no placeholders with names.
    """
    if not _concerns(statement):
        return None
    text = _bare(statement)
    places = [
        place
        for place in _places(text or statement, names_secret=_names_secret(statement))
        if _style(place.text) == "named"
    ]
    if text is None:
        return frozenset() if places else None
    if not places:
        return None if not any("%(" in one[0] for one in _skipped(statement)) else frozenset()
    secret = {_name(place.text) for place in places if place.is_secret}
    return frozenset(_name(place.text) for place in places) - secret


def _names_secret(statement: str) -> bool:
    return any(is_secret(word) for word in set(_WORD.findall(statement)))


def _concerns(statement: str) -> bool:
    """Whether the statement names a secret, or was cut and may have named one at its end."""
    return statement.endswith("…") or _names_secret(statement)


def _skipped(statement: str) -> Iterator[re.Match[str]]:
    """Yield the strings and the comments of a statement."""
    return (found for found in _QUOTED.finditer(statement) if found["name"] is None)


def _bare(statement: str) -> str | None:
    """Return the statement without strings, comments and casts; None if it is not clear where."""
    text = _ESCAPE.sub("", statement)
    if _UNCLEAR.search(text):
        return None
    return _CAST.sub("", _QUOTED.sub(_without, text)).replace("%%", " ")


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


def _name(place: str) -> str:
    return place[2:-2] if place[0] == "%" else place[1:]


def _places(text: str, *, names_secret: bool) -> Iterator[_Place]:
    items = _inserted(text)
    item = next(items, None)
    for found in _PLACES.finditer(text):
        at = found.end() - 1
        while item is not None and item.end <= at:
            item = next(items, None)
        column: str | None = found["column"]
        inserted = item if item is not None and item.start <= at else None
        secret = column is None or _may_be_secret(column)
        if inserted is not None:
            if column is None and not _SELECT.search(text, inserted.start, inserted.end):
                secret = False
            secret = secret or _may_be_secret(inserted.column)
        for place in _EACH.findall(found["one"] or found["list"] or found["alone"]):
            yield _Place(place, secret and names_secret)


def _may_be_secret(column: str) -> bool:
    name = column.strip(' \t\r\n"')
    return not name or name.lower() in _VAGUE or is_secret(name)


def _inserted(text: str) -> Iterator[_Item]:
    """Yield the values of `insert` in their order; those of no known column have an empty one."""
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
