"""Queue events for the session: ordered, bounded, and with a count of those dropped.

The user's finalisers, signal handlers and trace functions may run between any two bytecodes here.
They may send events, wait for another thread, or raise. So no thread holds anything for which
another waits without a bound, and each step leaves a valid state: one call puts a line, the call
that sends a batch also notes how much it sent, and the steps that remove a sent batch can be
repeated.
"""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from threading import get_ident
from typing import TYPE_CHECKING, TypeAlias

from devtui.events import (
    ErrorRaised,
    Event,
    EventsDropped,
    LogWritten,
    RequestFinished,
    RequestStarted,
    encode,
)
from devtui.server.guest.reentrant import Taken, Turn

if TYPE_CHECKING:
    from devtui.server.guest.held_calls import HeldCalls

# Beyond this size events are dropped: a stalled dashboard must not block requests or use up the
# app's memory.
MAX_PENDING_BYTES = 8 * 1024 * 1024

# The quarters of the room that a kind of event leaves free for others: lines of output for requests
# and errors, starts of requests for ends. A request without its end would seem to run for ever,
# while an end alone makes a whole row.
_LEAVES_FREE: dict[type[Event], int] = {LogWritten: 2, RequestStarted: 1}

# All other kinds are rare, and the session needs them, so they are never dropped.
_DROPPABLE = (LogWritten, RequestStarted, RequestFinished, ErrorRaised)

# The most that one call sends. A call costs as much as a few lines.
_BATCH_BYTES = 64 * 1024
_BATCH_PIECES = 256

# After the socket was full, this many bytes are collected before the next try, unless the reading
# thread sends them sooner.
RETRY_BYTES = 8 * 1024

# One or more whole lines, and how many events they are.
_Piece: TypeAlias = tuple[bytes, int]

# Joined pieces, and how many of their bytes each call has sent.
_Batch: TypeAlias = tuple[bytes, list[int], tuple[_Piece, ...]]


