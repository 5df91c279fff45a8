"""The size of the app's terminals: the room in which its output is shown.

A server process looks at the size of its terminal before it runs the app's code. With a size,
devtui shows colours, and `sys.stdout.isatty()` says so to libraries. Without one (`--json`, or if
no person reads) all is as in a pipe.
"""

from __future__ import annotations

import struct
from typing import Protocol
from weakref import WeakSet

LEAST_COLUMNS = 20


class Sized(Protocol):
    """A terminal."""

    def fit(self, size: bytes) -> None:
        """Take a size, as TIOCSWINSZ does."""


class Window:
    """Give all terminals of server processes the same size, also those that are made later."""

    def __init__(self) -> None:
        self.size: bytes | None = None
        """The size as TIOCSWINSZ takes it; None if nobody sees colours."""
        self._terminals: WeakSet[Sized] = WeakSet()

    def show(self, columns: int, lines: int) -> None:
        """Set the size: the columns of a line of output, and the lines that are visible at once."""
        size = struct.pack("HHHH", max(lines, 1), max(columns, LEAST_COLUMNS), 0, 0)
        if size != self.size:
            self.size = size
            for terminal in tuple(self._terminals):
                terminal.fit(size)

    def add(self, terminal: Sized) -> None:
        """Give this terminal the size, now and whenever it changes."""
        self._terminals.add(terminal)
        if self.size is not None:
            terminal.fit(self.size)


window = Window()
"""The only instance: a session has one front end, and terminals are created in several places."""
