"""Measure how long a connection has waited for its client to send or to receive."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from devtui.server.exchange.bodies import CapturedBody
from devtui.server.guest.clocks import clock

# More than this is not copied to be sent at once.
MAX_JOINED_BYTES = 64 * 1024


class Waiting:
    """The current wait of a connection for its client, and the connection's state.

    `since` is the monotonic time at which the wait began: at first for the head of the request,
    later for a read of its body or a write of the response. It is infinity while the connection
    does not wait. `cut` is true once we have closed the connection to make room for others.
    `accepted` is the time at which the connection was accepted, or its last response was sent.
    `idle` is true while no thread reads from it, and `is_new` until the head of the first request
    was read. `is_untouched` is true until a thread reads from it: nothing was agreed on with the
    client, also with TLS. `address` is the client's. `given_away` is true once the session owns the
    connection and closes it.
    """

    def __init__(self, address: Any = None) -> None:
        self.accepted = self.since = clock.monotonic()
        self.address = address
        self.cut = self.idle = self.given_away = False
        self.is_new = self.is_untouched = True

    def begin_head(self) -> None:
        """Note that the connection waits for the head of its next request."""
        self.accepted = self.since = clock.monotonic()

    @property
    def for_head(self) -> bool:
        """Whether the head of the request is still unread."""
        return self.since == self.accepted

    def end_head(self) -> None:
        """Note that the head of the request was read."""
        self.since = math.inf
        self.is_new = False

    def during(self, transfer: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function that may wait for the client, and return its result."""
        self.since = clock.monotonic()
        try:
            return transfer(*arguments)
        finally:
            self.since = math.inf


class Reader:
    """Read from a client's stream; note each wait, and copy the bytes to `body`."""

    def __init__(self, stream: Any, waiting: Waiting, body: CapturedBody | None = None) -> None:
        self._stream = stream
        self._waiting = waiting
        self._body = body

    def read(self, *size: int) -> bytes:
        return self._took(self._waiting.during(self._stream.read, *size))

    def readline(self, *size: int) -> bytes:
        return self._took(self._waiting.during(self._stream.readline, *size))

    def readlines(self, *hint: int) -> list[bytes]:
        return [self._took(line) for line in self._waiting.during(self._stream.readlines, *hint)]

    def readinto(self, buffer: Any) -> int | None:
        count: int | None = self._waiting.during(self._stream.readinto, buffer)
        if count and self._body is not None:
            self._body.take(bytes(memoryview(buffer).cast("B")[:count]))
        return count

    def close(self) -> None:
        self._stream.close()

    def __iter__(self) -> Reader:
        return self

    def __next__(self) -> bytes:
        if not (line := self.readline()):
            raise StopIteration
        return line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _took(self, data: bytes) -> bytes:
        if self._body is not None:
            self._body.take(data)
        return data


class Writer:
    """Write to a stream. Once a response has begun, its pieces wait for `flush` and go as one.

    One segment on the wire costs both ends half as much as two. `send`, if given, sends a first
    part without waiting, like `HeldCalls.send`.
    """

    def __init__(
        self,
        stream: Any,
        waiting: Waiting,
        send: Callable[[bytes], Iterator[int]] | None = None,
    ) -> None:
        self._stream = stream
        self._waiting = waiting
        self._send = send
        self._held: list[bytes] = []
        self._holds = self._head_follows = False
        self.limit: int | None = None
        """The most bytes of the body to send; None if there is no limit."""
        self.left: int | None = None
        """How many bytes of the body are still missing; None if its length is unknown."""

    def begin(self, limit: int | None) -> None:
        """From now on hold what is written until a flush: first the head, then the body.

        Discard the body beyond `limit` bytes: the client would take the rest for the next response.
        """
        self._holds = self._head_follows = True
        self.limit = self.left = limit

    def end(self) -> None:
        """Send the rest, and hold nothing from now on."""
        self.flush()
        self._holds = self._head_follows = False

    def write(self, data: Any) -> int:
        size = len(data)
        if not self._holds:
            self._waiting.during(self._stream.write, data)
            return size
        if self._head_follows:
            self._head_follows = False
        elif self.left is not None:
            data = data[: self.left]
            self.left -= len(data)
        self._held.append(data)
        return size

    def flush(self) -> None:
        held = self._held
        if held:
            self._held = []
            if sum(map(len, held)) <= MAX_JOINED_BYTES:
                self._write(b"".join(held))
            else:
                for piece in held:
                    self._waiting.during(self._stream.write, piece)
        self._stream.flush()

    def _write(self, data: bytes) -> None:
        if self._send is not None:
            sent = next(self._send(data))
            if sent == len(data):
                return
            data = data[max(sent, 0) :]
        self._waiting.during(self._stream.write, data)

    def close(self) -> None:
        self._stream.close()

    @property
    def closed(self) -> bool:
        closed: bool = self._stream.closed
        return closed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
