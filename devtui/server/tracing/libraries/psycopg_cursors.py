"""Record the statements of psycopg 3; `stream` and COPY are not among them."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from devtui.server.tracing.recorder import Args, Kwargs, plain_text
from devtui.server.tracing.wrapping import wrap, wrap_statements

_CLASSES = ("Cursor", "AsyncCursor", "ServerCursor", "AsyncServerCursor")


def hook(module: ModuleType) -> None:
    """Wrap the methods of the cursors' classes."""
    for owner in filter(None, (getattr(module, name, None) for name in _CLASSES)):
        wrap_statements(owner, "execute", "psycopg", _describe, _outcome, text_at=1)
        wrap(owner, "executemany", "sql", "psycopg", _describe, _outcome)


def _describe(args: Args, kwargs: Kwargs) -> tuple[str, Any]:
    query = args[1] if len(args) > 1 else kwargs["query"]
    parameters = args[2] if len(args) > 2 else kwargs.get("params", kwargs.get("params_seq"))
    if hasattr(query, "as_string"):  # psycopg.sql
        query = query.as_string(args[0])
    return plain_text(query), parameters


def _outcome(args: Args, kwargs: Kwargs, result: Any) -> tuple[int | None, str]:
    return args[0].rowcount, ""
