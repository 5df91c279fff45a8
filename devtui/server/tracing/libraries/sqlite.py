"""Record the statements of sqlite3, and of what is built on it.

The classes are written in C and cannot be changed, and a `factory` would change the type of every
connection. So subclasses take the place of the classes in the C module, from which `sqlite3` and
`sqlite3.dbapi2` take all their names: `type(connection) is sqlite3.Connection` stays true.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from devtui.server.guest.clocks import clock
from devtui.server.guest.unnoticed import leave_no_trace, unnoticed
from devtui.server.output.request_context import request_id
from devtui.server.tracing import recorder
from devtui.server.tracing.request_calls import MAX_CALLS, RequestCalls
from devtui.server.tracing.wrapping import like

_METHODS = ("execute", "executemany", "executescript")

# The position of `factory` among the arguments of `connect`.
_FACTORY = 5

# Before, `Connection.execute` calls the methods `cursor` and `execute`, which may be overridden.
_MAKES_CURSORS = sys.version_info >= (3, 11)


def hook(module: ModuleType) -> None:
    """Replace the classes in the C module, and in the modules that have their names already."""
    original: Any = module
    cursor = _traced_cursor(original.Cursor)
    connection = _traced_connection(original.Connection, original.Cursor, cursor)
    replaced = {
        original.Cursor: cursor,
        original.Connection: connection,
        original.connect: _TracedConnect(original.connect, connection),
    }
    for name in ("_sqlite3", "sqlite3.dbapi2", "sqlite3"):
        namespace = vars(sys.modules[name]) if name in sys.modules else {}
        for key, value in list(namespace.items()):
            if isinstance(value, type) or key == "connect":
                namespace[key] = replaced.get(value, value)


class _TracedConnect:
    """Stand for `connect`, which is written in C: as a class's attribute it becomes no method."""

    def __init__(self, original: Any, connection: type) -> None:
        like(original, self)
        self._original, self._connection = original, connection

    @unnoticed
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if len(args) <= _FACTORY:
            kwargs.setdefault("factory", self._connection)
        try:
            return self._original(*args, **kwargs)
        except BaseException as error:
            leave_no_trace(error)
            raise

    def __repr__(self) -> str:
        return repr(self._original)

    def __reduce__(self) -> str:
        name: str = self._original.__name__
        return name


def _traced_connection(original: Any, original_cursor: Any, cursor_class: type) -> type:
    class Connection(original):  # type: ignore[misc]
        __slots__ = ()

    plain = original.cursor

    @unnoticed
    def cursor(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            if args or kwargs:
                return plain(self, *args, **kwargs)
            return plain(self, cursor_class)
        except BaseException as error:
            leave_no_trace(error)
            raise

    Connection.cursor = like(plain, cursor)
    if _MAKES_CURSORS:
        for name in _METHODS:
            traced = _traced(getattr(original_cursor, name), plain, cursor_class)
            setattr(Connection, name, like(getattr(original, name), traced))
    return _named_like(original, Connection)


def _traced_cursor(original: Any) -> type:
    class Cursor(original):  # type: ignore[misc]
        __slots__ = ()

    for name in _METHODS:
        method = getattr(original, name)
        setattr(Cursor, name, like(method, _traced(method)))
    return _named_like(original, Cursor)


def _named_like(original: type, subclass: type) -> type:
    subclass.__module__ = "sqlite3"
    subclass.__name__, subclass.__qualname__ = original.__name__, original.__qualname__
    subclass.__doc__ = original.__doc__
    return subclass


def _traced(execute: Any, make_cursor: Any = None, cursor_class: Any = None) -> Any:
    """Return a method that records what the cursor's `execute` does; it is written for speed.

    With `make_cursor` it is a connection's, which makes a cursor for each statement.
    """
    now, running, current = clock.perf_counter, recorder.running, recorder.current
    request_of, inside = request_id.get, recorder.inside.get
    text_of, error_text = recorder.plain_text, recorder.error_text

    @unnoticed
    def traced(self: Any, *args: Any) -> Any:
        try:
            if make_cursor is not None:
                self = make_cursor(self, cursor_class)
            if not running or not args:
                return execute(self, *args)
            calls = running.get(request_of())
            if calls is None or inside() is not None:
                calls = current()
                if calls is None:
                    return execute(self, *args)
            if len(calls.kept) >= MAX_CALLS:
                return _counted(calls, execute, self, args)
            sql = args[0]
            given = args[1] if len(args) > 1 else None
            text = sql if type(sql) is str else text_of(sql)
            record = calls.keep("sql", "sqlite3", text, given)
            record.start = now()
            try:
                result = execute(self, *args)
            except BaseException as error:
                record.end = now()
                record.error = error_text(error)
                raise
            record.end = now()
            rows = result.rowcount
            if rows >= 0:
                record.rows = rows
            return result
        except BaseException as error:
            leave_no_trace(error)
            raise

    return traced


@unnoticed
def _counted(calls: RequestCalls, execute: Any, cursor: Any, args: tuple[Any, ...]) -> Any:
    start = clock.perf_counter()
    try:
        return execute(cursor, *args)
    finally:
        calls.count("sql", clock.perf_counter() - start)
