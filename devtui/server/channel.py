"""The server process's end of the private channel: events go out, orders come in."""

from __future__ import annotations

import os
import selectors
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from devtui.events import AnyOrder, Event, EventsDropped, decode_order, encode

# What waits for a session that does not read. Beyond it events are dropped and counted, since a
# stalled dashboard must never block a request or eat the memory of the app.
MAX_PENDING_BYTES = 8 * 1024 * 1024

_READ_BYTES = 64 * 1024


class Channel:
    """Sends events without ever blocking, and hands on the orders that come.

    A send tries the socket at once, so that an event is not lost with the process that dies after
    it; what the socket does not take waits and is sent by the thread that also reads the orders.
    """

    def __init__(self, connection: socket.socket, generation: int) -> None:
        self.generation = generation
        self._socket = connection
        self._socket.setblocking(False)
        self._lock = threading.Lock()
        self._pending = bytearray()
        self._dropped = 0
        self._closed = False
        self._leaving = threading.Event()
        self._descriptor: int | None = None
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        # A fork of the app shares these sockets; only the process that we know may speak.
        os.register_at_fork(after_in_child=self._silence)

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._socket.fileno()

    def send(self, event: Event) -> None:
        """Send one event, or keep it until the session reads again. Any thread may call it."""
        line = encode(event)
        with self._lock:
            if self._closed:
                return
            if self._pending:
                self._keep(line)
                return
            sent = self._try_send(line)
            if sent < len(line):
                self._keep(line[sent:])
                self._wake()

    def run(
        self,
        on_order: Callable[[AnyOrder], None],
        on_end: Callable[[], None],
        idle: Callable[[], float | None],
    ) -> None:
        """Read orders until the session's end closes; then call `on_end`. Runs in a thread.

        `idle` is called between reads and says in how many seconds it wants to be called again,
        None for no sooner than the next order.
        """
        received = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while not self._leaving.is_set():
                interest = selectors.EVENT_READ
                if self._pending:
                    interest |= selectors.EVENT_WRITE
                selector.modify(self._socket, interest)
                ready = {key.fileobj: mask for key, mask in selector.select(idle())}
                if self._woken in ready:
                    self._unwake()
                mask = ready.get(self._socket, 0)
                if mask & selectors.EVENT_WRITE:
                    self._send_pending()
                if mask & selectors.EVENT_READ and not self._receive(received, on_order):
                    on_end()
                    return

    def take_descriptor(self) -> int:
        """The descriptor that came with the order being handed on; it is the caller's to close."""
        assert self._descriptor is not None, "this order brings no descriptor"
        descriptor, self._descriptor = self._descriptor, None
        return descriptor

    def leave_unread(self) -> None:
        """Make `run` return: whatever comes from now on is for another reader."""
        self._leaving.set()
        self._wake()

    def nudge(self) -> None:
        """Make the thread in `run` look at `idle` again."""
        self._wake()

    def flush(self, timeout: float) -> None:
        """Send what is pending before the process ends; give up after `timeout` seconds."""
        with self._lock:
            if not self._pending or self._closed:
                return
            self._socket.settimeout(timeout)
            try:
                self._socket.sendall(self._pending)
                self._pending.clear()
            except OSError:
                self._closed = True  # nobody reads any more: there is no one to tell
            finally:
                self._socket.setblocking(False)

    def _receive(self, received: bytearray, on_order: Callable[[AnyOrder], None]) -> bool:
        """Read what is there and hand on its whole lines; false at the end of the channel."""
        try:
            data, descriptors, _, _ = socket.recv_fds(self._socket, _READ_BYTES, 1)
        except BlockingIOError:
            return True
        except OSError:
            return False
        for descriptor in descriptors:
            # A program that the app starts must not keep the port open after us.
            os.set_inheritable(descriptor, False)
            self._descriptor = descriptor
        received += data
        while (end := received.find(b"\n")) >= 0:
            line = bytes(received[:end])
            del received[: end + 1]
            on_order(decode_order(line))
        return bool(data)

    def _keep(self, line: bytes) -> None:
        if len(self._pending) + len(line) > MAX_PENDING_BYTES:
            self._dropped += 1
        else:
            self._pending += line

    def _send_pending(self) -> None:
        with self._lock:
            if self._dropped and len(self._pending) < MAX_PENDING_BYTES // 2:
                self._pending += encode(
                    EventsDropped(generation=self.generation, count=self._dropped)
                )
                self._dropped = 0
            sent = self._try_send(self._pending)
            del self._pending[:sent]

    def _try_send(self, data: bytes | bytearray) -> int:
        try:
            return self._socket.send(data)
        except BlockingIOError:
            return 0
        except OSError:
            # The session is gone. The reading side sees that too, and ends this process.
            self._closed = True
            self._pending.clear()
            return len(data)

    def _wake(self) -> None:
        with suppress(BlockingIOError):  # then it is full of wake-ups already
            self._waker.send(b"\0")

    def _unwake(self) -> None:
        with suppress(BlockingIOError):  # then all of them are read
            while self._woken.recv(4096):
                pass

    def _silence(self) -> None:
        self._closed = True
        self._pending = bytearray()
        self._lock = threading.Lock()  # another thread may have held it when the fork was made
