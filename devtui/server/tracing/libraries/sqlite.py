"""Record the statements of sqlite3, and of libraries that are built on it.

The classes are written in C and cannot be changed, and a `factory` would change the type of every
connection. So subclasses take the place of the classes in the C module, from which `sqlite3` and
`sqlite3.dbapi2` take all their names: `type(connection) is sqlite3.Connection` stays true.
"""

from __future__ import annotations

import operator
import sys
from types import FrameType, ModuleType
from typing import Any

from devtui.server.guest.clocks import clock
from devtui.server.guest.unnoticed import leave_no_trace, unnoticed, untraced
from devtui.server.tracing import recorder
from devtui.server.tracing.own_lines import reached
from devtui.server.tracing.parameters import MAX_MEMBERS, MAX_VALUE, NUMBERS, kept
from devtui.server.tracing.request_calls import MAX_AGAIN, RequestCalls, inside
from devtui.server.tracing.wrapping import like, named_like

_METHODS = ("execute", "executemany", "executescript")

_SEQUENCES = (tuple, list)

# Stands for an argument that was not given.
_NOTHING = object()

# The position of `factory` among the arguments of `connect`.
_FACTORY = 5

# Before 3.11 `Connection.execute` calls `cursor` and `execute`, which may be overridden.
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
        @unnoticed
        def connect(*args: Any, **kwargs: Any) -> Any:
            if len(args) <= _FACTORY:
                kwargs.setdefault("factory", connection)
            try:
                return original(*args, **kwargs)
            except BaseException as error:
                leave_no_trace(error)
                raise

        like(original, self)
        self.__self__, self.__text_signature__ = original.__self__, original.__text_signature__
        self._original, self._call = original, untraced(connect)

    # No method, which would be a line in tracebacks on Python 3.10.
    __call__ = property(operator.attrgetter("_call"))

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
            traced = _traced_method(original_cursor, name, plain, cursor_class)
            setattr(Connection, name, like(getattr(original, name), traced))
    return named_like(original, Connection, "sqlite3")


def _traced_cursor(original: Any) -> type:
    class Cursor(original):  # type: ignore[misc]
        __slots__ = ()

    for name in _METHODS:
        setattr(Cursor, name, like(getattr(original, name), _traced_method(original, name)))
    return named_like(original, Cursor, "sqlite3")


def _traced_method(
    cursor: Any, name: str, make_cursor: Any = None, cursor_class: Any = None
) -> Any:
    """Return a method that does the same as the cursor's method of that name, and records it.

    With `make_cursor` it is a method of a connection, which makes a cursor for each statement.
    """
    make = _traced_execute if name == "execute" else _traced
    return make(getattr(cursor, name), cursor, make_cursor, cursor_class)


def _traced(execute: Any, cursor: Any, make_cursor: Any, cursor_class: Any) -> Any:
    record = _recording(execute, cursor)

    @unnoticed
    def traced(self: Any, *args: Any) -> Any:
        try:
            if make_cursor is not None:
                self = make_cursor(self, cursor_class)
            return record(self, args)
        except BaseException as error:
            leave_no_trace(error)
            raise

    return traced


def _recording(execute: Any, cursor_class: Any) -> Any:
    """Return a function that records any statement."""
    # A subclass may compute the attributes.
    rows_of, columns_of = cursor_class.rowcount.__get__, cursor_class.description.__get__
    now, current = clock.perf_counter, recorder.current
    text_of, error_text = recorder.plain_text, recorder.error_text

    @unnoticed
    def record(cursor: Any, args: tuple[Any, ...]) -> Any:
        calls = current() if args else None
        if calls is None:
            return execute(cursor, *args)
        if calls.is_full:
            return _counted(calls, execute, cursor, args)
        sql = args[0]
        given: Any = args[1] if len(args) > 1 else None
        text = sql if type(sql) is str else text_of(sql)
        record = calls.keep("sql", "sqlite3", text, given)
        record.start = now()
        try:
            result = execute(cursor, *args)
        except BaseException as error:
            record.end = now()
            record.error = error_text(error)
            raise
        record.end = now()
        rows = rows_of(result)
        # What returns rows is counted when the last of them has been fetched.
        if rows > 0 or (rows == 0 and columns_of(result) is None):
            record.rows = rows
        if type(given) in _SEQUENCES and len(given) <= MAX_MEMBERS:
            calls.know(record, 1)
        return result

    return record


def _traced_execute(execute: Any, cursor: Any, make_cursor: Any, cursor_class: Any) -> Any:
    """Return a method that does the same as `_traced`, but is quick for a repeated statement.

    Hundreds of statements may come from one line, and take a few microseconds each. For a known one
    little is done but to read the clock.
    """
    now, numbers, error_text = clock.perf_counter, NUMBERS, recorder.error_text
    inside_of, frame_at = inside.get, sys._getframe
    record, rows_of = _recording(execute, cursor), cursor.rowcount.__get__

    @unnoticed
    def traced(self: Any, sql: Any = _NOTHING, given: Any = _NOTHING, /, *more: Any) -> Any:
        try:
            if make_cursor is not None:
                self = make_cursor(self, cursor_class)
            calls: Any = inside_of()
            known = calls.known.get(sql) if type(sql) is str and not more else None
            if known is None or len(calls.again) >= MAX_AGAIN:
                if calls.is_open and given is not _NOTHING and not more:
                    return execute(self, sql, given)
                return record(self, _args(sql, given, more))
            between, code, instruction, has_rows, statement = known
            try:
                frame: FrameType | None = frame_at(1)
            except ValueError:  # it was called by no frame
                return record(self, _args(sql, given, more))
            if between:
                frame = reached(frame, between)
            if frame is None or frame.f_lasti != instruction or frame.f_code is not code:
                return record(self, _args(sql, given, more))
            parameters: Any = given
            if type(given) is not tuple:
                if type(given) is not list:
                    return record(self, _args(sql, given, more))
                parameters = given[:]
            for member in parameters:
                kind = type(member)
                if (
                    kind is not int
                    and kind not in numbers
                    and (kind is not str or len(member) > MAX_VALUE)
                ):
                    return record(self, _args(sql, given, more))
            start = now()
            try:
                result = execute(self, sql, given)
            except BaseException as error:
                calls.keep_failed(statement, kept(parameters), start, now(), error_text(error))
                raise
            end = now()
            rows = rows_of(result) if has_rows else -1
            calls.again.extend((statement, parameters, start, end, rows))
            return result
        except BaseException as error:
            leave_no_trace(error)
            raise

    return traced


def _args(sql: Any, given: Any, more: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(one for one in (sql, given, *more) if one is not _NOTHING)


@unnoticed
def _counted(calls: RequestCalls, execute: Any, cursor: Any, args: tuple[Any, ...]) -> Any:
    start = clock.perf_counter()
    try:
        return execute(cursor, *args)
    finally:
        calls.count("sql", clock.perf_counter() - start)
