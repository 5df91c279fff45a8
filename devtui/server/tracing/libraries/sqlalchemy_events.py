"""Record the statements of all of SQLAlchemy's engines, by the events of the class `Engine`."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

from devtui.server.tracing import recorder
from devtui.server.tracing.recorder import Args, Kwargs


def hook(module: ModuleType) -> None:
    """Listen to the events of every engine that there is or will be."""
    event: Any = importlib.import_module("sqlalchemy.event")
    engine: Any = importlib.import_module("sqlalchemy.engine").Engine
    event.listen(engine, "before_cursor_execute", _before)
    event.listen(engine, "after_cursor_execute", _after)
    event.listen(engine, "handle_error", _failed)


def _before(
    connection: Any, cursor: Any, statement: Any, parameters: Any, context: Any, executemany: bool
) -> None:
    # The context is the call's owner: another listener may raise, and then no event follows.
    call = recorder.begin("sql", "sqlalchemy", _describe, (statement, parameters), owner=context)
    if call is not None:
        call.cover()


def _after(
    connection: Any, cursor: Any, statement: Any, parameters: Any, context: Any, executemany: bool
) -> None:
    if (call := recorder.innermost(context)) is not None:
        call.end(rows=getattr(cursor, "rowcount", None))


def _failed(failure: Any) -> None:
    context = failure.execution_context
    if context is not None and (call := recorder.innermost(context)) is not None:
        call.fail(failure.original_exception)


def _describe(args: Args, kwargs: Kwargs) -> tuple[str, Any]:
    return recorder.plain_text(args[0]), args[1]
