"""Read the body of a request up to its known end, and discard what the app leaves unread."""

from __future__ import annotations

import io
import select
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeAlias

from devtui.server.keepalive.chunked import BrokenBody, dechunked, is_strict

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from devtui.server.keepalive.client_wait import Waiting

# How much of an unread body to read to use the connection again. A new one costs less than more.
MAX_SKIPPED = 64 * 1024

# A client may read its response only after it has sent the whole body, and a connection that is
# closed with unread bytes loses the response (RFC 9112, section 9.6). So read until the client
# pauses for this long, in pieces and up to a bound.
PAUSE_MS = 10
PIECE = 256 * 1024
MAX_DISCARDED = 10_000_000_000

# The longest wait for a client while a stop of the server goes unnoticed.
ALONE_MS = 50

Receive: TypeAlias = Callable[[memoryview], int]


class SizedBody(io.RawIOBase):
    """A body of a known length. Read from `stream` no further than its end."""

    def __init__(self, stream: Any, length: int) -> None:
        super().__init__()
        self._stream = stream
        self.left = length

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        size = min(len(view), self.left)
        if not size:
            return 0
        # One read: an app may ask for as much as has arrived.
        data = self._stream.read1(size)
        view[: len(data)] = data
        self.left -= len(data)
        return len(data)


class RequestBody:
    """The body that a head has announced: `length` bytes, or chunks if it is -1."""

    def __init__(self, source: ClientInput, length: int) -> None:
        self._source = source
        self._length = length
        self.stream: io.BufferedReader | io.BytesIO
        """What the app reads."""
        self._sized: SizedBody | None = None
        if length < 0:
            self.stream = dechunked(source.stream)
        elif length:
            self._sized = SizedBody(source.stream, length)
            self.stream = io.BufferedReader(self._sized, PIECE if length > PIECE else 8192)
        else:
            self.stream = io.BytesIO()

    @property
    def is_short(self) -> bool:
        """Whether the unread rest is known to be worth skipping."""
        return self._sized is None or self._sized.left <= MAX_SKIPPED

    def skip(self, waiting: Waiting) -> bool:
        """Read the rest; return false if that is too much, or if its end is in doubt."""
        if not self._length:
            return True
        left = MAX_SKIPPED
        try:
            while data := waiting.during(self.stream.read, min(left, PIECE)):
                left -= len(data)
                if left <= 0:
                    return False
        except BrokenBody:
            return False
        if self._sized is not None:
            return not self._sized.left
        return not isinstance(self.stream, io.BufferedReader) or is_strict(self.stream)


class ClientInput:
    """What a client sends: a buffered `stream`, which can be asked whether it holds bytes.

    `receive`, if given, fills a buffer without waiting, like `receive_now`.
    """

    def __init__(self, connection: Any, raw: Any, receive: Receive | None = None) -> None:
        self._connection = connection
        self._source = _Source(raw, receive)
        self.stream: Any = io.BufferedReader(self._source, 16 * 1024)

    def received(self) -> bytes:
        """Return unused bytes that have arrived, empty if there are none."""
        return self._peek(self._source.read_now)

    def buffered(self) -> bytes:
        """Return unused bytes that were read from the connection already."""
        return self._peek(_read_nothing)

    def _peek(self, read: Callable[[memoryview], int | None]) -> bytes:
        self._source.read_some, usual = read, self._source.read_some
        try:
            data: bytes = self.stream.peek(1)
            return data
        finally:
            self._source.read_some = usual

    def has_more(self, milliseconds: float, others: tuple[Any, ...] = ()) -> bool:
        """Wait until the client or one of the others is readable; return true if the client is.

        The end of its stream counts too.
        """
        connection = self._connection
        if self.received():
            return True
        pending = getattr(connection, "pending", None)  # bytes that TLS has decrypted
        if pending is not None and pending():
            return True
        if not hasattr(select, "poll"):
            return self._has_more_alone(milliseconds)
        readable = select.poll()  # gevent's if the app patched it: other greenlets must run
        readable.register(connection, select.POLLIN)
        for other in others:
            readable.register(other, select.POLLIN)
        number = connection.fileno()
        return any(found == number for found, _ in readable.poll(milliseconds))

    def _has_more_alone(self, milliseconds: float) -> bool:
        """Wait for the client where eventlet has removed `select.poll`.

        eventlet raises if two greenlets wait for the same socket, so this cannot wait for the
        others. So the wait is short.
        """
        seconds = min(milliseconds, ALONE_MS) / 1000
        return bool(select.select([self._connection], [], [], seconds)[0])

    def discard(self, milliseconds: float) -> None:
        """Discard what the client still sends, until it pauses for so many milliseconds."""
        left = MAX_DISCARDED
        with suppress(OSError):  # it is broken off, and nobody wants it
            while left > 0 and self.has_more(milliseconds):
                data = self.stream.read1(PIECE)
                if not data:
                    break
                left -= len(data)


def receive_now(connection: socket.socket, buffer: memoryview) -> int:
    """Fill a buffer with the bytes that have arrived; return their number.

    It is 0 at the end of the stream, and -1 if nothing has arrived.
    """
    with suppress(BlockingIOError):
        return connection.recv_into(buffer, 0, socket.MSG_DONTWAIT)
    return -1


def _read_nothing(buffer: memoryview) -> int | None:
    return None


class _Source(io.RawIOBase):
    """Read from a connection."""

    def __init__(self, raw: Any, receive: Receive | None) -> None:
        super().__init__()
        self._raw = raw
        self._receive = receive
        self._error: OSError | None = None
        self.read_some: Callable[[memoryview], int | None] = self._read

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        assert isinstance(buffer, memoryview), "a buffered reader's"
        return self.read_some(buffer)

    def read_now(self, buffer: memoryview) -> int | None:
        """Read only what has arrived, if the connection can do that.

        If that fails, the next read that may wait raises the error.
        """
        if self._receive is None or self._error is not None:
            return None
        try:
            count = self._receive(buffer)
        except OSError as error:
            self._error = error
            return None
        return None if count < 0 else count

    def _read(self, buffer: memoryview) -> int | None:
        count = self.read_now(buffer)
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        return self._raw.readinto(buffer) if count is None else count

    def close(self) -> None:
        self._raw.close()
        super().close()
