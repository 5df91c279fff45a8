"""Record the statements of psycopg2, by replacing its classes like those of sqlite3."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from devtui.server.guest.unnoticed import leave_no_trace, unnoticed
from devtui.server.tracing.recorder import Args, Kwargs, plain_text
from devtui.server.tracing.wrapping import like, named_like, wrapped, wrapped_statement

_NAME = "psycopg2.extensions"


def hook(module: ModuleType) -> None:
    """Replace the classes in the C module, and in the modules that have their names already."""
    original: Any = module
    cursor = _traced_cursor(original.cursor)
    connection = _traced_connection(original.connection, cursor)
    connect = _traced_connect(original._connect, connection)
    replaced = {original.cursor: cursor, original.connection: connection}
    for name in ("psycopg2._psycopg", "psycopg2", _NAME):
        namespace = vars(sys.modules[name]) if name in sys.modules else {}
        for key, value in list(namespace.items()):
            if isinstance(value, type):
                namespace[key] = replaced.get(value, value)
            elif key == "_connect":
                namespace[key] = connect


def _traced_connect(original: Any, connection: type) -> Any:
    @unnoticed
    def connect(dsn: Any, connection_factory: Any = None, **kwargs: Any) -> Any:
        try:
            return original(dsn, connection_factory=connection_factory or connection, **kwargs)
        except BaseException as error:
            leave_no_trace(error)
            raise

    return like(original, connect)


def _traced_connection(original: Any, cursor_class: type) -> type:
    class connection(original):  # type: ignore[misc]
        __slots__ = ()

    plain = original.cursor

    @unnoticed
    def cursor(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            if len(args) < 2 and self.cursor_factory is None:
                kwargs["cursor_factory"] = kwargs.get("cursor_factory") or cursor_class
            return plain(self, *args, **kwargs)
        except BaseException as error:
            leave_no_trace(error)
            raise

    connection.cursor = like(plain, cursor)
    return named_like(original, connection, original.__module__)


def _traced_cursor(original: Any) -> type:
    class cursor(original):  # type: ignore[misc]
        __slots__ = ()

    execute = original.execute
    cursor.execute = wrapped_statement(execute, "psycopg2", _describe, _outcome, text_at=1)
    for name in ("executemany", "callproc"):
        traced = wrapped(getattr(original, name), "sql", "psycopg2", _describe, _outcome)
        setattr(cursor, name, traced)
    return named_like(original, cursor, original.__module__)


def _describe(args: Args, kwargs: Kwargs) -> tuple[str, Any]:
    query = args[1] if len(args) > 1 else kwargs.get("query", kwargs.get("procname"))
    parameters = args[2] if len(args) > 2 else kwargs.get("vars", kwargs.get("vars_list"))
    if query is not None and hasattr(query, "as_string"):  # psycopg2.sql
        query = query.as_string(args[0])
    return plain_text(query), parameters


def _outcome(args: Args, kwargs: Kwargs, result: Any) -> tuple[int | None, str]:
    return args[0].rowcount, ""
