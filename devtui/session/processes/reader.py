"""Read the output of a server process in small turns, so that a flood leaves room for keys."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator

from devtui.events import AnyEvent, LogWritten, RequestFinished
from devtui.session.processes.incoming import IncomingEvents, Pipe
from devtui.session.processes.running import RunningRequests

# The most events that one turn of the event loop publishes. The rest waits, in order, for the next
# turn. A writer whose pipe is full waits too, as it would for a slow terminal.
EVENTS_PER_TURN = 50

# After so many events in the last STREAM_SECONDS, the next read comes REST_SECONDS later: a wakeup
# for each event costs both processes far more than the event itself.
STREAM_EVENTS = 20
STREAM_SECONDS = 0.05
REST_SECONDS = 0.02

# The same while the process waits for us, once the socket is full.
SHORT_REST_SECONDS = 0.002

# How long the loop does other work after a full turn, as a multiple of the turn's time.
REST_SHARE = 0.8

_READ_BYTES = 64 * 1024

# An ended process leaves at most the contents of the pipes' and the socket's buffers. A child that
# escaped from the group may write for ever.
_LAST_READS = 8


class Reader:
    """Read the channel and the two pipes of one server process, on the running event loop.

    Every event is published, in an order in which a request's output lies between its start and its
    end. `on_lost` is called if the channel ends before `finish` was called.
    """

    def __init__(
        self,
        generation: int,
        channel: socket.socket,
        pipes: tuple[Pipe, ...],
        publish: Callable[[AnyEvent], None],
        on_lost: Callable[[], None],
    ) -> None:
        self._channel = channel
        self._pipes = pipes
        self._publish = publish
        self._on_lost = on_lost
        self._on_end: Callable[[], None] | None = None
        self._incoming = IncomingEvents(generation)
        self._generation = generation
        self.running = RunningRequests()
        self._batch: Iterator[AnyEvent] | None = None  # events that were read and not published yet
        self._held: list[AnyEvent] = []  # read too, for the batch after it
        self._last_reads = _LAST_READS
        self._closed = False
        self._scheduled = False
        self._counted, self._counted_from, self._streaming = 0, 0.0, False
        self.hurries = False
        """Whether the loop is left to nobody else: the process waits, and there are no keys."""
        self._loop = asyncio.get_running_loop()
        for fd in (channel.fileno(), *(pipe.fd for pipe in pipes)):
            self._loop.add_reader(fd, self._schedule)

    def finish(self, on_end: Callable[[], None]) -> None:
        """Read what the ended process left, close everything, and then call `on_end`.

        If that is little, all of it is done when this returns.
        """
        self._on_end = on_end
        self._turn()

    def abandon(self) -> None:
        """Read no more, and drop what was read and not published."""
        self._batch, self._held = None, []
        self._close()

    def _schedule(self) -> None:
        """Take one turn in the next round of the loop, however many descriptors are ready."""
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        """Publish what was read, then read and publish more, up to the bound of one turn."""
        self._scheduled = False
        left, began = EVENTS_PER_TURN, self._loop.time()
        try:
            while left > 0:
                if self._batch is None:
                    if not self._read():
                        if self._on_end is None and not self._closed and self._streams():
                            self._rest(SHORT_REST_SECONDS if self.hurries else REST_SECONDS)
                        return
                    left -= 1
                left -= self._hand_on(left)
        except BaseException:
            self._schedule()  # a subscriber's error must not stop later events
            raise
        if self._on_end is None and not self.hurries:
            self._rest(REST_SHARE * (self._loop.time() - began))
        else:
            self._schedule()

    def _streams(self) -> bool:
        """Whether many events came in quick succession just now."""
        now = self._loop.time()
        if now - self._counted_from > STREAM_SECONDS:
            self._streaming = self._counted > STREAM_EVENTS
            self._counted, self._counted_from = 0, now
        return self._streaming

    def _rest(self, seconds: float) -> None:
        """Leave the loop to other work for some seconds.

        A key takes effect after a dozen rounds of the loop. With a turn of ours in each of them it
        would have to wait for a dozen turns.
        """
        self._scheduled = True
        for fd in self._watched():
            self._loop.remove_reader(fd)
        self._loop.call_later(seconds, self._go_on)

    def _go_on(self) -> None:
        for fd in self._watched():
            self._loop.add_reader(fd, self._schedule)
        self._turn()

    def _watched(self) -> list[int]:
        """Return the descriptors that are open."""
        channel = self._channel.fileno()
        return [channel] * (channel >= 0) + [pipe.fd for pipe in self._pipes if pipe.open]

    def _hand_on(self, most: int) -> int:
        """Publish up to `most` events of the batch, and return how many.

        A subscriber may abandon the process.
        """
        count = 0
        while self._batch is not None and count < most:
            event = next(self._batch, None)
            if event is None:
                self._batch = None
                break
            self.running.note(event)
            self._counted += 1
            count += 1
            self._publish(event)
        return count

    def _read(self) -> bool:
        """Read the next batch; return false if there is none.

        The channel is read before the pipes, so a request's output is read before its end can be.
        The channel is read again after them, so the request's start was read, too. Therefore a
        line belongs to the request that runs if there is only one. Ends of requests from the second
        read wait for the next batch.
        """
        if self._closed:
            on_end, self._on_end = self._on_end, None
            if on_end is not None:
                on_end()
            return False
        events, self._held = self._held, []
        something = bool(events)
        data = self._receive()
        written = [pipe.read() for pipe in self._pipes]
        something = something or bool(data) or any(written)
        events += self._incoming.take(data)
        known = len(events)
        if any(written):
            events += self._incoming.take(self._receive())
        if self._on_end is not None:
            self._last_reads -= 1
            if not something or not self._last_reads:
                self._close()
                known = len(events)
        elif not something:
            return False
        known = _first_end(events, known)
        self._held = events[known:]
        author = self.running.only_one(events) if any(written) else None
        self._batch = self._in_order(events[:known], author)
        return True

    def _receive(self) -> bytes:
        if self._channel.fileno() < 0:
            return b""
        try:
            data = self._channel.recv(_READ_BYTES)
        except BlockingIOError:
            return b""
        except ConnectionResetError:
            data = b""  # it ended with unread orders
        if not data:
            self._close_channel()
            if self._on_end is None:
                self._on_lost()
        return data

    def _close(self) -> None:
        """Close the descriptors; something that left the process group may still write."""
        self._closed = True
        self._close_channel()
        for pipe in self._pipes:
            pipe.close()

    def _close_channel(self) -> None:
        if self._channel.fileno() >= 0:
            unwatch(self._channel.fileno())
            self._channel.close()

    def _in_order(self, events: list[AnyEvent], author: str | None) -> Iterator[AnyEvent]:
        """Yield the events, with the pipes' lines between the start and end of requests."""
        first_end = _first_end(events)
        yield from events[:first_end]
        for pipe in self._pipes:
            for line in pipe.lines():
                yield LogWritten(
                    generation=self._generation, stream=pipe.stream, text=line, request_id=author
                )
        yield from events[first_end:]


def _first_end(events: list[AnyEvent], start: int = 0) -> int:
    """Return the index of the first end of a request from `start` on, else the list's length."""
    for place in range(start, len(events)):
        if isinstance(events[place], RequestFinished):
            return place
    return len(events)


def unwatch(fd: int) -> None:
    """Stop watching a descriptor on the running loop."""
    loop = asyncio.get_running_loop()
    loop.remove_reader(fd)
    loop.remove_writer(fd)
