"""What a client still sends after its response was written, which Werkzeug reads away.

For that it waits up to 10 ms with an epoll of its own, after every response. A request without a
body has nothing left to come, and so nothing is waited for: a client that reads to the end of the
connection gets it that much earlier, and the thread is free for the next.
"""

from __future__ import annotations

import selectors
import threading
from typing import Any

from werkzeug import serving


class _Thread(threading.local):
    expected = True


_thread = _Thread()


class _Nothing:
    """In place of a selector of one connection: there is nothing to read there."""

    def register(self, connection: Any, events: int) -> None:
        """There is nothing to look at."""

    def select(self, timeout: float | None = None) -> tuple[()]:
        """What can be read."""
        return ()

    def close(self) -> None:
        """There is nothing to close."""


class _Selectors:
    """What Werkzeug's server uses of the module `selectors`."""

    EVENT_READ = selectors.EVENT_READ

    @staticmethod
    def DefaultSelector() -> Any:
        """A selector for the thread that has just answered a request."""
        return selectors.DefaultSelector() if _thread.expected else _Nothing()


def expect(body: bool) -> None:
    """Say of the request that this thread answers now whether it was announced with a body."""
    _thread.expected = body


serving.selectors = _Selectors  # type: ignore[assignment,attr-defined]
