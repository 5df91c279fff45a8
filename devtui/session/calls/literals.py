"""Write values as SQL literals that a database's client reads."""

from __future__ import annotations

import math

import msgspec

from devtui.events import Call
from devtui.text.sanitize import pasteable

MYSQL = frozenset({"mariadb", "mysql"})
_SQL_SERVER = frozenset({"microsoft", "mssql"})
# These have no literals for true and false.
_NUMBERS_ONLY = _SQL_SERVER | {"oracle"}
WITHOUT_ARRAYS = _NUMBERS_ONLY | MYSQL | {"sqlite"}
_OF_LIBRARY = {
    "aiosqlite": "sqlite", "mysqlclient": "mysql", "mysqldb": "mysql", "psycopg": "postgresql",
    "psycopg2": "postgresql", "pymysql": "mysql", "sqlite3": "sqlite",
}  # fmt: skip
_ESCAPES_OF_MYSQL = str.maketrans(
    {"\\": "\\\\", "'": "''", "\0": "\\0", "\b": "\\b", "\r": "\\r", "\x1a": "\\Z"}
)

NOT_SIMPLE = "the parameters were cut, or are not simple values"
_BACKSLASH = "databases read the backslashes in the parameters differently"
_CONTINUES = "the database joins lines where the first ends with a backslash"
_NO_TEXT = "the parameters contain characters that no client accepts"


class NotSimple(Exception):
    """A statement that cannot be filled in; the text says why."""


class NoPlace(NotSimple):
    """A statement that has more or fewer placeholders than there are parameters."""


class Number(str):
    """Digits that are written as they are."""


class Quoted(msgspec.Struct, frozen=True):
    """A date, a time, a UUID or an address, in the form that databases read.

    `shift` is the UTC offset of a time, such as `+01:00`, and `type` its type in PostgreSQL.
    """

    text: str
    shift: str = ""
    type: str = ""


class Duration(msgspec.Struct, frozen=True):
    """How long something takes."""

    days: int
    seconds: int
    microseconds: int


class View(bytes):
    """Bytes of a memoryview, in whose place MySQL's drivers send its repr."""


class Json(msgspec.Struct, frozen=True):
    """A text that is JSON, for PostgreSQL's type `jsonb` if it `is_binary`."""

    text: str
    is_binary: bool


def database_of(call: Call) -> str:
    """Return the kind of database that executed the statement; empty if unknown."""
    known = call.database or _OF_LIBRARY.get(call.library.lower(), "")
    return known or ("mysql" if "`" in call.text else "")


def reads_percents(call: Call, database: str) -> bool:
    """Whether the library takes placeholders such as `%s`, also if it has no values for them."""
    if call.library == "sqlalchemy":
        return database == "postgresql" or database in MYSQL
    return call.library not in ("sqlite3", "aiosqlite")


def literal(value: object, database: str, *, is_list: bool) -> str:
    """Write a value in SQL. Raises `NotSimple` for what no client reads.

    With `is_list` sequences are lists and arrays of the database.
    """
    match value:
        case None:
            return "NULL"
        case bool():
            return str(int(value) if database in _NUMBERS_ONLY else value).upper()
        case Number() | int():
            return str(value)
        case float():
            return _float(value, database)
        case Quoted(text=text, shift=shift, type=type_):
            return _typed(f"'{text}'" if database in MYSQL else f"'{text}{shift}'", type_, database)
        case Duration():
            return _duration(value, database)
        case Json(text=text, is_binary=is_binary):
            return _typed(_text(text, database), "jsonb" if is_binary else "", database)
        case str():
            return _text(value, database)
        case View() if database in MYSQL:
            raise NotSimple(NOT_SIMPLE)
        case bytes():
            return _bytes(value, database)
        case list() if is_list and database == "postgresql" and all(it is None for it in value):
            return "'{" + ", ".join(["NULL"] * len(value)) + "}'"  # of any type
        case tuple() | list() if value and is_list:
            inner = ", ".join(literal(it, database, is_list=is_list) for it in value)
            if isinstance(value, tuple) or database in MYSQL:
                return f"({inner})"
            if database == "postgresql":
                return f"ARRAY[{inner}]"
    raise NotSimple(NOT_SIMPLE)


def _typed(shown: str, type_: str, database: str) -> str:
    """Tell PostgreSQL the type, as its drivers do: a text alone can be taken for another one."""
    return f"{shown}::{type_}" if type_ and database == "postgresql" else shown


def _float(value: float, database: str) -> str:
    if math.isfinite(value):
        return repr(value)
    if database == "postgresql":
        return f"'{value}'::float8"
    if database == "sqlite":
        return "NULL" if math.isnan(value) else f"{value}".replace("inf", "9e999")
    raise NotSimple(NOT_SIMPLE)


def _duration(value: Duration, database: str) -> str:
    part = f".{value.microseconds:06d}" if value.microseconds else ""
    if database == "postgresql":
        return f"'{value.days} days {value.seconds}{part} seconds'::interval"
    if database in MYSQL and value.days >= 0:
        minutes, seconds = divmod(value.days * 86_400 + value.seconds, 60)
        return f"'{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}{part}'"
    raise NotSimple(NOT_SIMPLE)


def _text(value: str, database: str) -> str:
    try:
        data = value.encode()
    except UnicodeEncodeError:
        raise NotSimple(_NO_TEXT) from None
    if "\\" in value and not database:
        raise NotSimple(_BACKSLASH)
    if database in MYSQL:
        escaped = value.translate(_ESCAPES_OF_MYSQL)
        return f"'{escaped}'" if _is_copied(escaped) else f"_utf8mb4 X'{data.hex()}'"
    if database in _SQL_SERVER and "\\\n" in value:
        raise NotSimple(_CONTINUES)
    if _is_copied(value):
        # Without the N a text can contain only the characters of the database's code page.
        national = "N" if database in _SQL_SERVER and not value.isascii() else ""
        return f"{national}'" + value.replace("'", "''") + "'"
    if database == "sqlite":
        return f"CAST(X'{data.hex()}' AS TEXT)"
    if database == "postgresql" and "\0" not in value:
        return "E'" + "".join(map(_escaped, value)) + "'"
    raise NotSimple(_NO_TEXT)


def _is_copied(text: str) -> bool:
    """Whether all characters survive copying and pasting."""
    return pasteable(f"{text}'") == f"{text}'"


def _escaped(character: str) -> str:
    if character in "\\'":
        return character * 2
    return character if _is_copied(character) else f"\\U{ord(character):08x}"


def _bytes(value: bytes, database: str) -> str:
    if database in MYSQL or database == "sqlite":
        return f"X'{value.hex()}'"
    if database == "postgresql":
        return f"'\\x{value.hex()}'::bytea"
    if database in _SQL_SERVER:
        return f"0x{value.hex()}"
    raise NotSimple(NOT_SIMPLE)
