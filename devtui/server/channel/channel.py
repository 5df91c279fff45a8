"""The server process's end of the private channel: events go out, orders come in."""

from __future__ import annotations

import os
import select
import selectors
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeAlias

import msgspec

from devtui.events import (
    AnyOrder,
    Event,
    Load,
    LogWritten,
    decode_order,
    encode,
)
from devtui.server.channel.pending import Pending
from devtui.server.channel.received_orders import ReceivedOrders
from devtui.server.guest.clocks import clock
from devtui.server.guest.descriptors import OwnSocket

_READ_BYTES = 64 * 1024

# What may wait where all is kept: a session that reads has it in a moment.
MAX_KEPT_BYTES = 256 * 1024

# How often a thread that waits for the session looks whether there is one.
_LOOK_SECONDS = 0.1

# For the count of what was given up, at the end.
_LAST_WORDS_SECONDS = 0.1

# The rest that the reading thread takes after an error, which may come again at once.
_PAUSE_SECONDS = 0.05

# The session sees that the channel was closed, tells the user, and ends this process. Where there
# is no session any more, this process ends itself after so long.
UNHEARD_SECONDS = 2.0


OnOrder: TypeAlias = Callable[[AnyOrder, "int | None"], None]


class Channel:
    """Sends events without blocking (but see `keep_all`), and hands on the orders that come.

    A send tries the socket at once, so that an event is not lost with the process that dies after
    it; what the socket does not take waits and is sent by the thread that also reads the orders.
    """

    def __init__(self, connection: socket.socket, generation: int) -> None:
        self.generation = generation
        self._socket = connection
        self._socket.setblocking(False)
        self._pending = Pending(connection, generation)
        self._reader = 0  # the thread in `run`
        self._waiting: set[int] = set()  # threads that wait for room
        self._waits_for_room = False  # that thread wakes when the socket takes more
        self._leaving = threading.Event()
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self._ends = [OwnSocket(end) for end in (self._socket, self._woken, self._waker)]
        # A fork of the app shares these sockets; only the process that we know may speak.
        os.register_at_fork(after_in_child=self._silence)

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._socket.fileno()

    def keep_all(self) -> None:
        """Drop nothing, from now on: who sends more than the session reads has to wait for it."""
        self._pending.keeps_all = True

    def send(self, event: Event) -> None:
        """Send one event, or keep it until the session reads again. Any thread may call it."""
        if not (self._pending.is_full and self._pending.refuses(type(event), 1)):
            self._send(type(event), encode(event), 1)

    def send_all(self, events: Sequence[Event]) -> None:
        """Send events of one kind, a few hundred at most, as one."""
        kind, count = type(events[0]), len(events)
        if not (self._pending.is_full and self._pending.refuses(kind, count)):
            self._send(kind, b"".join(map(encode, events)), count)

    def _send(self, kind: type[Event], lines: bytes, count: int) -> None:
        pending = self._pending
        pending.put(kind, lines, count)
        if pending.size_bytes < pending.retry_at_bytes:
            return  # it was full a few lines ago, and the thread that reads the orders was woken
        try:
            # Not left to the thread that reads the orders: where the app's threads are busy
            # it gets to run too seldom, and events would be dropped with nobody stalled.
            pending.send()
        finally:
            if pending and not self._waits_for_room:
                self._wake()
        if pending.keeps_all and pending.size_bytes > MAX_KEPT_BYTES:
            self._wait_for_room()

    def run(
        self,
        on_order: OnOrder,
        on_end: Callable[[], None],
        idle: Callable[[], float | None],
    ) -> None:
        """Read orders until the session's end closes; then call `on_end`. Runs in a thread.

        `on_order` gets each order, and the listener that came with it: a descriptor, to be closed
        by whoever takes it. None came with any order but `Load`.

        `idle` is called between reads and says in how many seconds it wants to be called again,
        None for no sooner than the next order.
        """
        received = ReceivedOrders()
        self._reader = threading.get_ident()

        def obey(order: AnyOrder, listener: int | None) -> None:
            try:
                on_order(order, listener)
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
                if not self.is_whole:
                    clock.sleep(UNHEARD_SECONDS)
                    on_end()
                    return
                clock.sleep(_PAUSE_SECONDS)

    def _turn(
        self,
        selector: selectors.BaseSelector,
        received: ReceivedOrders,
        on_order: OnOrder,
        idle: Callable[[], float | None],
    ) -> bool:
        """Wait for what comes and take it in; false at the end of the channel."""
        interest = selectors.EVENT_READ
        self._waits_for_room = bool(self._pending)
        if self._waits_for_room:
            interest |= selectors.EVENT_WRITE
        selector.modify(self._socket, interest)
        ready = {key.fileobj: mask for key, mask in selector.select(idle())}
        if not ready and not self.is_whole:  # what is closed is never ready
            raise OSError("The app has closed descriptors of ours.")
        if self._woken in ready:
            self._unwake()
        mask = ready.get(self._socket, 0)
        if mask & selectors.EVENT_WRITE:
            self._pending.send()
        return not mask & selectors.EVENT_READ or self._receive(received, on_order)

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
        if not self._send_until(timeout):
            self._pending.give_up()
        self._pending.put_count()
        self._send_until(_LAST_WORDS_SECONDS)

    def _send_until(self, timeout: float) -> bool:
        """Send what is pending; false where that takes longer.

        Where all is kept, it may take longer as long as the session reads.
        """
        pending, before = self._pending, 0
        writable = select.poll()
        writable.register(self._socket, select.POLLOUT)
        end = clock.monotonic() + timeout
        while pending.send() and pending:
            now = clock.monotonic()
            if pending.keeps_all and pending.size_bytes < before:
                end = now + timeout
            if now >= end:
                return False
            before = pending.size_bytes
            writable.poll((end - now) * 1000)
        return not pending

    def _wait_for_room(self) -> None:
        """Wait until the session has read. Orders must be read all the time, so not in `run`.

        Nor where this thread was interrupted while it sends, or waits already: it goes on with
        that afterwards.
        """
        pending, me = self._pending, threading.get_ident()
        if pending.is_mine or me == self._reader or me in self._waiting:
            return
        try:
            self._waiting.add(me)
            writable = select.poll()
            writable.register(self._socket, select.POLLOUT)
            while pending.size_bytes > MAX_KEPT_BYTES and self.is_whole:
                writable.poll(_LOOK_SECONDS * 1000)
                if not pending.send():
                    return  # a thread that sends waits for this one, perhaps
        finally:
            self._waiting.discard(me)

    def _receive(self, received: ReceivedOrders, on_order: OnOrder) -> bool:
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
            received.listener = descriptor
        for line in received.lines(data):
            try:
                order = decode_order(line)
            except msgspec.DecodeError:  # the app has read a part of it
                self._warn("The app has read an order that was meant for devtui's server.")
                continue
            on_order(order, received.take_listener() if isinstance(order, Load) else None)
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

    @property
    def is_whole(self) -> bool:
        """Whether our descriptors are still what we opened."""
        return all(end.is_whole for end in self._ends)

    def _wake(self) -> None:
        with suppress(BlockingIOError):  # then it is full of wake-ups already
            self._waker.send(b"\0")

    def _unwake(self) -> None:
        with suppress(BlockingIOError):  # then all of them are read
            while self._woken.recv(4096):
                pass

    def _silence(self) -> None:
        """In a fork of this process: let go of the channel, so that its end is the parent's end."""
        self._pending.close()
        for end in self._ends:
            end.let_go()
