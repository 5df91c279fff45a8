"""Record the statements of aiosqlite, which the connection's thread executes.

That thread may be older than the request, so the statements are recorded where they are awaited.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from devtui.server.guest.unnoticed import leave_no_trace, unnoticed
from devtui.server.tracing.recorder import Args, Kwargs, plain_text
from devtui.server.tracing.wrapping import like, wrapped

# The functions that a connection gives to its thread to execute a statement.
_EXECUTES = frozenset(
    {"execute", "executemany", "executescript", "_execute_insert", "_execute_fetchall"}
)


def hook(module: ModuleType) -> None:
    """Wrap the method that passes functions to the connection's thread."""
    connection: Any = module.Connection
    original = connection._execute
    recorded = wrapped(original, "sql", "aiosqlite", _describe, _outcome)

    @unnoticed
    async def execute(self: Any, function: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            executes = getattr(function, "__name__", "") in _EXECUTES
            given = recorded if executes and args else original
            return await given(self, function, *args, **kwargs)
        except BaseException as error:
            leave_no_trace(error)
            raise

    connection._execute = like(original, execute)


def _describe(args: Args, kwargs: Kwargs) -> tuple[str, Any]:
    return plain_text(args[2]), args[3] if len(args) > 3 else None


def _outcome(args: Args, kwargs: Kwargs, result: Any) -> tuple[int | None, str]:
    rows = getattr(result, "rowcount", None)
    if rows == 0 and result.description is not None:
        return None, ""  # what returns rows is counted when the last of them has been fetched
    return rows, ""
