"""The reading end of a descriptor that the server process and its children write to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from devtui.events import Stream
from devtui.text.line_buffer import LineBuffer

# What a pipe holds on Linux, unless somebody asks for more: one read takes all that is there.
_READ_BYTES = 64 * 1024


class Pipe:
    """Cuts what arrives into lines. It never blocks, and closes itself at the end.

    `on_close` is called with the descriptor just before it is closed.
    """

    def __init__(self, fd: int, stream: Stream, on_close: Callable[[int], None]) -> None:
        os.set_blocking(fd, False)
        self.fd = fd
        self._on_close = on_close
        self.stream: Stream = stream
        self.open = True
        self._begun = LineBuffer()
        self._uncut = b""
        self._at = 0  # what lies before it in `_uncut` was cut off

    def read(self) -> bool:
        """Read what is there, up to a bound; false for nothing. The end counts as something.

        Who reads again before all lines were taken has to bound by himself what is kept.
        """
        if not self.open:
            return False
        try:
            data = os.read(self.fd, _READ_BYTES)
        except BlockingIOError:
            return False
        if not data:
            self.close()
            return True
        self._uncut, self._at = self._uncut[self._at :] + data, 0
        return True

    def lines(self) -> Iterator[str]:
        """The lines that are whole now, cut off one by one as they are asked for.

        After `close` also one that never became whole. What is not asked for stays.
        """
        while (end := self._uncut.find(b"\n", self._at)) >= 0:
            self._begun.add(self._uncut[self._at : end])
            self._at = end + 1
            yield self._begun.take()
        self._begun.add(self._uncut[self._at :])
        self._uncut, self._at = b"", 0
        if not self.open and self._begun:
            yield self._begun.take()

    def close(self) -> None:
        """Read no more; a line that was begun counts as whole."""
        if self.open:
            self.open = False
            self._on_close(self.fd)
            os.close(self.fd)
