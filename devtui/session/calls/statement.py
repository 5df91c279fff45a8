"""A statement with its parameters filled in, as a database's client accepts it."""

from __future__ import annotations

import ast
import datetime
import math
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

import msgspec

from devtui.events import Call
from devtui.text.secrets import MASK

MAX_PARAMETERS = 100_000
"""How many characters of parameters are read."""

Style: TypeAlias = Literal["format", "pyformat", "qmark", "named", "numeric"]

# What holds no placeholder, then the placeholders of each style.
_QUOTED = (
    r"'(?:[^']|'')*(?:'|\Z)|\"(?:[^\"]|\"\")*(?:\"|\Z)|`[^`]*(?:`|\Z)"
    r"|--[^\n]*|/\*.*?(?:\*/|\Z)|::"
)
_PLACES: dict[Style, str] = {
    "format": r"%(?P<at>s|%)",
    "pyformat": r"%\((?P<at>[^()\s]{1,200})\)s|%(?P<percent>%)",
    "qmark": r"(?P<at>\?)",
    "named": r"[:@$](?P<at>[A-Za-z_]\w{0,200})",
    "numeric": r"[:$?](?P<at>\d{1,5})",
}
_TOKENS = {
    style: re.compile(f"(?P<quoted>{_QUOTED})|{place}", re.DOTALL)
    for style, place in _PLACES.items()
}
_SHIFT = re.compile(
    r"tzinfo=datetime\.timezone\(datetime\.timedelta"
    r"\((?:days=(-1))?(?:, )?(?:seconds=(\d{1,5}))?\)\)"
)
_QUOTED_CONSTRUCTORS = {"date", "datetime", "time", "UUID"}
_MYSQL = ("pymysql", "mysqlclient", "mysqldb")


NOT_SIMPLE = "the parameters were cut, or are not simple values"

Values: TypeAlias = Sequence[object] | Mapping[str, object]


# The server process keeps so many characters of a statement, the last of which is then `…`.
_ALL_OF_A_STATEMENT = 10_000


class _NotSimple(Exception):
    """A statement that cannot be filled in; the text says why."""


class _Number(str):
    """Digits that are written as they are."""


class _Moment(msgspec.Struct, frozen=True):
    """A date or a time, in the form that databases read."""

    text: str


def statement_of(call: Call) -> str:
    """Return the statement with its parameters, else the statement and a comment that says why."""
    text = call.text.strip()
    if call.kind != "sql":
        return text
    if call.library == "pymongo":  # a command; no SQL
        return f"{text} {call.parameters}".rstrip()
    if len(call.text) >= _ALL_OF_A_STATEMENT and call.text.endswith("…"):
        return f"-- the statement was cut\n{text}"
    try:
        filled = _filled(call, text)
    except _NotSimple as why:
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
    found = _parameters(call.parameters)
    if not found:
        return _ended(text)
    try:
        return _ended(_with_values(text, found, call.library))
    except _NotSimple:
        # Several sets of parameters, as `executemany` takes them?
        first = found[0] if isinstance(found, (list, tuple)) else None
        if not isinstance(first, (list, tuple, dict)):
            raise
    filled = _ended(_with_values(text, first, call.library))
    if len(found) > 1:
        filled += f"\n-- sent with {len(found):,} sets of parameters; this is the first"
    return filled


def _parameters(text: str) -> Values:
    if MASK in text:
        raise _NotSimple("secrets in the parameters are masked")
    if len(text) > MAX_PARAMETERS:
        raise _NotSimple("the parameters are too long")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about escapes in a repr that the app made up
            found = _value(ast.parse(text, mode="eval").body)
    except (ValueError, TypeError, OverflowError, SyntaxError, RecursionError, MemoryError):
        raise _NotSimple(NOT_SIMPLE) from None
    if not isinstance(found, (list, tuple, dict)):
        raise _NotSimple(NOT_SIMPLE)
    return found


