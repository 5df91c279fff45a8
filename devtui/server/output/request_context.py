"""The request that the running code belongs to, and the receiver of its output."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Protocol

# A context variable, because frameworks copy the context to the threads and tasks in which they run
# asynchronous views.
request_id: ContextVar[str | None] = ContextVar("devtui_request_id", default=None)


class Sink(Protocol):
    """Receives what is written to stdout and stderr instead of the log."""

    def take(self, data: bytes) -> bytes:
        """Take some bytes; return those that belong in the log after all."""


class Lent(Protocol):
    """Receives what threads with the terminal write."""

    def take(self, data: bytes) -> None:
        """Take some bytes."""

    def is_here(self) -> bool:
        """Whether the calling thread has the terminal."""

    def request_ended(self) -> None:
        """Note that the calling thread's request has ended."""


lent: Lent | None = None
"""The terminal, while the app has it."""

# The receiver of what evaluated code writes.
output: ContextVar[Sink | None] = ContextVar("devtui_output", default=None)
