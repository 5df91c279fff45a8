"""Record the statements of Django, whatever the backend.

Django's own `execute_wrapper` would be listed in each connection, where tests look for it.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from devtui.server.tracing.recorder import Args, Kwargs, plain_text
from devtui.server.tracing.wrapping import wrap, wrap_aside, wrap_statements

# Databases whose libraries count the rows of `RETURNING` when the last of them is fetched.
_COUNT_LATER = frozenset({"oracle", "sqlite"})


def hook(module: ModuleType) -> None:
    """Wrap the methods that execute all statements."""
    cursor: Any = module
    wrap_statements(cursor.CursorWrapper, "execute", "django", _describe, _outcome, text_at=1)
    for name in ("executemany", "callproc"):
        wrap(cursor.CursorWrapper, name, "sql", "django", _describe, _outcome)


def hook_sqlite(module: ModuleType) -> None:
    """Leave out what Django asks SQLite for itself: when it connects, and to log a statement."""
    base: Any = module
    wrap_aside(base.DatabaseWrapper, "get_new_connection")
    wrap_aside(base.DatabaseOperations, "last_executed_query")


def _describe(args: Args, kwargs: Kwargs) -> tuple[str, Any, str]:
    statement = args[1] if len(args) > 1 else kwargs.get("sql", kwargs.get("procname"))
    parameters = args[2] if len(args) > 2 else kwargs.get("params", kwargs.get("param_list"))
    return plain_text(statement), parameters, args[0].db.vendor


def _outcome(args: Args, kwargs: Kwargs, result: Any) -> tuple[int | None, str]:
    wrapper = args[0]
    rows = getattr(wrapper.cursor, "rowcount", None)
    if rows == 0 and wrapper.db.vendor in _COUNT_LATER and wrapper.cursor.description is not None:
        return None, ""
    return rows, ""
