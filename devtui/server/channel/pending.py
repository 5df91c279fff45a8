"""Events on their way to the session: in order, bounded, and what is dropped is counted.

Finalisers, signal handlers and trace functions of the user's may run between any two bytecodes
here. They may send events themselves, wait for another thread, or raise. So nothing is held while
bytecode runs that another thread would wait for without a bound, and each step leaves a state that
is right: one call puts a line, the call that sends a batch of lines notes how much it sent, and the
lines of a sent batch are removed by steps that can be repeated.
"""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable, Iterator
from queue import Empty
from threading import get_ident
from typing import TypeAlias

from devtui.events import (
    ErrorRaised,
    Event,
    EventsDropped,
    LogWritten,
    RequestFinished,
    RequestStarted,
    encode,
)
from devtui.server.guest.reentrant import Turn

# Beyond this events are dropped, since a stalled dashboard must never block a request or eat the
# memory of the app.
MAX_PENDING_BYTES = 8 * 1024 * 1024

# What each kind of event leaves free, in quarters: lines of output, of which an app can write any
# number, for requests and errors; the starts of requests for the ends of those that are under way.
# A row whose end was dropped would seem to run for ever, while an end alone is a whole row.
_LEAVES_FREE: dict[type[Event], int] = {LogWritten: 2, RequestStarted: 1}

# Whatever is none of these is said a few times in a process's life, and the session cannot do
# without it: it is kept in any case.
_DROPPABLE = (LogWritten, RequestStarted, RequestFinished, ErrorRaised)

# One call sends at most so many bytes and pieces. A call costs as much as a few lines.
_BATCH_BYTES = 64 * 1024
_BATCH_PIECES = 256

# After the socket was full, so many bytes wait before the next try. The thread that reads the
# orders sends them sooner if it gets to run.
RETRY_BYTES = 8 * 1024

# One or more whole lines, and how many events they are.
_Piece: TypeAlias = tuple[bytes, int]

# Pieces joined to be sent, and how many bytes of them each call has sent.
_Batch: TypeAlias = tuple[bytes, list[int], tuple[_Piece, ...]]


class Pending:
    """What was not sent yet. Any thread may use it, also while it is in the middle of using it."""

    def __init__(self, connection: socket.socket, generation: int) -> None:
        self.closed = False
        """Whether the session is gone: what is put is forgotten."""
        self.keeps_all = False
        """Whether nothing is dropped: the caller sees to it that little waits."""
        self.size_bytes = 0
        """How much waits. Close to the truth while threads put and send, true when none does."""
        self.transfer: Callable[[bytes], Iterator[int]] = lambda data: map(
            connection.send, (data,), (socket.MSG_DONTWAIT,)
        )
        """Send the beginning of some data once its one item is asked for: the number of bytes.

        No bytecode runs between the system's call and the item. It never waits, whatever the app
        did to the descriptor.
        """
        self.is_full = False
        """Whether there was no room for an event, and none was made since."""
        self.retry_at_bytes = 0
        """How much has to wait before a try to send is worth its cost; 0 unless it was full."""
        self._generation = generation
        self._pieces: deque[_Piece] = deque()
        self._batch: _Batch | None = None  # the first of the pieces, while they are being sent
        self._dropped = 0
        self._turn = Turn()
        self._sender = 0  # the thread that has the turn
        self._waiting: set[int] = set()  # the threads that wait for it

    def __bool__(self) -> bool:
        return bool(self._pieces)

    @property
    def data(self) -> bytes:
        """All that waits."""
        pieces, batch, sent = tuple(self._pieces), self._batch, 0
        if batch is not None and pieces and batch[2][0] is pieces[0]:
            sent = len(batch[0]) - len(_left(batch))
        return b"".join(data for data, _ in pieces)[sent:]

    @property
    def is_mine(self) -> bool:
        """Whether the calling thread is sending, and was interrupted in it."""
        return self._sender == get_ident()

    def refuses(self, kind: type[Event], events: int) -> bool:
        """Drop and count lines of output for which there is no room, before they are encoded."""
        if kind is not LogWritten or self.keeps_all:
            return False
        self._dropped += events
        return True

    def put(self, kind: type[Event], data: bytes, events: int = 1) -> None:
        """Put the lines of so many events of one kind behind the others; or drop and count them."""
        if self.closed:
            return
        free = MAX_PENDING_BYTES // 4 * _LEAVES_FREE.get(kind, 0)
        room = MAX_PENDING_BYTES - self.size_bytes - len(data) - free
        if room < 0 and not self.keeps_all and issubclass(kind, _DROPPABLE):
            self._dropped += events
            self.is_full = True
            return
        self.size_bytes += len(data)
        self._pieces.append((data, events))

    def send(self) -> bool:
        """Send what the socket takes; false where another thread does not come to its end.

        What is put while this thread sends is sent by it as well, so a call within a call returns
        at once.
        """
        while self._pieces and self._sender != get_ident():
            try:
                with self._turn.free:
                    took_all = self._send_all()
            except Empty:
                return self._send_soon()
            if not took_all:
                break
        return True

    def _send_soon(self) -> bool:
        """Wait for the thread that sends: what this one has put may be its last word.

        A call within such a call does not wait, or a signal that comes often would have more and
        more calls wait within each other.
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
        """Send until nothing waits any more, or the socket takes no more: then false."""
        self._sender = get_ident()
        try:
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
        finally:
            self._sender = 0

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
        """Take away the pieces of a batch that was sent. It may be interrupted and repeated."""
        for piece in batch[2]:
            if self._pieces and self._pieces[0] is piece:
                self._pieces.popleft()
        self._batch = None
        self.size_bytes -= len(batch[0])
        self.is_full = False

    def _send_some(self, sent: list[int], left: bytes) -> bool:
        """Send a part and note it in `sent`; false where the socket takes nothing now."""
        try:
            sent.extend(self.transfer(left))
        except BlockingIOError:
            self.retry_at_bytes = self.size_bytes + RETRY_BYTES
            return False
        except InterruptedError:
            return False
        except OSError:
            # The session is gone. The reading side sees that too, and ends this process.
            self.close()
            return False
        return True

    def close(self) -> None:
        """Forget what waits, and what comes."""
        self.closed = True
        self._pieces.clear()
        self._batch = None

    def put_count(self) -> None:
        """Have the session told how many events were dropped."""
        if count := self._dropped:
            told = encode(EventsDropped(generation=self._generation, count=count))
            self.put(EventsDropped, told, count)
            self._dropped -= count

    def give_up(self) -> None:
        """Drop and count all, except for the batch that may be half sent."""
        self._turn.soon(self._give_up)  # where another thread sends, nothing is given up

    def _give_up(self) -> None:
        kept = 0
        if self._batch is not None and self._batch[1]:
            kept = len(self._batch[2])
        else:
            self._batch = None
        while len(self._pieces) > kept:
            data, events = self._pieces.pop()
            self.size_bytes -= len(data)
            self._dropped += events


def _left(batch: _Batch) -> bytes:
    """What was not sent yet of a batch."""
    data, sent, _ = batch
    if not sent:
        return data
    return data[sum(count for count in sent if count > 0) :]
