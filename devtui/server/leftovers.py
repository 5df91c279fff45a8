"""What a client still sends after its response was written, which Werkzeug reads away.

For that it waits up to 10 ms with an epoll of its own, after every response. A request without a
body has nothing left to come, and so nothing is waited for: a client that reads to the end of the
connection gets it that much earlier, and the thread is free for the next.
"""

from __future__ import annotations

import selectors
import socket
import threading
from typing import Any, Literal

from werkzeug import serving


class _Thread(threading.local):
    expected = True


_thread = _Thread()


class _LookOnce:
    """In place of a selector of one connection: says what is there, without waiting."""

    def __init__(self) -> None:
        self._connection: Any = None

    def register(self, connection: Any, events: int) -> None:
        """Look at this connection."""
        self._connection = connection

    def select(self, timeout: float | None = None) -> Literal[0, 1]:
        """Whether something can be read; as a number, which is all that the caller looks at."""
        try:
            return 1 if self._connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) else 0
        except (OSError, ValueError):  # nothing is there, or it is TLS, which cannot peek
            return 0

    def close(self) -> None:
        """There is nothing to close."""


class _Selectors:
    """What Werkzeug's server uses of the module `selectors`."""

    EVENT_READ = selectors.EVENT_READ

    @staticmethod
    def DefaultSelector() -> Any:
        """A selector for the thread that has just answered a request."""
        return selectors.DefaultSelector() if _thread.expected else _LookOnce()


def expect(body: bool) -> None:
    """Say of the request that this thread answers now whether it was announced with a body."""
    _thread.expected = body


serving.selectors = _Selectors  # type: ignore[assignment,attr-defined]