def _value(node: ast.expr) -> object:
    """Read a value of a repr. Raises `ValueError` for what is none, such as an ellipsis."""
    match node:
        case ast.Constant(value=value) if value is not Ellipsis:
            return value
        case ast.Tuple(elts=parts):
            return tuple(map(_value, parts))
        case ast.List(elts=parts):
            return list(map(_value, parts))
        case ast.Dict(keys=keys, values=values) if all(keys):
            return {_value(key): _value(one) for key, one in zip(keys, values, strict=True) if key}
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=(int() | float()) as value)):
            return -value
        case ast.Call(func=func, args=args, keywords=keywords):
            zones = [_zone(keyword) for keyword in keywords]
            name = ast.unparse(func).rpartition(".")[2]
            return _constructed(name, [_value(it) for it in args], zones)
    raise ValueError("no simple value")


def _zone(keyword: ast.keyword) -> datetime.tzinfo:
    """Read the time zone in the repr of a time; the usual ones are known."""
    shown = ast.unparse(keyword)
    if shown in ("tzinfo=datetime.timezone.utc", "tzinfo=zoneinfo.ZoneInfo(key='UTC')"):
        return datetime.timezone.utc
    shift = _SHIFT.fullmatch(shown)
    if shift is None:
        raise ValueError("no simple value")
    days, seconds = (int(number or 0) for number in shift.groups())
    return datetime.timezone(datetime.timedelta(days, seconds))


def _constructed(name: str, arguments: list[object], zones: list[datetime.tzinfo]) -> object:
    """Read what a repr such as `Decimal('1.5')` or `datetime.date(2026, 1, 2)` means."""
    if zones and name not in ("datetime", "time"):
        raise ValueError("no simple value")
    if name == "Decimal" and len(arguments) == 1:
        number = str(arguments[0])
        if re.fullmatch(r"-?\d+(?:\.\d+)?(?:E[+-]?\d+)?", number):
            return _Number(number)
    elif name == "UUID" and len(arguments) == 1:
        return _Moment(str(arguments[0]))
    elif name in _QUOTED_CONSTRUCTORS and all(type(it) is int for it in arguments):
        made = getattr(datetime, name)(*arguments, **({"tzinfo": zones[0]} if zones else {}))
        return _Moment(str(made))
    raise ValueError("no simple value")


def _style_of(text: str, values: Values) -> Style:
    """Return the style of the statement's placeholders: that which has one for each value."""
    styles: tuple[Style, ...] = (
        ("pyformat", "named") if isinstance(values, Mapping) else ("format", "numeric", "qmark")
    )
    for style in styles:
        names = list(_names(text, style))
        if isinstance(values, Mapping):
            fits = bool(names) and all(name in values for name in names)
        elif style == "numeric":
            fits = bool(names) and max(map(int, names)) == len(values)
        else:
            fits = len(names) == len(values)
        if fits:
            return style
    raise _NotSimple("devtui found no place for the parameters")


def _names(text: str, style: Style) -> Iterator[str]:
    for found in _TOKENS[style].finditer(text):
        if found["quoted"] is None and found["at"] not in (None, "%"):
            yield found["at"]


def _with_values(text: str, values: Values, library: str) -> str:
    style = _style_of(text, values)
    mysql = library.lower() in _MYSQL or "`" in text
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
        shown = _literal(value, style, library, mysql=mysql)
        after_minus = shown.startswith("-") and text[found.start() - 1 : found.start()] == "-"
        return f"({shown})" if after_minus else shown

    return _TOKENS[style].sub(replaced, text)


def _literal(value: object, style: Style, library: str, *, mysql: bool) -> str:
    """Write a value in SQL. Raises `_NotSimple` for what no client reads."""
    match value:
        case None:
            return "NULL"
        case bool():
            return "TRUE" if value else "FALSE"
        case _Number():
            return str(value)
        case int():
            return str(value)
        case float() if math.isfinite(value):
            return repr(value)
        case _Moment(text=text):
            return f"'{text}'"
        case str() if "\0" not in value:
            escaped = value.replace("\\", "\\\\") if mysql else value
            return "'" + escaped.replace("'", "''") + "'"
        case bytes() if mysql or style == "qmark":
            return f"X'{value.hex()}'"
        case bytes() if library.startswith("psycopg"):
            return f"'\\x{value.hex()}'"
        case tuple() | list() if value and style in ("format", "pyformat"):
            inner = ", ".join(_literal(it, style, library, mysql=mysql) for it in value)
            if isinstance(value, tuple) or mysql:
                return f"({inner})"
            if library.startswith("psycopg"):
                return f"ARRAY[{inner}]"
    raise _NotSimple(NOT_SIMPLE)
