"""Tell which placeholders of a statement stand for secrets."""

from __future__ import annotations

import re
from functools import lru_cache

from devtui.text.secrets import is_secret

_WORD = re.compile(r"[A-Za-z_]\w{0,199}")
# `name = ?`, and the other ways in which a statement names what a placeholder stands for. What may
# repeat is bounded, because a statement can be of any length.
_COLUMN = r"""(\w{1,200})["`\]]?\s{0,9}(?:=|<>|!=|<=?|>=?|\bi?like\b|\bin\s{0,9}\()\s{0,9}"""
_PLACE = re.compile(rf"(?:{_COLUMN})?(\?|%s|\$\d{{1,5}})", re.IGNORECASE)
_NAME = r"(?:[:@$]|%\()([A-Za-z_]\w{0,199})"
_NAMED = re.compile(_COLUMN + _NAME, re.IGNORECASE)
_INSERT = re.compile(
    r"\s{0,99}(?:insert|replace)\b[^(]{1,300}\(([^()]{1,5000})\)\s{0,99}values\s{0,99}\(([^()]{1,5000})\)",
    re.IGNORECASE,
)


@lru_cache(maxsize=500)
def secret_places(statement: str) -> tuple[bool, ...] | bool:
    """Say which placeholders stand for secrets; one answer for all if that is not clear.

    This does not parse the statement: it masks too much rather than too little.
    """
    if not any(is_secret(word) for word in set(_WORD.findall(statement))):
        return False
    if inserted := _INSERT.match(statement):
        columns, places = (group.split(",") for group in inserted.groups())
        if len(columns) == len(places):
            return tuple(
                is_secret(column)
                for column, place in zip(columns, places, strict=True)
                if _PLACE.search(place)
            )
        return True
    named = _PLACE.findall(statement)
    if named and all(name for name, _ in named) and not any(place[0] == "$" for _, place in named):
        return tuple(is_secret(name) for name, _ in named)
    return True


@lru_cache(maxsize=500)
def secret_names(statement: str) -> frozenset[str]:
    """Return the names of the placeholders that stand for secrets, as in `password = :new`."""
    if not any(is_secret(word) for word in set(_WORD.findall(statement))):
        return frozenset()
    named: list[tuple[str, str]] = _NAMED.findall(statement)
    if inserted := _INSERT.match(statement):
        columns, places = (group.split(",") for group in inserted.groups())
        for column, place in zip(columns, places, strict=False):
            named += [(column, name) for name in re.findall(_NAME, place)]
    return frozenset(name for column, name in named if is_secret(column))
