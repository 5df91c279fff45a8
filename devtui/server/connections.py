"""Werkzeug's servers, which also know what connections they have accepted and not closed."""

from __future__ import annotations

import threading
import time
from typing import Any

from werkzeug.serving import BaseWSGIServer, ThreadedWSGIServer


class Connections:
    """Those that are open. A request is known only once its head was read; this knows before."""

    def __init__(self) -> None:
        self._open: dict[object, float] = {}  # with the time at which each was accepted
        self._changed = threading.Condition()

    def opened(self, connection: object) -> None:
        """One was accepted."""
        with self._changed:
            self._open[connection] = time.monotonic()

    def closed(self, connection: object) -> None:
        """One has been closed."""
        with self._changed:
            self._open.pop(connection, None)
            self._changed.notify_all()

    def wait_for_heads(self, head_seconds: float) -> bool:
        """Wait until none is open (true), or all were accepted more than `head_seconds` ago.

        One that has said nothing for so long was opened by a browser ahead of need, and is no
        reason to wait.
        """
        with self._changed:
            newest = max(self._open.values(), default=0.0)
            remaining = newest + head_seconds - time.monotonic()
            return self._changed.wait_for(lambda: not self._open, max(0.0, remaining))


class Server(BaseWSGIServer):
    """Answers one request after the other."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.connections = Connections()
        super().__init__(*args, **kwargs)

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Let every client in. socketserver asks right after accept, before any thread starts."""
        self.connections.opened(request)
        return True

    def shutdown_request(self, request: Any) -> None:
        """As in the base class, which comes here once for each connection, however it went."""
        try:
            super().shutdown_request(request)
        finally:
            self.connections.closed(request)


class ThreadedServer(Server, ThreadedWSGIServer):
    """Answers each request in a thread of its own."""
