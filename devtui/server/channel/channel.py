"""The server process's end of the channel: send events, receive orders."""

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
    SetLive,
    decode_order,
    encode,
)
from devtui.server.channel.pending import Pending
from devtui.server.channel.received_orders import Kept, ReceivedOrders
from devtui.server.guest import polling
from devtui.server.guest.clocks import clock
from devtui.server.guest.descriptors import OwnSocket

_READ_BYTES = 64 * 1024

# How often a thread that waits for the session checks that the channel still exists.
_LOOK_SECONDS = 0.1

# How long to wait, at the end, until the count of dropped events is sent.
LAST_WORDS_SECONDS = 0.1

# The pause of the reading thread after an error, which may occur again at once.
_PAUSE_SECONDS = 0.05

# If the app closes the channel, the session tells the user and ends this process. If the session is
# gone, this process ends itself after this time.
UNHEARD_SECONDS = 2.0

OnOrder: TypeAlias = Callable[[AnyOrder, "int | None"], None]


class Channel:
    """Send events without blocking (but see `keep_all`), and receive orders.

    A send tries the socket at once, so that the event is not lost if the process dies next. The
    thread that reads the orders sends the rest later.
    """

    def __init__(self, connection: socket.socket, generation: int) -> None:
        self.generation = generation
        """The first part of the ids from this process, so that they are unique in the session."""
        self._socket = connection
        self._socket.setblocking(False)
        self.pending = Pending(connection)
        """The events that were not sent yet."""
        self.kept = Kept([], None)
        """What came with the listener."""
        self._reader = 0  # the thread in `run`
        self._waiting: set[int] = set()  # threads that wait for room
        self._waits_for_room = False  # the reader wakes when the socket takes more
        self._leaving = threading.Event()
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self._ends = [OwnSocket(end) for end in (self._socket, self._woken, self._waker)]
        # A fork of the app shares these sockets, and must not use them.
        os.register_at_fork(after_in_child=self.close)

    def fileno(self) -> int:
        """Return the socket's descriptor."""
        return self._socket.fileno()

    def keep_all(self) -> None:
        """Drop nothing from now on: a thread that sends waits until the system has taken all of it.

        Events in this process's memory would be lost if the app ended the process at once.
        """
        self.pending.keeps_all = True

    def refuses_line(self) -> bool:
        """Whether there is no room for a line of output; if so, count it as dropped."""
        return self.pending.is_full and self.pending.refuses(LogWritten, 1)

    def send(self, event: Event) -> None:
        """Send one event, or keep it until the session reads again. Any thread may call it."""
        if not (self.pending.is_full and self.pending.refuses(type(event), 1)):
            self._send(type(event), encode(event), 1)

    def put(self, event: Event) -> None:
        """Keep one event until the next one is sent, or until `send_pending`."""
        if not (self.pending.is_full and self.pending.refuses(type(event), 1)):
            self.pending.put(type(event), encode(event))

    def send_pending(self) -> None:
        """Send the events that were only put."""
        if self.pending:
            self._send_pending()

    def send_all(self, events: Sequence[Event]) -> None:
        """Send events of one kind together, a few hundred at most."""
        kind, count = type(events[0]), len(events)
        if not (self.pending.is_full and self.pending.refuses(kind, count)):
            self._send(kind, b"".join(map(encode, events)), count)

    def _send(self, kind: type[Event], lines: bytes, count: int) -> None:
        self.pending.put(kind, lines, count)
        self._send_pending()

    def _send_pending(self) -> None:
        pending = self.pending
        try:
            # If the socket was full a few lines ago, the thread that reads the orders was woken.
            if pending.size_bytes >= pending.retry_at_bytes:
                # Not left to the reading thread: if the app's threads are busy it runs too seldom,
                # and events would be dropped although the session reads.
                pending.send()
            if pending.keeps_all and pending:
                self._wait_for_room()
        finally:
            if pending and not self._waits_for_room:
                self._wake()

    def run(
        self,
        on_order: OnOrder,
        on_end: Callable[[], None],
        idle: Callable[[], float | None],
    ) -> None:
        """Read orders until the session's end closes; then call `on_end`. Run it in a thread.

        `on_order` gets each order, and with `Load` and `SetLive` a descriptor that it must close.

        `idle` is called between reads. It returns the seconds until its next call, or None for
        after the next order.
        """
        received = ReceivedOrders()
        self._reader = threading.get_ident()

        def obey(order: AnyOrder, listener: int | None) -> None:
            try:
                on_order(order, listener)
            except Exception as error:  # no new thread, for example; the next order may be Stop
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
                # The app has closed our descriptors, or there is no memory. This thread must go on,
                # because only it can end the process.
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
        """Wait for input and handle it; return false at the end of the channel."""
        interest = selectors.EVENT_READ
        self._waits_for_room = bool(self.pending)
        if self._waits_for_room:
            interest |= selectors.EVENT_WRITE
        selector.modify(self._socket, interest)
        ready = {key.fileobj: mask for key, mask in selector.select(idle())}
        if not ready and not self.is_whole:  # a closed one is never ready
            raise OSError("The app has closed descriptors of ours.")
        if self._woken in ready:
            self._unwake()
        mask = ready.get(self._socket, 0)
        if mask & selectors.EVENT_WRITE:
            self.pending.send()
        return not mask & selectors.EVENT_READ or self._receive(received, on_order)

    def leave_unread(self) -> None:
        """Make `run` return, and leave all further input to another reader."""
        self._leaving.set()
        self._wake()

    def nudge(self) -> None:
        """Make the thread in `run` call `idle` again."""
        self._wake()

    def flush(self, timeout: float) -> None:
        """Send what is pending before the process ends; give up after `timeout` seconds.

        A slow session gets the count of the dropped events.
        """
        if not _send_until(self.pending, self._socket, timeout):
            self.pending.give_up()
        self.pending.put_count()
        _send_until(self.pending, self._socket, LAST_WORDS_SECONDS)

    def _wait_for_room(self) -> None:
        """Wait until the session has read enough for the system to take all that is pending.

        Do not wait in the thread that reads the orders, nor in a call that has interrupted a send
        or a wait of the same thread.
        """
        pending, me = self.pending, threading.get_ident()
        if pending.is_mine or me == self._reader or me in self._waiting:
            return
        try:
            self._waiting.add(me)
            writable = polling.poll()
            writable.register(self._socket, select.POLLOUT)
            while pending and self.is_whole:
                writable.poll(_LOOK_SECONDS * 1000)
                if not pending.send():
                    return  # a sending thread may wait for this one
        finally:
            self._waiting.discard(me)

    def _receive(self, received: ReceivedOrders, on_order: OnOrder) -> bool:
        """Read, and handle all whole lines; return false at the end of the channel."""
        try:
            data, descriptors, _, _ = socket.recv_fds(self._socket, _READ_BYTES, 4)
        except BlockingIOError:
            return True
        except OSError:
            return False
        if descriptors and (kept := received.keep(descriptors)):
            self.kept = kept
        for line in received.lines(data):
            try:
                order = decode_order(line)
            except msgspec.DecodeError:  # the app has read a part of it
                self._warn("The app has read an order that was meant for devtui's server.")
                continue
            with_descriptor = isinstance(order, (Load, SetLive))
            on_order(order, received.take_descriptor() if with_descriptor else None)
        return bool(data)

    def _warn(self, text: str) -> None:
        self.send(
            LogWritten(
                stream="log",
                logger="devtui",
                level="WARNING",
                text=text,
            )
        )

    @property
    def is_whole(self) -> bool:
        """Whether our descriptors are still those that we opened."""
        return all(end.is_whole for end in self._ends)

    def _wake(self) -> None:
        with suppress(BlockingIOError):  # full of wake-ups
            self._waker.send(b"\0")

    def _unwake(self) -> None:
        with suppress(BlockingIOError):  # all are read
            while self._woken.recv(4096):
                pass

    def close(self) -> None:
        """Close the channel in this process: a fork leaves it to its parent."""
        self.pending.close()
        for end in self._ends:
            end.let_go()


def _send_until(pending: Pending, connection: socket.socket, timeout: float) -> bool:
    """Send what is pending; return false if time runs out.

    If nothing may be dropped, the time starts again whenever the session reads.
    """
    before = 0
    writable = polling.poll()
    writable.register(connection, select.POLLOUT)
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
