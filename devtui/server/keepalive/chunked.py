"""Decode a request's chunked body (RFC 9112, section 7.1), with bounds.

If a client sends less than it promised, Werkzeug's reader fills the rest with zero bytes, however
many. This one raises `BrokenBody`.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from werkzeug.exceptions import BadRequest

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAX_LINE = 4096  # bytes of a chunk's size with its extensions, or of a trailer field
MAX_TRAILERS = 100

# Sixteen digits are 2**64 bytes, more than anybody sends.
_SIZE = rb"(?s)([0-9A-Fa-f]{1,16})[ \t]*(?:;.*)?\r?\n"


class BrokenBody(BadRequest, OSError):
    """The client sent malformed chunks, or disconnected in the middle.

    Flask and Werkzeug answer a `BadRequest` with 400. Django and Bottle expect an `OSError` from an
    input that cannot be read.
    """


class ChunkedBody(io.RawIOBase):
    """The decoded body. Read from `stream` no further than the body's end.

    A read returns at most the rest of the current chunk. It may raise `BrokenBody`.
    """

    def __init__(self, stream: io.BufferedIOBase) -> None:
        super().__init__()
        self._stream = stream
        self._left = 0  # bytes of the current chunk
        self._begun = False
        self._done = False
        self.is_strict = True
        """Whether every line ended as it should: no parser can find another end of the body."""

    @property
    def done(self) -> bool:
        """Whether all chunks were read."""
        return self._done

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        if not self._left and not self._done and len(view):
            self._next_chunk()
        if self._done or not len(view):
            return 0
        data = self._stream.read(min(len(view), self._left))
        if not data:
            raise BrokenBody(f"The body ended {self._left:,} bytes before the end of its chunk.")
        view[: len(data)] = data
        self._left -= len(data)
        return len(data)

    def _next_chunk(self) -> None:
        if self._begun and self._line() not in (b"\r\n", b"\n"):
            raise BrokenBody("A chunk of the body is longer than it says.")
        self._begun = True
        line = self._line()
        found = re.fullmatch(_SIZE, line)
        if found is None:
            raise BrokenBody(f"{line[:40]!r} is not a chunk size: send hexadecimal digits.")
        self._left = int(found[1], 16)
        if not self._left:
            self._skip_trailers()
            self._done = True

    def _skip_trailers(self) -> None:
        for _ in range(MAX_TRAILERS):
            if self._line() in (b"\r\n", b"\n"):
                return
        raise BrokenBody(f"More than {MAX_TRAILERS} fields follow the body.")

    def _line(self) -> bytes:
        line = self._stream.readline(MAX_LINE + 1)
        if len(line) > MAX_LINE:
            raise BrokenBody(f"A line between chunks is longer than {MAX_LINE:,} bytes.")
        if not line.endswith(b"\n"):
            raise BrokenBody("The body ended before its last chunk.")
        if line[-2:] != b"\r\n" or b"\r" in line[:-2]:
            self.is_strict = False
        return line


def dechunked(stream: io.BufferedIOBase) -> io.BufferedReader:
    """Return the decoded body of `stream`, to be read by size or by line."""
    return io.BufferedReader(ChunkedBody(stream), 64 * 1024)


def is_read(body: io.BufferedReader) -> bool:
    """Return whether all chunks of a decoded body were read."""
    raw = body.raw
    return not isinstance(raw, ChunkedBody) or raw.done


def is_strict(body: io.BufferedReader) -> bool:
    """Return whether each line between the chunks of a decoded body was proper."""
    raw = body.raw
    return not isinstance(raw, ChunkedBody) or raw.is_strict
