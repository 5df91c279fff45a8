"""The reading end of a descriptor that the server process and its children write to."""

from __future__ import annotations

import os
from collections.abc import Callable

from devtui.events import Stream
from devtui.linebuffer import LineBuffer

_READ_BYTES = 256 * 1024


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
        self._lines: list[str] = []

    def read(self) -> bool:
        """Read what is there, up to a bound that leaves room for keys; false for nothing."""
        if not self.open:
            return False
        try:
            data = os.read(self.fd, _READ_BYTES)
        except BlockingIOError:
            return False
        if not data:
            self.close()
            return False
        *whole, rest = data.split(b"\n")
        for line in whole:
            self._begun.add(line)
            self._lines.append(self._begun.take())
        self._begun.add(rest)
        return True

    def take_lines(self) -> list[str]:
        """The lines that are whole now; after `close` also one that never was."""
        lines, self._lines = self._lines, []
        return lines

    def close(self) -> None:
        """Read no more; a line that was begun counts as whole."""
        if self.open:
            self.open = False
            self._on_close(self.fd)
            os.close(self.fd)
            if self._begun:
                self._lines.append(self._begun.take())
