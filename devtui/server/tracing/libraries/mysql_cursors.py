"""Record the statements of PyMySQL and mysqlclient, whose cursors have the same methods."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from devtui.server.tracing.recorder import Args, Kwargs, plain_text
from devtui.server.tracing.wrapping import wrap, wrap_statements

# The `rowcount` of an unbuffered cursor before it has read all rows.
_UNKNOWN = 2**63


def hook_pymysql(module: ModuleType) -> None:
    """Wrap the methods of PyMySQL's cursors."""
    cursors: Any = module
    _wrap(cursors.Cursor, "pymysql")


def hook_mysqlclient(module: ModuleType) -> None:
    """Wrap the methods of mysqlclient's cursors."""
    cursors: Any = module
    _wrap(cursors.BaseCursor, "mysqlclient")


def _wrap(cursor: Any, library: str) -> None:
    wrap_statements(cursor, "execute", library, _describe, _outcome, text_at=1)
    for name in ("executemany", "callproc"):
        wrap(cursor, name, "sql", library, _describe, _outcome)


def _describe(args: Args, kwargs: Kwargs) -> tuple[str, Any]:
    query = args[1] if len(args) > 1 else kwargs.get("query", kwargs.get("procname"))
    return plain_text(query), args[2] if len(args) > 2 else kwargs.get("args")


def _outcome(args: Args, kwargs: Kwargs, result: Any) -> tuple[int | None, str]:
    rows = args[0].rowcount
    return rows if isinstance(rows, int) and rows < _UNKNOWN else None, ""
