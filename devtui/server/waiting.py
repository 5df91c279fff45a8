"""Since when a connection waits for its client, to send something or to take something."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from typing import Any


class Waiting:
    """How long a client has let us wait.

    `since` is the monotonic time at which the waiting began: for the head of a request when the
    connection was accepted, later for what is being read of its body or written of the response.
    It is infinity where nothing is waited for. `cut` is true once we have closed the connection
    ourselves, to make room for others.
    """

    def __init__(self) -> None:
        self.since = time.monotonic()
        self.cut = False
        self._in_head = True

    def end_head(self) -> None:
        """The head of the request has been read."""
        self._in_head = False
        self.since = math.inf

    def during(self, transfer: Callable[..., Any], *arguments: Any) -> Any:
        """Do one transfer, which may wait for the client, and return what it does."""
        if self._in_head:
            return transfer(*arguments)
        self.since = time.monotonic()
        try:
            return transfer(*arguments)
        finally:
            self.since = math.inf


class Reader:
    """Reads as the stream that it is given does."""

    def __init__(self, stream: Any, waiting: Waiting) -> None:
        self._stream = stream
        self._waiting = waiting

    def read(self, *size: int) -> bytes:
        """As the stream's own."""
        data: bytes = self._waiting.during(self._stream.read, *size)
        return data

    def readline(self, *size: int) -> bytes:
        """As the stream's own."""
        line: bytes = self._waiting.during(self._stream.readline, *size)
        return line

    def readlines(self, *hint: int) -> list[bytes]:
        """As the stream's own."""
        lines: list[bytes] = self._waiting.during(self._stream.readlines, *hint)
        return lines

    def readinto(self, buffer: Any) -> int | None:
        """As the stream's own."""
        count: int | None = self._waiting.during(self._stream.readinto, buffer)
        return count

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")

    def __next__(self) -> bytes:
        if not (line := self.readline()):
            raise StopIteration
        return line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class Writer:
    """Writes as the stream that it is given does."""

    def __init__(self, stream: Any, waiting: Waiting) -> None:
        self._stream = stream
        self._waiting = waiting

    def write(self, data: Any) -> int:
        """As the stream's own."""
        count: int = self._waiting.during(self._stream.write, data)
        return count

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
