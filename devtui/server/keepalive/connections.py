"""Keep track of the open connections of Werkzeug's servers."""

from __future__ import annotations

import errno
import os
import select
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from werkzeug.serving import BaseWSGIServer

from devtui.server.guest import forks, polling
from devtui.server.guest.clocks import clock
from devtui.server.guest.reentrant import Bell
from devtui.server.keepalive.client_wait import Waiting
from devtui.server.keepalive.idle import IdleConnections

if TYPE_CHECKING:
    from devtui.server.guest.held_calls import HeldCalls

# Beyond this number of threads, or if the connections take a quarter of the process's limit of
# descriptors, close those that wait for their clients.
MAX_OPEN = 500

# How long a client may be silent before its connection may be closed: if too many are open, and if
# descriptors are nearly used up.
PATIENCE_SECONDS = 1.0
NEED_SECONDS = 0.1

# How often to look for idle connections, and how long to wait for a free descriptor.
LOOK_SECONDS = 0.1
ROOM_SECONDS = 0.1

# How often to check whether a head was read while the server stops.
READ_SECONDS = 0.005

# Warn of a flood at most once in this time.
TELL_SECONDS = 10.0

# How long a client may be silent while another waits to be accepted: the first one, and those that
# have waited behind it and so have had their time.
FIRST_SECONDS = 0.5
NEXT_SECONDS = 0.1

# Taken before the app can patch it.
_sleep = time.sleep

_NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Connections:
    """The open connections, `by_socket`. Each is known before the head of its request is read."""

    def __init__(self) -> None:
        # Server threads change it without a lock: single operations on a dict are atomic.
        self.by_socket: dict[Any, Waiting] = {}
        self._look_after = 0.0
        self._changed = Bell()
        self.drop_idle: Callable[[Any], None] = _shut
        """Close a connection from which no thread reads."""
        self.held: HeldCalls | None = None
        """Calls that keep the interpreter's lock, once they were made."""

    def opened(self, connection: object, address: Any = None) -> None:
        self.by_socket[connection] = Waiting(address)

    def closed(self, connection: object) -> None:
        self.by_socket.pop(connection, None)
        self._changed.ring()

    def waiting(self, connection: object) -> Waiting:
        """Return the record of an open connection's waits."""
        return self.by_socket[connection]

    def wait_for_heads(self, head_seconds: float) -> bool:
        """Wait until none is open (true), or all are older than `head_seconds` (false).

        Browsers open connections ahead of need, which stay silent for longer.
        """
        newest = max((waiting.accepted for waiting in self._all().values()), default=0.0)
        remaining = newest + head_seconds - clock.monotonic()
        return self._wait_for(lambda: not self.by_socket, remaining)

    def wait_until_read(self, seconds: float) -> bool:
        """Wait until every head that has arrived was read; return false if time runs out.

        On a busy machine the thread of a connection may run later than any bound for silent ones,
        but a request that was sent must get its response.
        """
        end = clock.monotonic() + seconds
        while unread := self._has_unread():
            if clock.monotonic() >= end:
                break
            time.sleep(READ_SECONDS)  # gevent's if the app patched it: the others must run
        return not unread

    def wait_until_left(self, seconds: float) -> bool:
        """Wait until all that served requests are closed, or left to the next process.

        Return false if time runs out.
        """
        return self._wait_for(
            lambda: all(waiting.is_new for waiting in self._all().values()), seconds
        )

    def _has_unread(self) -> bool:
        readable = polling.plain_poll()  # it does not wait
        for connection, waiting in self._all().items():
            if waiting.for_head:
                with suppress(OSError, ValueError):  # it has just been closed
                    readable.register(connection, select.POLLIN)
        return bool(readable.poll(0))

    def thin_out(self) -> int:
        """If too many are open, close those that have waited longest; return how many.

        A connection that waits for the app is never closed.
        """
        now = clock.monotonic()
        if now < self._look_after:
            return 0
        self._look_after = now + LOOK_SECONDS
        descriptors, count = _most_descriptors(), len(self.by_socket)
        patience = NEED_SECONDS if count > descriptors * 3 // 4 else PATIENCE_SECONDS
        if count > descriptors // 4:
            return self._close(count - descriptors // 4, patience)
        with_threads = [waiting.idle for waiting in self._all().values()].count(False)
        if with_threads <= MAX_OPEN:
            return 0
        return self._close(with_threads - MAX_OPEN, patience, idle_too=False)

    def make_room(self) -> int:
        """Close the tenth of the connections that has waited longest; return how many that is.

        Return once one of them is closed, or after a moment.
        """
        before = len(self.by_socket)
        closed = self._close(before // 10 + 1, NEED_SECONDS)
        self._wait_for(lambda: len(self.by_socket) < before, ROOM_SECONDS)
        return closed

    def close_idle(self, most: int, patience: float) -> int:
        """Close at most `most` that have waited for `patience` seconds; return how many."""
        return self._close(most, patience)

    def _all(self) -> dict[Any, Waiting]:
        return self.by_socket.copy()

    def _wait_for(self, condition: Callable[[], bool], seconds: float) -> bool:
        return self._changed.wait_for(condition, seconds)

    def _close(self, most: int, patience: float, idle_too: bool = True) -> int:
        latest = clock.monotonic() - patience
        silent = [
            item
            for item in self._all().items()
            if item[1].since <= latest and (idle_too or not item[1].idle)
        ]
        silent.sort(key=lambda item: item[1].since)
        for connection, waiting in silent[:most]:
            waiting.cut = True
            (self.drop_idle if waiting.idle else _shut)(connection)
        return len(silent[:most])


def _shut(connection: Any) -> None:
    """Shut down a connection while a thread reads from it."""
    with suppress(OSError):  # it has just been closed
        # Not SSLSocket's own, which would take the state from the thread that reads.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


class Turns:
    """In a server without threads, close an idle connection once another client waits.

    Browsers open connections ahead of need and send nothing on them. `listener` is the descriptor
    of the listening socket.
    """

    def __init__(self, listener: int, connections: Connections) -> None:
        self._listener = polling.plain_poll()
        self._listener.register(listener, select.POLLIN)
        self._connections = connections
        self.over = False  # set it before the listener is closed

    def watch(self) -> None:
        """Watch until `over` is set. Run it in a thread."""
        patience = FIRST_SECONDS
        while self._somebody_waits(None):
            _sleep(LOOK_SECONDS)
            if not self._somebody_waits(0):
                patience = FIRST_SECONDS
            elif self._connections.close_idle(1, patience):
                patience = NEXT_SECONDS

    def _somebody_waits(self, milliseconds: int | None) -> bool:
        ready = self._listener.poll(milliseconds)
        return not self.over and any(state & select.POLLIN for _, state in ready)


def _most_descriptors() -> int:
    """Return the process's current soft limit of descriptors."""
    most = os.sysconf("SC_OPEN_MAX")  # `resource` knows it too, but would have to be imported
    return sys.maxsize if most < 0 else most


class Server(BaseWSGIServer):
    """Answer one request after the other, each on its own connection."""

    idle: IdleConnections | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.connections = Connections()
        self._tell_after = 0.0
        super().__init__(*args, **kwargs)

    def get_request(self) -> tuple[Any, Any]:
        """Accept a connection. If no descriptor is free, make room.

        socketserver takes an `OSError` for a client that disconnected, and asks again at once.
        """
        try:
            return super().get_request()
        except OSError as error:
            if error.errno in _NO_ROOM:
                self._tell_crowd(self.connections.make_room())
            raise

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Note the connection. socketserver calls this after accept, before it starts a thread."""
        self.connections.opened(request, client_address)
        if cut := self.connections.thin_out():
            self._tell_crowd(cut)
        return True

    def shutdown_request(self, request: Any) -> None:
        """Close a connection. socketserver calls this once for each, whatever happened.

        A shutdown before the close is useful only if a fork holds the connection too.
        """
        waiting = self.connections.by_socket.get(request)
        try:
            if waiting is not None and waiting.given_away:
                return
            if forks.may_live():
                super().shutdown_request(request)
            else:
                self.close_request(request)
        finally:
            self.connections.closed(request)

    def _tell_crowd(self, cut: int) -> None:
        if cut:
            self._tell(
                "Too many connections are open: those whose clients kept them waiting are closed."
            )

    def _tell(self, warning: str) -> None:
        now = clock.monotonic()
        if now >= self._tell_after:
            self._tell_after = now + TELL_SECONDS
            self.log("warning", warning)
