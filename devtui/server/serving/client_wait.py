"""Measure how long a connection has waited for its client to send or to receive."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from devtui.server.guest.clocks import clock
from devtui.server.serving.bodies import CapturedBody

# More than this is not copied to be sent at once.
MAX_JOINED_BYTES = 64 * 1024


class Waiting:
    """The time since which a connection waits for its client.

    `since` is the monotonic time at which the current wait began: at first for the head of the
    request, later for a read of its body or a write of the response. It is infinity while the
    connection does not wait. `cut` is true once we have closed the connection to make room for
    others. `accepted` is the time at which the connection was accepted.
    `given_away` is true once somebody else closes it.
    """

    def __init__(self) -> None:
        self.accepted = self.since = clock.monotonic()
        self.cut = False
        self.given_away = False

    @property
    def for_head(self) -> bool:
        """Whether the head of the request is still unread."""
        return self.since == self.accepted

    def end_head(self) -> None:
        """Note that the head of the request was read."""
        self.since = math.inf

    def during(self, transfer: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function that may wait for the client, and return its result."""
        self.since = clock.monotonic()
        try:
            return transfer(*arguments)
        finally:
            self.since = math.inf


class Reader:
    """Read as a stream of the client's does; note each wait, and take what was read to `body`."""

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
    """Write to a stream. A head may wait for its body, and be sent with it."""

    def __init__(self, stream: Any, waiting: Waiting) -> None:
        self._stream = stream
        self._waiting = waiting
        self._held = b""
        self._holds = False

    def hold(self) -> None:
        """Keep the next piece until another follows it, or until `flush`.

        One segment on the wire costs both ends half as much as two.
        """
        self._holds = True

    def write(self, data: Any) -> int:
        if self._holds:
            self._holds, self._held = False, bytes(data)
        elif self._held and len(data) <= MAX_JOINED_BYTES:
            held, self._held = self._held, b""
            self._waiting.during(self._stream.write, held + data)
        else:
            if self._held:
                self._send_held()
            self._waiting.during(self._stream.write, data)
        return len(data)

    def flush(self) -> None:
        if self._held:
            self._send_held()
        self._stream.flush()

    def close(self) -> None:
        self._stream.close()

    @property
    def closed(self) -> bool:
        closed: bool = self._stream.closed
        return closed

    def _send_held(self) -> None:
        held, self._held = self._held, b""
        self._waiting.during(self._stream.write, held)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
