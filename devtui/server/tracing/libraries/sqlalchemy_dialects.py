"""Record the statements of all of SQLAlchemy's engines.

It would be simpler to listen to the events of the class `Engine`. But once there is a listener,
SQLAlchemy takes a tenth longer for every statement. So wrap the methods by which a dialect executes
statements, for each dialect class when its first engine is made.
"""

from __future__ import annotations

import functools
import importlib
import inspect
from types import ModuleType
from typing import Any

from devtui.server.guest.unnoticed import unnoticed
from devtui.server.tracing.recorder import Args, Kwargs, plain_text
from devtui.server.tracing.wrapping import wrap, wrap_statements

_METHODS = ("do_execute", "do_executemany", "do_execute_no_params")

# Packages whose cursors know the number of rows. SQLAlchemy reads it only if it needs it, because
# others may ask the server, or compute it.
_HAS_ROWS = frozenset(
    {"MySQLdb", "mariadb", "mysql", "oracledb", "psycopg", "psycopg2", "pymysql", "pyodbc"}
    | {"sqlalchemy", "sqlite3"}
)
# Those that count the rows of `RETURNING` when the last of them is fetched.
_COUNT_LATER = frozenset({"oracledb", "sqlite3"})

_known: set[type] = set()


def hook(module: ModuleType) -> None:
    """Wrap the construction of a dialect."""
    dialect: Any = importlib.import_module("sqlalchemy.engine.default").DefaultDialect
    original = dialect.__new__

    # Not `__init__`: create_engine reads the names of its arguments to know which are its own.
    @unnoticed
    def new(cls: type, *args: Any, **kwargs: Any) -> Any:
        for owner in cls.__mro__[:-1]:
            _wrap_once(owner)
        return original(cls) if original is object.__new__ else original(cls, *args, **kwargs)

    functools.update_wrapper(new, original)
    if original is object.__new__:  # the class has the signature of `__init__`
        new.__module__, new.__qualname__ = dialect.__module__, f"{dialect.__qualname__}.__new__"
        new.__annotations__, new.__wrapped__ = {}, dialect.__init__  # type: ignore[attr-defined]
    dialect.__new__ = staticmethod(new)


def _wrap_once(owner: type) -> None:
    if owner in _known:
        return
    _known.add(owner)
    for name in _METHODS:
        if inspect.isfunction(vars(owner).get(name)):
            if name == "do_execute":
                wrap_statements(owner, name, "sqlalchemy", _describe, _outcome, text_at=2)
            else:
                describe = _describe_alone if name == "do_execute_no_params" else _describe
                wrap(owner, name, "sql", "sqlalchemy", describe, _outcome)


def _describe(args: Args, kwargs: Kwargs) -> tuple[str, Any, str]:
    return plain_text(args[2]), args[3], args[0].name


def _describe_alone(args: Args, kwargs: Kwargs) -> tuple[str, Any, str]:
    return plain_text(args[2]), None, args[0].name


def _outcome(args: Args, kwargs: Kwargs, result: Any) -> tuple[int | None, str]:
    cursor = args[1]
    package = type(cursor).__module__.partition(".")[0]
    rows = cursor.rowcount if package in _HAS_ROWS else None
    if rows == 0 and package in _COUNT_LATER and cursor.description is not None:
        return None, ""
    return rows, ""
