"""The server process's end of the private channel: events go out, orders come in."""

from __future__ import annotations

import os
import select
import selectors
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import msgspec

from devtui.events import (
    AnyOrder,
    Event,
    LogWritten,
    decode_order,
    encode,
)
from devtui.server.descriptors import OwnSocket
from devtui.server.pending import Pending

_READ_BYTES = 64 * 1024

# For the count of what was given up, at the end.
_LAST_WORDS_SECONDS = 0.1

# The rest that the reading thread takes after an error, which may come again at once.
_PAUSE_SECONDS = 0.05

# The session sees that the channel was closed, tells the user, and ends this process. Where there
# is no session any more, this process ends itself after so long.
UNHEARD_SECONDS = 2.0


class Channel:
    """Sends events without ever blocking, and hands on the orders that come.

    A send tries the socket at once, so that an event is not lost with the process that dies after
    it; what the socket does not take waits and is sent by the thread that also reads the orders.
    """

    def __init__(self, connection: socket.socket, generation: int) -> None:
        self.generation = generation
        self._socket = connection
        self._socket.setblocking(False)
        self._send: Callable[[bytes | bytearray], int] = self._socket.send
        self._lock = threading.Lock()
        self._pending = Pending(generation)
        self._closed = False
        self._leaving = threading.Event()
        self._descriptor: int | None = None
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self._ends = [OwnSocket(end) for end in (self._socket, self._woken, self._waker)]
        # A fork of the app shares these sockets; only the process that we know may speak.
        os.register_at_fork(after_in_child=self._silence)

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._socket.fileno()

    def hold_interpreter(self) -> None:
        """Keep the interpreter's lock while sending, from now on. See `HeldSend` for errors."""
        from devtui.server.held_send import HeldSend  # takes 3 ms, and nobody should wait for it

        self._send = HeldSend(self._socket)

    def send(self, event: Event) -> None:
        """Send one event, or keep it until the session reads again. Any thread may call it."""
        line = encode(event)
        with self._lock:
            if self._closed:
                return
            if self._pending.data:
                self._pending.keep(event, line)
                # Not left to the thread that reads the orders: where the app's threads are busy
                # it gets to run too seldom, and events would be dropped with nobody stalled.
                self._drain()
                return
            sent = self._try_send(line)
            if sent < len(line):
                self._pending.data += line[sent:]
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

        def obey(order: AnyOrder) -> None:
            try:
                on_order(order)
            except Exception as error:  # no thread can be started, say: the next may be to stop
                self._warn(f"An order was not carried out: {type(error).__name__}: {error}")

        while not self._leaving.is_set():
            try:
                with selectors.DefaultSelector() as selector:
                    selector.register(self._socket, selectors.EVENT_READ)
                    selector.register(self._woken, selectors.EVENT_READ)
                    while not self._leaving.is_set():
                        if not self._turn(selector, received, obey, idle):
                            on_end()
                            return
            except Exception:
                # The app has closed descriptors of ours, or there is no memory at the moment.
                # This thread must outlive that: who else would end the process?
                if not self._is_whole():
                    time.sleep(UNHEARD_SECONDS)
                    on_end()
                    return
                time.sleep(_PAUSE_SECONDS)

    def _turn(
        self,
        selector: selectors.BaseSelector,
        received: bytearray,
        on_order: Callable[[AnyOrder], None],
        idle: Callable[[], float | None],
    ) -> bool:
        """Wait for what comes and take it in; false at the end of the channel."""
        interest = selectors.EVENT_READ
        if self._pending.data:
            interest |= selectors.EVENT_WRITE
        selector.modify(self._socket, interest)
        ready = {key.fileobj: mask for key, mask in selector.select(idle())}
        if not ready and not self._is_whole():  # what is closed is never ready
            raise OSError("The app has closed descriptors of ours.")
        if self._woken in ready:
            self._unwake()
        mask = ready.get(self._socket, 0)
        if mask & selectors.EVENT_WRITE:
            self._send_pending()
        return not mask & selectors.EVENT_READ or self._receive(received, on_order)

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
        """Send what is pending before the process ends; give up after `timeout` seconds.

        A session that is only slow is told in the end how much was given up.
        """
        with self._lock:
            if self._closed:
                return
            if not self._send_until(time.monotonic() + timeout):
                self._pending.give_up()
            self._pending.keep_count()
            self._send_until(time.monotonic() + _LAST_WORDS_SECONDS)

    def _send_until(self, end: float) -> bool:
        """Send what is pending; false where that is not done at the given time."""
        writable = select.poll()
        writable.register(self._socket, select.POLLOUT)
        while self._pending.data and not self._closed:
            if not self._send_some():
                left = end - time.monotonic()
                if left <= 0:
                    return False
                writable.poll(left * 1000)
        return True

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
        searched = len(received)  # a long order comes in many pieces
        received += data
        while (end := received.find(b"\n", searched)) >= 0:
            searched = 0
            line = bytes(received[:end])
            del received[: end + 1]
            try:
                order = decode_order(line)
            except msgspec.DecodeError:  # the app has read a part of it
                self._warn("The app has read an order that was meant for devtui's server.")
                continue
            on_order(order)
        return bool(data)

    def _warn(self, text: str) -> None:
        self.send(
            LogWritten(
                generation=self.generation,
                stream="log",
                logger="devtui",
                level="WARNING",
                text=text,
            )
        )

    def _is_whole(self) -> bool:
        """Whether our descriptors are still what we opened."""
        return all(end.is_whole for end in self._ends)

    def _send_pending(self) -> None:
        with self._lock:
            self._drain()

    def _drain(self) -> None:
        if self._pending.has_room:
            self._pending.keep_count()
        self._send_some()

    def _send_some(self) -> int:
        """Send what the socket takes of what is pending; how many bytes that was."""
        sent = self._try_send(self._pending.data)
        self._pending.sent(sent)
        return sent

    def _try_send(self, data: bytes | bytearray) -> int:
        try:
            return self._send(data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError:
            # The session is gone. The reading side sees that too, and ends this process.
            self._closed = True
            self._pending.data.clear()
            return len(data)

    def _wake(self) -> None:
        with suppress(BlockingIOError):  # then it is full of wake-ups already
            self._waker.send(b"\0")

    def _unwake(self) -> None:
        with suppress(BlockingIOError):  # then all of them are read
            while self._woken.recv(4096):
                pass

    def _silence(self) -> None:
        """In a fork of this process: let go of the channel, so that its end is the parent's end."""
        self._closed = True
        self._pending = Pending(self.generation)
        self._lock = threading.Lock()  # another thread may have held it when the fork was made
        for end in self._ends:
            end.let_go()
