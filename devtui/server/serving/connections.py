"""Werkzeug's servers, which also know what connections they have accepted and not closed."""

from __future__ import annotations

import errno
import os
import select
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from werkzeug.serving import BaseWSGIServer, ThreadedWSGIServer

from devtui.server.guest import forks
from devtui.server.guest.clocks import clock
from devtui.server.guest.reentrant import Bell
from devtui.server.serving.client_wait import Waiting

# More than these, or than a quarter of the descriptors that the process may have, are thinned out:
# browsers hold a few open ahead of need, and each one costs a thread.
MAX_OPEN = 500

# How long a client may let a connection wait before that may be closed: when too many are open,
# and when soon no descriptors are left.
PATIENCE_SECONDS = 1.0
NEED_SECONDS = 0.1

# How often to look for such, and how long to wait for room where there is no descriptor left.
LOOK_SECONDS = 0.1
ROOM_SECONDS = 0.1

# How often to look whether a head was read, when the server stops.
READ_SECONDS = 0.005

# A flood is told of once in so many seconds.
TELL_SECONDS = 10.0

# How long a client may be silent while another one waits to be accepted: the first, and those that
# waited behind it, which have had their time.
FIRST_SECONDS = 0.5
NEXT_SECONDS = 0.1

# As they are before the app may patch them.
_poll = select.poll
_sleep = time.sleep

_NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Connections:
    """Those that are open. A request is known only once its head was read; this knows before."""

    def __init__(self) -> None:
        # The threads of the server change it without a lock, as a dict's single operations can be.
        self._open: dict[Any, Waiting] = {}
        self._look_after = 0.0
        self._changed = Bell()

    def opened(self, connection: object) -> None:
        """One was accepted."""
        self._open[connection] = Waiting()

    def closed(self, connection: object) -> None:
        """One has been closed."""
        self._open.pop(connection, None)
        self._changed.ring()

    def waiting(self, connection: object) -> Waiting:
        """Where an open connection's waiting for its client is to be noted."""
        return self._open[connection]

    def wait_for_heads(self, head_seconds: float) -> bool:
        """Wait until none is open (true), or all were accepted more than `head_seconds` ago.

        One that has said nothing for so long was opened by a browser ahead of need, and is no
        reason to wait.
        """
        newest = max((waiting.accepted for waiting in self._all().values()), default=0.0)
        remaining = newest + head_seconds - clock.monotonic()
        return self._wait_for(lambda: not self._open, remaining)

    def wait_until_read(self, seconds: float) -> bool:
        """Wait until every head that has come was read; false where one was not in that time.

        On a busy machine the thread of a connection may get to run later than any bound for
        silent ones. What a client has sent is a request all the same, and wants its answer.
        """
        end = clock.monotonic() + seconds
        while unread := self._has_unread():
            if clock.monotonic() >= end:
                break
            time.sleep(READ_SECONDS)  # gevent's, where the app has it: the others have to run
        return not unread

    def _has_unread(self) -> bool:
        readable = select.poll()
        for connection, waiting in self._all().items():
            if waiting.for_head:
                with suppress(OSError, ValueError):  # it has just been closed
                    readable.register(connection, select.POLLIN)
        return bool(readable.poll(0))

    def thin_out(self) -> int:
        """Where too many are open, close those that have waited longest; returns how many.

        What waits for the app and not for its client is never closed.
        """
        now = clock.monotonic()
        if now < self._look_after:
            return 0
        self._look_after = now + LOOK_SECONDS
        descriptors = _most_descriptors()
        count, many, most = len(self._open), min(MAX_OPEN, descriptors // 4), descriptors * 3 // 4
        if count <= many:
            return 0
        return self._close(count - many, NEED_SECONDS if count > most else PATIENCE_SECONDS)

    def make_room(self) -> int:
        """Close a tenth of them, those that have waited longest; returns how many.

        It returns once one of the connections has been closed, or after a moment.
        """
        before = len(self._open)
        closed = self._close(before // 10 + 1, NEED_SECONDS)
        self._wait_for(lambda: len(self._open) < before, ROOM_SECONDS)
        return closed

    def close_idle(self, most: int, patience: float) -> int:
        """Close so many at most whose clients were waited for so long; returns how many."""
        return self._close(most, patience)

    def _all(self) -> dict[Any, Waiting]:
        """Those that are open now, while others come and go."""
        return self._open.copy()

    def _wait_for(self, condition: Callable[[], bool], seconds: float) -> bool:
        return self._changed.wait_for(condition, seconds)

    def _close(self, most: int, patience: float) -> int:
        latest = clock.monotonic() - patience
        idle = [item for item in self._all().items() if item[1].since <= latest]
        idle.sort(key=lambda item: item[1].since)
        for connection, waiting in idle[:most]:
            waiting.cut = True
            with suppress(OSError):  # it has just been closed
                # Past SSLSocket's own, which would take the state from the thread that reads.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
        return len(idle[:most])


class Turns:
    """Closes the connection whose client is waited for once another client waits.

    Browsers open connections ahead of need and send nothing on them. `listener` is the descriptor
    of the listening socket.
    """

    def __init__(self, listener: int, connections: Connections) -> None:
        self._listener = _poll()
        self._listener.register(listener, select.POLLIN)
        self._connections = connections
        self.over = False  # set it before the listener is closed

    def watch(self) -> None:
        """Watch until it is over, in a thread of its own."""
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
    """How many this process may have open: the soft limit, as it is now."""
    most = os.sysconf("SC_OPEN_MAX")  # `resource` knows it too, but would have to be imported
    return sys.maxsize if most < 0 else most


class Server(BaseWSGIServer):
    """Answers one request after the other."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.connections = Connections()
        self._tell_after = 0.0
        super().__init__(*args, **kwargs)

    def get_request(self) -> tuple[Any, Any]:
        """As in the base class. Where the system gives no descriptor, see that there will be one.

        socketserver takes an `OSError` for a client that has gone, and asks again at once.
        """
        try:
            return super().get_request()
        except OSError as error:
            if error.errno in _NO_ROOM:
                self._tell_crowd(self.connections.make_room())
            raise

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Let every client in. socketserver asks right after accept, before any thread starts."""
        self.connections.opened(request)
        if cut := self.connections.thin_out():
            self._tell_crowd(cut)
        return True

    def shutdown_request(self, request: Any) -> None:
        """End a connection; socketserver comes here once for each, however it went.

        To shut it down before it is closed is only of use where a fork holds it as well.
        """
        try:
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


class ThreadedServer(Server, ThreadedWSGIServer):
    """Answers each request in a thread of its own."""

    def process_request(self, request: Any, client_address: Any) -> None:
        """As in the base class; where no thread can be started the connection is closed."""
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # can't start new thread
            self.shutdown_request(request)
            self.connections.make_room()
            self._tell("A request got no answer: the system lets us start no more threads.")