class Pending:
    """The unsent events. Any thread may use it, even while it is in a call of it already."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.closed = False
        """Whether the session is gone and events are discarded."""
        self.keeps_all = False
        """Whether nothing may be dropped. Then the caller bounds the pending events."""
        self.size_bytes = 0
        """The size of the pending events. It is exact only while no thread puts or sends."""
        self._plainly: Callable[[bytes], Iterator[int]] = lambda data: map(
            connection.send, (data,), (socket.MSG_DONTWAIT,)
        )
        self.transfer: Callable[[bytes], Iterator[int]] = self._plainly
        """Send a first part of the data; the iterator's one item is the number of bytes sent.

        The system call runs when that item is taken, with no bytecode in between. It never waits,
        whatever the app has done to the descriptor. `HeldCalls.send` can take its place.
        """
        self.is_full = False
        """Whether an event had no room, and none was made since."""
        self.retry_at_bytes = 0
        """The size from which another try to send pays off; 0 unless the socket was full."""
        self._pieces: deque[_Piece] = deque()
        self._batch: _Batch | None = None  # the first of the pieces, while they are being sent
        self._dropped = 0
        self._turn = Turn()
        self._waiting: set[int] = set()  # the threads that wait for it

    def hold_interpreter(self, calls: HeldCalls) -> None:
        """Keep the interpreter's lock while sending, from now on."""
        self.transfer = partial(calls.send, self._connection)

    def __bool__(self) -> bool:
        return bool(self._pieces)

    @property
    def data(self) -> bytes:
        """All unsent bytes."""
        pieces, batch, sent = tuple(self._pieces), self._batch, 0
        if batch is not None and pieces and batch[2][0] is pieces[0]:
            sent = len(batch[0]) - len(_left(batch))
        return b"".join(data for data, _ in pieces)[sent:]

    @property
    def is_mine(self) -> bool:
        """Whether this call has interrupted a send of the same thread."""
        return self._turn.is_mine

    def refuses(self, kind: type[Event], events: int) -> bool:
        """Drop and count lines of output that have no room, before they are encoded."""
        if kind is not LogWritten or self.keeps_all:
            return False
        self._dropped += events
        return True

    def put(self, kind: type[Event], data: bytes, events: int = 1) -> None:
        """Append the lines of some events of one kind, or drop and count them."""
        if self.closed:
            return
        # Threads change the size side by side. Python gives another thread its turn in a call, so
        # none may stand between the reading and the writing of the size: that would lose a change.
        size_bytes = len(data)
        free = MAX_PENDING_BYTES // 4 * _LEAVES_FREE.get(kind, 0)
        room = MAX_PENDING_BYTES - self.size_bytes - size_bytes - free
        if room < 0 and not self.keeps_all and issubclass(kind, _DROPPABLE):
            self._dropped += events
            self.is_full = True
            return
        self.size_bytes += size_bytes
        self._pieces.append((data, events))

    def send(self) -> bool:
        """Send what the socket takes; return false if another thread does not finish its send.

        A thread also sends what is put while it sends, so a call within a call returns at once.
        """
        while self._pieces and not self.is_mine:
            try:
                took_all = self._turn.at_once(self._send_all)
            except Taken:
                return self._send_soon()
            if not took_all:
                break
        return True

    def _send_soon(self) -> bool:
        """Wait for the sending thread: this process may end after what this thread has put.

        A call within such a call does not wait. Otherwise frequent signals would nest the waits
        deeper and deeper.
        """
        me = get_ident()
        if me in self._waiting:
            return False
        try:
            self._waiting.add(me)
            return self._turn.soon(self._send_all)
        finally:
            self._waiting.discard(me)

    def _send_all(self) -> bool:
        """Send all; return false if the socket takes no more."""
        while True:
            if self._dropped and self.size_bytes < MAX_PENDING_BYTES // 4:
                self.put_count()
            if not self._pieces:
                break
            batch = self._batch
            if batch is None:
                batch = self._batch = self._next_batch()
            if (left := _left(batch)) and not self._send_some(batch[1], left):
                return False
            if not _left(batch):
                self._remove(batch)
        self.size_bytes = self.retry_at_bytes = 0
        return True

    def _next_batch(self) -> _Batch:
        """Join the first pieces. Other threads may append meanwhile, but only we remove."""
        first = self._pieces[0]
        if len(self._pieces) == 1:
            return first[0], [], (first,)
        pieces, size_bytes = [first], len(first[0])
        for number in range(1, min(len(self._pieces), _BATCH_PIECES)):
            piece = self._pieces[number]
            size_bytes += len(piece[0])
            if size_bytes > _BATCH_BYTES:
                break
            pieces.append(piece)
        return b"".join([data for data, _ in pieces]), [], tuple(pieces)

    def _remove(self, batch: _Batch) -> None:
        """Remove the pieces of a sent batch. This may be interrupted and repeated."""
        for piece in batch[2]:
            if self._pieces and self._pieces[0] is piece:
                self._pieces.popleft()
        self._batch = None
        size_bytes = len(batch[0])
        self.size_bytes -= size_bytes
        self.is_full = False

    def _send_some(self, sent: list[int], left: bytes) -> bool:
        """Send a part and note it in `sent`; return false if the socket takes nothing."""
        try:
            sent.extend(self.transfer(left))
            if sent[-1] < 0:
                sent.pop()
                sent.extend(self._plainly(left))
        except OSError as error:
            if not _is_of_system(error):
                raise  # a signal handler has raised it, such as a TimeoutError
            if isinstance(error, BlockingIOError | InterruptedError):
                self.retry_at_bytes = self.size_bytes + RETRY_BYTES
            else:
                # The session is gone. The reading thread will end this process.
                self.close()
            return False
        return True

    def close(self) -> None:
        """Discard all events, now and later."""
        self.closed = True
        self._pieces.clear()
        self._batch = None

    def put_count(self) -> None:
        """Report how many events were dropped."""
        if count := self._dropped:
            told = encode(EventsDropped(count=count))
            self.put(EventsDropped, told, count)
            self._dropped -= count

    def give_up(self) -> None:
        """Drop and count all, except for the batch that may be half sent."""
        self._turn.soon(self._give_up)  # not while another thread sends

    def _give_up(self) -> None:
        kept = 0
        if self._batch is not None and self._batch[1]:
            kept = len(self._batch[2])
        else:
            self._batch = None
        while len(self._pieces) > kept:
            data, events = self._pieces.pop()
            size_bytes = len(data)
            self.size_bytes -= size_bytes
            self._dropped += events


def _is_of_system(error: OSError) -> bool:
    """Return whether a system call has failed here, and not code that interrupted it."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return last is not None and last.tb_frame.f_globals is globals()


def _left(batch: _Batch) -> bytes:
    """Return the unsent rest of a batch."""
    data, sent, _ = batch
    if not sent:
        return data
    return data[sum(count for count in sent if count > 0) :]
