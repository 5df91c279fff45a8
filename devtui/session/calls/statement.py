"""A statement with its parameters filled in, as a database's client accepts it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Literal, TypeAlias

from devtui.events import Call
from devtui.session.calls.literals import (
    WITHOUT_ARRAYS,
    NoPlace,
    NotSimple,
    database_of,
    literal,
    reads_percents,
)
from devtui.session.calls.recorded_values import Values, values_of

Style: TypeAlias = Literal["format", "pyformat", "qmark", "named", "numeric"]

# The tokens in which a placeholder does not count, by database; then the placeholders by style.
_QUOTED = (
    r"'(?:[^']|'')*(?:'|\Z)|\"(?:[^\"]|\"\")*(?:\"|\Z)|`[^`]*(?:`|\Z)"
    r"|--[^\n]*|/\*.*?(?:\*/|\Z)|::"
)
_QUOTED_IN_MYSQL = (
    r"'(?:[^'\\]|\\.|'')*(?:'|\Z)|\"(?:[^\"\\]|\\.|\"\")*(?:\"|\Z)|`[^`]*(?:`|\Z)"
    r"|--(?=\s)[^\n]*|#[^\n]*|/\*.*?(?:\*/|\Z)"
)
_QUOTED_IN_POSTGRESQL = (
    r"\b[eE]'(?:[^'\\]|\\.|'')*(?:'|\Z)"
    r"|\$(?P<tag>[A-Za-z_]\w{0,60}|)\$.*?(?:\$(?P=tag)\$|\Z)|" + _QUOTED
)
_QUOTED_WITH_BRACKETS = r"\[[^\]]*(?:\]|\Z)|" + _QUOTED
_PLACES: dict[Style, str] = {
    "format": r"%(?P<at>s|[bt](?!\w)|%)",
    "pyformat": r"%\((?P<at>[^()\s]{1,200})\)[sbt]|%(?P<percent>%)",
    "qmark": r"(?P<at>\?)(?!\d)",
    "named": r"[:@$](?P<at>[A-Za-z_]\w{0,200})",
    "numeric": r"[:$?](?P<at>\d{1,5})",
}

# The server process keeps this many characters of a statement; one that was cut ends with a mark.
_MAX_TEXT = 10_000


@cache
def _tokens(style: Style, database: str) -> re.Pattern[str]:
    match database:
        case "postgresql":
            quoted = _QUOTED_IN_POSTGRESQL
        case "mariadb" | "mysql":
            quoted = _QUOTED_IN_MYSQL
        case "microsoft" | "mssql" | "sqlite":
            quoted = _QUOTED_WITH_BRACKETS
        case _:
            quoted = _QUOTED
    return re.compile(f"(?P<quoted>{quoted})|{_PLACES[style]}", re.DOTALL)


def statement_of(call: Call) -> str:
    """Return the statement with its parameters, else the statement and a comment that says why."""
    text = call.text.strip()
    if call.kind != "sql":
        return text
    if call.library == "pymongo":  # a command; no SQL
        return f"{text} {call.parameters}".rstrip()
    if len(call.text) >= _MAX_TEXT and call.text.endswith("…"):
        return f"-- the statement was cut\n{text}"
    try:
        filled = _filled(call, text)
    except NotSimple as why:
        shown = " ".join(call.parameters.split())
        return f"{_ended(text)}\n-- {why}: {shown}"
    return filled


def _ended(text: str) -> str:
    if text.endswith(";"):
        return text
    in_comment = "--" in text.rpartition("\n")[2]
    return f"{text}\n;" if in_comment else f"{text};"


def _filled(call: Call, text: str) -> str:
    if not call.parameters:
        return _ended(text)
    found = values_of(call.parameters)
    database = database_of(call)
    if not found:
        return _ended(text.replace("%%", "%") if reads_percents(call, database) else text)
    try:
        return _ended(_with_values(text, found, database))
    except NotSimple as why:
        # Several sets of parameters, as `executemany` takes them?
        first = found[0] if isinstance(found, (list, tuple)) else None
        if not isinstance(first, (list, tuple, dict)):
            raise
        may_be_array = isinstance(first, list) and database not in WITHOUT_ARRAYS
        if may_be_array and not isinstance(why, NoPlace):
            raise
    filled = _ended(_with_values(text, first, database))
    if len(found) > 1:
        filled += f"\n-- sent with {len(found):,} sets of parameters; this is the first"
    return filled


def _style_of(text: str, values: Values, database: str) -> Style:
    """Return the style in which the statement has one placeholder for each value."""
    styles: tuple[Style, ...] = (
        ("pyformat", "named") if isinstance(values, Mapping) else ("format", "numeric", "qmark")
    )
    for style in styles:
        names = list(_names(text, style, database))
        if isinstance(values, Mapping):
            fits = bool(names) and all(name in values for name in names)
        elif style == "numeric":
            fits = bool(names) and max(map(int, names)) == len(values)
        else:
            fits = len(names) == len(values)
        if fits:
            return style
    raise NoPlace("devtui found no placeholders for the parameters")


def _names(text: str, style: Style, database: str) -> Iterator[str]:
    for found in _tokens(style, database).finditer(text):
        if found["quoted"] is None and found["at"] not in (None, "%"):
            yield found["at"]


def _with_values(text: str, values: Values, database: str) -> str:
    style = _style_of(text, values, database)
    is_list = style in ("format", "pyformat") or database == "postgresql"
    waiting = iter(values if not isinstance(values, Mapping) else ())

    def replaced(found: re.Match[str]) -> str:
        if found["quoted"] is not None:
            # Drivers of these styles read two percent signs as one, between quotes too.
            doubled = style in ("format", "pyformat")
            return found[0].replace("%%", "%") if doubled else found[0]
        at = found["at"]
        if at in (None, "%"):
            return "%"
        if isinstance(values, Mapping):
            value = values[at]
        else:
            value = values[int(at) - 1] if style == "numeric" else next(waiting)
        shown = literal(value, database, is_list=is_list)
        # `--1` is a comment, and `-2147483648::int` the negative of a number that is too large.
        beside = text[found.start() - 1 : found.start()] == "-" or text[found.end() :][:2] == "::"
        return f"({shown})" if beside and shown.startswith("-") else shown

    return _tokens(style, database).sub(replaced, text)
