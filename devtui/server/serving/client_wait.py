"""Since when a connection waits for its client, to send something or to take something."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from devtui.server.guest.clocks import clock
from devtui.server.serving.bodies import CapturedBody

# To send more than this at once is worth no copy of it.
MAX_JOINED_BYTES = 64 * 1024


class Waiting:
    """How long a client has let us wait.

    `since` is the monotonic time at which the waiting began: for the head of a request when the
    connection was accepted, later for what is being read of its body or written of the response.
    It is infinity where nothing is waited for. `cut` is true once we have closed the connection
    ourselves, to make room for others. `accepted` is when the connection was.
    """

    def __init__(self) -> None:
        self.accepted = self.since = clock.monotonic()
        self.cut = False

    @property
    def for_head(self) -> bool:
        """Whether the head of the request has not been read yet."""
        return self.since == self.accepted

    def end_head(self) -> None:
        """The head of the request has been read."""
        self.since = math.inf

    def during(self, transfer: Callable[..., Any], *arguments: Any) -> Any:
        """Do one transfer, which may wait for the client, and return what it does."""
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
    """Writes as the stream that it is given does, but that a head may wait for its body."""

    def __init__(self, stream: Any, waiting: Waiting) -> None:
        self._stream = stream
        self._waiting = waiting
        self._held = b""
        self._holds = False

    def hold(self) -> None:
        """Send what is written next together with what is written after it, or by `flush`.

        One segment on the wire costs both ends half of what two cost.
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
