"""Keep the connections whose clients send nothing. They hold no thread."""

from __future__ import annotations

import fcntl
import selectors
import socket
import struct
import termios
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from devtui.server.guest.clocks import clock
from devtui.server.keepalive.client_wait import Waiting
from devtui.server.keepalive.shelf import Shelf

# How long a client may send nothing. Browsers keep connections for some minutes. If both ends close
# one at the same time, a request may be lost.
IDLE_SECONDS = 300.0

# How long a thread waits for the next request before it gives its connection back. While a page
# loads, the next request comes within this time, and no thread has to be started for it.
LINGER_MS = 250


class IdleConnections:
    """The connections without a thread. One that sends gets a thread; one that ends is closed.

    The thread that accepts calls everything except `give_back`.
    """

    def __init__(
        self,
        is_open: Callable[[Any], bool],
        waiting: Callable[[Any], Waiting],
        start: Callable[[Any], None],
        close: Callable[[Any], None],
        let_go: Callable[[Any], None],
        adopt: Callable[[Any], None],
    ) -> None:
        self._is_open, self._waiting = is_open, waiting
        self._start, self._close = start, close
        self._let_go, self._adopt = let_go, adopt
        self._selector: selectors.BaseSelector | None = None
        self._idle: dict[Any, None] = {}  # those that have waited longest come first
        self._returned: deque[Any] = deque()
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self._is_woken = False
        self.shelf: Shelf | None = None
        """Where connections wait for the next server process."""
        self.is_encrypted = False
        """Whether clients speak TLS. What was agreed on with one cannot leave this process."""
        self.stops = False
        """Whether the server was told to stop."""
        self._is_over = False
        self.stopped: socket.socket | None = None
        """It becomes readable when the server stops."""

    @property
    def leaves_used(self) -> bool:
        """Whether the next server process goes on with connections that this one has used."""
        return self.shelf is not None and not self.is_encrypted

    def begin(self, selector: selectors.BaseSelector) -> None:
        """Use this selector to wait for clients."""
        self._selector = selector
        selector.register(self._woken, selectors.EVENT_READ)
        if self.shelf is not None:
            selector.register(self.shelf.out, selectors.EVENT_READ)

    def patience(self) -> float | None:
        """Return the seconds until a connection has been idle too long, None if none is idle."""
        oldest = next(iter(self._idle), None)
        if oldest is None:
            return None
        return max(0.0, self._waiting(oldest).since + IDLE_SECONDS - clock.monotonic())

    def turn(self, ready: set[Any]) -> None:
        """Take back connections from threads, serve those that are ready, close the oldest."""
        if self._woken in ready:
            self._unwake()
        if self.shelf is not None and self.shelf.out in ready:
            for connection in self.shelf.take():
                self._adopt(connection)
        for connection in ready & self._idle.keys():
            self._forget(connection)
            self._start_or_close(connection)
        while self.patience() == 0.0:
            self.drop(next(iter(self._idle)))

    def add(self, connection: Any) -> None:
        """Start a thread if the client has sent something; otherwise wait for that."""
        waiting = self._waiting(connection)
        if self._selector is None or _unread_bytes(connection):
            self._start_now(connection)
            return
        waiting.idle = True
        try:
            self._selector.register(connection, selectors.EVENT_READ)
        except (KeyError, ValueError, OSError):  # the app has closed its descriptor
            self._close(connection)
        else:
            self._idle[connection] = None

    def give_back(self, connection: Any) -> None:
        """Take a connection from the thread that answered its last request. Thread-safe."""
        self._returned.append(connection)
        if self._is_over:
            self._end_returned()
        elif not self._is_woken:
            self._is_woken = True
            with suppress(OSError):  # full of wake-ups, or closed by the app
                self._waker.send(b"\0")

    def drop(self, connection: Any) -> None:
        """Close an idle connection."""
        self._forget(connection)
        self._close(connection)

    def end(self, head_seconds: float) -> None:
        """Leave all idle connections to the next server process.

        If they cannot wait there, answer the requests that were sent, and close the others. A
        client that has just connected is about to send, so its connection gets a thread.
        """
        self._unwake()
        self._is_over = True
        self._end_returned()
        may_go = [connection for connection in self._idle if self._may_leave(connection)]
        left = 0 if self.shelf is None else self.shelf.leave(may_go)
        for connection in may_go[:left]:
            self._forget(connection)
            self._let_go(connection)
        latest = clock.monotonic() - head_seconds
        for connection in list(self._idle):
            self._forget(connection)
            waiting = self._waiting(connection)
            if waiting.is_new and waiting.accepted > latest:
                self._start_now(connection)
            else:
                self._start_or_close(connection)

    def close(self) -> None:
        """Close what wakes the accepting thread."""
        self._woken.close()
        self._waker.close()

    def _end_returned(self) -> None:
        with suppress(IndexError):  # none is left, or another thread has taken it
            while True:
                connection = self._returned.popleft()
                if not self._is_open(connection):
                    continue  # it was closed to make room
                shelf = self.shelf if self._may_leave(connection) else None
                if shelf is not None and shelf.leave([connection]):
                    self._let_go(connection)
                else:
                    self._start_or_close(connection)

    def _may_leave(self, connection: Any) -> bool:
        return self.leaves_used or self._waiting(connection).is_untouched

    def _start_or_close(self, connection: Any) -> None:
        if _unread_bytes(connection):
            self._start_now(connection)
        else:
            self._close(connection)

    def _start_now(self, connection: Any) -> None:
        waiting = self._waiting(connection)
        waiting.idle = False
        waiting.begin_head()
        self._start(connection)

    def _forget(self, connection: Any) -> None:
        self._idle.pop(connection, None)
        if self._selector is not None:
            with suppress(KeyError, ValueError, OSError):  # the app has closed its descriptor
                self._selector.unregister(connection)

    def _unwake(self) -> None:
        with suppress(OSError):  # all are read
            while self._woken.recv(4096):
                pass
        self._is_woken = False
        with suppress(IndexError):  # none is left
            while True:
                connection = self._returned.popleft()
                if self._is_open(connection):
                    self.add(connection)


def _unread_bytes(connection: Any) -> int:
    """Return how many bytes of a client are unread; 0 also if it has closed the connection."""
    try:
        answer = fcntl.ioctl(connection.fileno(), termios.FIONREAD, bytes(4))
    except (OSError, ValueError):  # the app has closed it
        return 0
    count: int = struct.unpack("i", answer)[0]
    return count
