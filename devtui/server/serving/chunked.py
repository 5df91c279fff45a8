"""A request's body that comes in chunks (RFC 9112, section 7.1), taken apart with bounds.

Werkzeug's own reader fills up with zero bytes what a client promised and did not send, and does so
for as long as the promise was large; this one says that the body is broken.
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
    """The client sent no proper chunks, or went away in the middle.

    Flask and Werkzeug answer it with 400, as any `BadRequest`; Django and Bottle know it for an
    input that cannot be read, since it is an `OSError`, as Werkzeug's server raises here.
    """


class ChunkedBody(io.RawIOBase):
    """The body without its chunks. Reads from `stream` no further than the body's end.

    Each read gives what is left of the current chunk at most. Raises `BrokenBody`.
    """

    def __init__(self, stream: io.BufferedIOBase) -> None:
        super().__init__()
        self._stream = stream
        self._left = 0  # bytes of the current chunk
        self._begun = False
        self._done = False

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
            raise BrokenBody(f"{line[:40]!r} is no size of a chunk: send hexadecimal digits.")
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
        return line


def dechunked(stream: io.BufferedIOBase) -> io.BufferedReader:
    """The body of `stream` without its chunks, as applications read one: by size or by line."""
    return io.BufferedReader(ChunkedBody(stream), 64 * 1024)
