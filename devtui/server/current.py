"""Which request the running code belongs to."""

from __future__ import annotations

from contextvars import ContextVar

# A context variable and not a thread's: it follows into the threads and tasks that frameworks run
# asynchronous views in, because those copy the context.
request_id: ContextVar[str | None] = ContextVar("devtui_request_id", default=None)
