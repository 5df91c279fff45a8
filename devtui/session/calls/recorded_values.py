"""Read the values in the text of a call's parameters, which is a repr."""

from __future__ import annotations

import ast
import datetime
import ipaddress
import json
import re
import warnings
import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from devtui.session.calls.literals import (
    NOT_SIMPLE,
    Duration,
    Json,
    NotSimple,
    Number,
    Quoted,
    View,
)
from devtui.text.secrets import MASK

MAX_PARAMETERS = 100_000
"""How many characters of parameters are read."""

Values: TypeAlias = Sequence[object] | Mapping[str, object]

_SHIFT = re.compile(
    r"tzinfo=datetime\.timezone\(datetime\.timedelta"
    r"\((?:days=(-1))?(?:, )?(?:seconds=(\d{1,5}))?\)\)"
)
_ZONE = re.compile(r"tzinfo=zoneinfo\.ZoneInfo\(key='([^']{1,100})'\)")

# Names that stand for a number in a repr.
_NUMBERS = {"inf": float("inf"), "nan": float("nan")}


def values_of(text: str) -> Values:
    """Return the parameters of a call. Raises `NotSimple` if they are not all shown completely."""
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
        case ast.Name(id=name) if name in _NUMBERS:
            return _NUMBERS[name]
        case ast.Tuple(elts=parts):
            return tuple(map(_value, parts))
        case ast.List(elts=parts):
            return list(map(_value, parts))
        case ast.Dict(keys=keys, values=values) if all(keys):
            return {_value(key): _value(one) for key, one in zip(keys, values, strict=True) if key}
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            number = _value(operand)
            if isinstance(number, (int, float)):
                return -number
        case ast.Call(func=func, args=args, keywords=keywords):
            called = ast.unparse(func).rpartition(".")[2]
            return _constructed(called, [_value(it) for it in args], keywords)
    raise ValueError("no simple value")


def _constructed(name: str, arguments: list[object], keywords: list[ast.keyword]) -> object:
    """Read what a repr such as `Decimal('1.5')` or `datetime.date(2026, 1, 2)` means."""
    match name, arguments:
        case (("date" | "datetime" | "time"), _) if all(type(it) is int for it in arguments):
            return _moment(getattr(datetime, name), arguments, keywords)
        case "timedelta", []:
            delta = datetime.timedelta(**{str(it.arg): _number(it.value) for it in keywords})
            return Duration(delta.days, delta.seconds, delta.microseconds)
        case "timedelta", [0]:
            return Duration(0, 0, 0)
    if keywords or len(arguments) != 1:
        raise ValueError("no simple value")
    (only,) = arguments
    text = str(only)
    match name:
        case "Binary" if isinstance(only, (bytes, str)):
            return only
        case "memoryview" if isinstance(only, bytes):
            return View(only)
        case "Decimal" if re.fullmatch(r"-?\d+(?:\.\d+)?(?:E[+-]?\d+)?", text):
            return Number(text)
        case "UUID":
            return Quoted(text, type="uuid")
        case "IPv4Address" | "IPv6Address":
            return Quoted(str(ipaddress.ip_address(text)), type="inet")
        case "Json" | "Jsonb":
            return Json(json.dumps(only, allow_nan=False), is_binary=name == "Jsonb")
    raise ValueError("no simple value")


def _number(node: ast.expr) -> int:
    number = _value(node)
    if type(number) is not int:
        raise ValueError("no simple value")
    return number


def _moment(
    kind: Callable[..., object], arguments: list[object], keywords: list[ast.keyword]
) -> Quoted:
    """Return a date or a time, and what it is called in PostgreSQL."""
    fold = {"fold": 1} if any(ast.unparse(it) == "fold=1" for it in keywords) else {}
    zones = [_zone(it) for it in keywords if it.arg != "fold"]
    made = str(kind(*arguments, **fold))
    name = "timestamp" if kind is datetime.datetime else kind.__name__
    if not zones:
        return Quoted(made, type=name)
    with_shift = str(kind(*arguments, **fold, tzinfo=zones[0]))
    shift = with_shift.removeprefix(made)
    return Quoted(made, shift, f"{name}tz" if shift else name)


def _zone(keyword: ast.keyword) -> datetime.tzinfo:
    """Read the time zone in the repr of a time. Only the usual ones are known."""
    shown = ast.unparse(keyword)
    if shown == "tzinfo=datetime.timezone.utc":
        return datetime.timezone.utc
    if (named := _ZONE.fullmatch(shown)) is not None:
        return _zone_of(named[1])
    shift = _SHIFT.fullmatch(shown)
    if shift is None:
        raise ValueError("no simple value")
    days, seconds = (int(number or 0) for number in shift.groups())
    return datetime.timezone(datetime.timedelta(days, seconds))


def _zone_of(name: str) -> datetime.tzinfo:
    if name == "UTC":  # also where no time zones are installed
        return datetime.timezone.utc
    try:
        return zoneinfo.ZoneInfo(name)
    except (OSError, zoneinfo.ZoneInfoNotFoundError):
        raise ValueError("a time zone that this machine does not know") from None
