"""Which request the running code belongs to, and who takes what it writes."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Protocol

# A context variable and not a thread's: it follows into the threads and tasks that frameworks run
# asynchronous views in, because those copy the context.
request_id: ContextVar[str | None] = ContextVar("devtui_request_id", default=None)


class Sink(Protocol):
    """Takes what is written to stdout and stderr in place of the log."""

    def take(self, data: bytes) -> None:
        """Some bytes were written."""


class Lent(Sink, Protocol):
    """Takes what is written by those who have the terminal."""

    def is_here(self) -> bool:
        """Whether the calling thread has it."""

    def request_ended(self) -> None:
        """The calling thread is done with its request."""


lent: Lent | None = None
"""The terminal, while the app has it."""

# Where what is written goes, for code that is run for somebody who wants to see just that.
output: ContextVar[Sink | None] = ContextVar("devtui_output", default=None)
