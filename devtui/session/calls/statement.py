"""A statement with its parameters filled in, as a database's client accepts it."""

from __future__ import annotations

import ast
import datetime
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Literal, TypeAlias

from devtui.events import Call
from devtui.session.calls.literals import (
    MYSQL,
    NOT_SIMPLE,
    WITHOUT_ARRAYS,
    Moment,
    NoPlace,
    NotSimple,
    Number,
    database_of,
    literal,
)
from devtui.text.secrets import MASK

MAX_PARAMETERS = 100_000
"""How many characters of parameters are read."""

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
_PLACES: dict[Style, str] = {
    "format": r"%(?P<at>s|%)",
    "pyformat": r"%\((?P<at>[^()\s]{1,200})\)s|%(?P<percent>%)",
    "qmark": r"(?P<at>\?)",
    "named": r"[:@$](?P<at>[A-Za-z_]\w{0,200})",
    "numeric": r"[:$?](?P<at>\d{1,5})",
}
_SHIFT = re.compile(
    r"tzinfo=datetime\.timezone\(datetime\.timedelta"
    r"\((?:days=(-1))?(?:, )?(?:seconds=(\d{1,5}))?\)\)"
)
_QUOTED_CONSTRUCTORS = {"date", "datetime", "time", "UUID"}

# The server process keeps this many characters of a statement; one that was cut ends with a mark.
_MAX_TEXT = 10_000

Values: TypeAlias = Sequence[object] | Mapping[str, object]


@cache
def _tokens(style: Style, database: str) -> re.Pattern[str]:
    quoted = _QUOTED_IN_POSTGRESQL if database == "postgresql" else _QUOTED
    if database in MYSQL:
        quoted = _QUOTED_IN_MYSQL
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
    found = _parameters(call.parameters)
    if not found:
        return _ended(text)
    database = database_of(call)
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


def _parameters(text: str) -> Values:
    if MASK in text:
        raise NotSimple("secrets in the parameters are masked")
    if len(text) > MAX_PARAMETERS:
        raise NotSimple("the parameters are too long")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about escapes in a repr that the app made up
            found = _value(ast.parse(text, mode="eval").body)
    except (ValueError, TypeError, OverflowError, SyntaxError, RecursionError, MemoryError):
        raise NotSimple(NOT_SIMPLE) from None
    if not isinstance(found, (list, tuple, dict)):
        raise NotSimple(NOT_SIMPLE)
    return found


def _value(node: ast.expr) -> object:
    """Read a value from a repr. Raises `ValueError` for anything else, such as an ellipsis."""
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
    """Read the time zone in the repr of a time. Only the usual ones are known."""
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
            return Number(number)
    elif name == "UUID" and len(arguments) == 1:
        return Moment(str(arguments[0]))
    elif name in _QUOTED_CONSTRUCTORS and all(type(it) is int for it in arguments):
        made = str(getattr(datetime, name)(*arguments))
        if not zones:
            return Moment(made)
        with_shift = str(getattr(datetime, name)(*arguments, tzinfo=zones[0]))
        return Moment(made, with_shift.removeprefix(made))
    raise ValueError("no simple value")


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
        shown = literal(value, database, is_list=style in ("format", "pyformat"))
        after_minus = shown.startswith("-") and text[found.start() - 1 : found.start()] == "-"
        return f"({shown})" if after_minus else shown

    return _tokens(style, database).sub(replaced, text)
