"""Decode the output of a server process: events on its channel, lines on its two pipes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import msgspec
from msgspec import structs

from devtui.events import (
    AnyEvent,
    FilesChanged,
    LogWritten,
    PagesFollowing,
    PortBusy,
    Reloaded,
    ServerContinued,
    ServerExited,
    ServerStarted,
    ServerSuspended,
    StateChanged,
    Stream,
    decode_event,
)
from devtui.text import formats
from devtui.text.line_buffer import LineBuffer

# The longest line that can be an event. The server process keeps its own events shorter; the app
# wrote any longer line.
MAX_EVENT_BYTES = 16 * 1024 * 1024

# The size of a pipe on Linux, unless a program changes it: one read takes all that is there.
_READ_BYTES = 64 * 1024

_SHOWN_BYTES = 200

# Only the session can know these facts.
_NOT_ITS_OWN = (
    ServerStarted,
    ServerExited,
    ServerSuspended,
    ServerContinued,
    StateChanged,
    FilesChanged,
    Reloaded,
    PagesFollowing,
    PortBusy,
)


class IncomingEvents:
    """Decode the lines of one server process's channel.

    The app can reach every descriptor of its process, and some apps write to what they find. Lines
    that are not events become one warning for each sequence of them.
    """

    def __init__(self, generation: int) -> None:
        self._generation = generation
        self._begun = bytearray()
        self._overlong = False

    def take(self, data: bytes) -> list[AnyEvent]:
        """Return the events that these bytes complete."""
        if not data:
            return []
        *whole, rest = data.split(b"\n")
        events: list[AnyEvent] = []
        foreign: list[bytes] = []
        for end in whole:
            line = bytes(self._begun) + end
            self._begun.clear()
            event = None if self._overlong else self._decode(line)
            self._overlong = False
            if event is None:
                foreign.append(line)
                continue
            if foreign:
                events.append(self._warning(foreign))
                foreign = []
            events.append(event)
        if foreign:
            events.append(self._warning(foreign))
        self._begin(rest)
        return events

    def _begin(self, rest: bytes) -> None:
        """Keep the beginning of a line; if it is too long, only the part that the warning shows."""
        if not self._overlong:
            self._begun += rest
            if len(self._begun) > MAX_EVENT_BYTES:
                self._overlong = True
                del self._begun[_SHOWN_BYTES:]

    def _decode(self, line: bytes) -> AnyEvent | None:
        try:
            event = decode_event(line)
        except msgspec.DecodeError:
            return None
        if isinstance(event, _NOT_ITS_OWN) or event.generation not in (0, self._generation):
            return None
        return structs.replace(event, generation=self._generation)

    def _warning(self, lines: list[bytes]) -> LogWritten:
        more = f", and {formats.count(len(lines) - 1, 'more line')}" if len(lines) > 1 else ""
        return LogWritten(
            generation=self._generation,
            stream="log",
            logger="devtui",
            level="WARNING",
            text=f"The app wrote to devtui's own channel: {lines[0][:_SHOWN_BYTES]!r}{more}",
        )


class Pipe:
    """Split a pipe's data into lines. It never blocks, and closes itself at the end.

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
        self._at = 0  # everything before it in `_uncut` was cut off

    def read(self) -> bool:
        """Read up to a bound; return whether there was data, or the end.

        A caller that reads again before it took all lines must bound the memory itself.
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
        """Yield the complete lines, and remove each when it is asked for.

        After `close` the last one may be incomplete. Lines that nobody takes stay.
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
        """Stop reading; an unfinished line counts as whole."""
        if self.open:
            self.open = False
            self._on_close(self.fd)
            os.close(self.fd)
