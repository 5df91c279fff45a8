"""The rows of the log: a line, or the lines of one record or traceback."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from datetime import datetime
from sys import getsizeof
from typing import TypeAlias

import msgspec

from devtui.events import LogWritten, Stream
from devtui.session.store.ring import Ring
from devtui.text.sgr import plain
from devtui.text.traceback_lines import TracebackLines, begins

MAX_LINES = 1_000
MAX_BYTES = 256 * 1024
"""The most that one entry holds; the rest begins another one."""

MAX_OPEN = 64
"""How many entries may still grow at a time."""

MAX_DRAWN = 128
"""How many lines may be drawn again at a time."""

_Key: TypeAlias = tuple[int, Stream, str | None, str | None]


class LogEntry(msgspec.Struct, gc=False):
    """One row of the log: what was written at once, or one traceback.

    `first` is the first line, and `more` are the others. `number` is its number in the ring. It is
    `closed` once no further line can belong to it. `states` counts the states of a line that is
    drawn again and again, such as a progress bar; `first` is the last one.
    """

    at: datetime
    generation: int
    stream: Stream
    first: str
    logger: str | None = None
    level: str | None = None
    request_id: str | None = None
    number: int = 0
    more: list[str] | None = None
    size_bytes: int = 0
    closed: bool = False
    states: int = 0

    @property
    def lines(self) -> Iterator[str]:
        """The lines as they were written."""
        yield self.first
        yield from self.more or ()

    @property
    def line_count(self) -> int:
        """How many lines it has."""
        return 1 + len(self.more or ())

    @property
    def text(self) -> str:
        """All of its text."""
        return "\n".join(self.lines) if self.more else self.first

    @property
    def severity(self) -> str:
        """The level in lower case. A printed traceback counts as an error; empty if unknown."""
        if self.level:
            return self.level.lower()
        return "error" if begins(plain(self.first)) else ""

    def add(self, line: str) -> int:
        """Take in a further line, and return its bytes."""
        if self.more is None:
            self.more = []
        self.more.append(line)
        size = getsizeof(line)
        self.size_bytes += size
        return size

    def draw(self, text: str) -> int:
        """Take in the next state of its line, and return how many bytes it has grown."""
        before, self.size_bytes = self.size_bytes, getsizeof(text)
        self.first = text
        self.states += 1
        return self.size_bytes - before

    @property
    def is_full(self) -> bool:
        """Whether it takes no further line."""
        return self.line_count >= MAX_LINES or self.size_bytes >= MAX_BYTES


class Gathering:
    """Puts each line into an entry of the ring: a new one, or one that it continues."""

    def __init__(self) -> None:
        self._open: OrderedDict[_Key, tuple[LogEntry, TracebackLines | None]] = OrderedDict()
        self._drawn: OrderedDict[tuple[int, Stream, int], LogEntry] = OrderedDict()

    def add(self, line: LogWritten, ring: Ring[LogEntry]) -> None:
        """Take in the next line, whose names are shared already."""
        if line.draws:
            self._draw(line, ring)
            return
        key = (line.generation, line.stream, line.logger, line.request_id)
        entry, traceback = self._open.get(key, (None, None))
        if entry is not None and entry.number >= ring.first and not entry.is_full:
            if line.stream == "log":
                if line.continues:
                    ring.grew(entry.add(line.text))
                    return
            elif traceback is not None:
                if traceback.takes(plain(line.text), continues=line.continues):
                    ring.grew(entry.add(line.text))
                    return
            elif line.continues and begins(text := plain(line.text)):
                # loguru writes a traceback together with its message.
                self._open[key] = (entry, TracebackLines(text))
                ring.grew(entry.add(line.text))
                return
        if entry is not None:
            entry.closed = True
        self._begin(key, line, ring)

    def _draw(self, line: LogWritten, ring: Ring[LogEntry]) -> None:
        """Show a line that is drawn again in the row of its first state."""
        key = (line.generation, line.stream, line.draws)
        entry = self._drawn.get(key)
        if entry is not None and entry.number >= ring.first:
            ring.grew(entry.draw(line.text))
            return
        entry = LogEntry(
            line.at,
            line.generation,
            line.stream,
            line.text,
            request_id=line.request_id,
            size_bytes=getsizeof(line.text),
            states=1,
        )
        entry.number = ring.append(entry)
        self._drawn[key] = entry
        if len(self._drawn) > MAX_DRAWN:
            _, oldest = self._drawn.popitem(last=False)
            oldest.closed = True

    def _begin(self, key: _Key, line: LogWritten, ring: Ring[LogEntry]) -> None:
        first, *more = line.text.split("\n")
        entry = LogEntry(
            line.at,
            line.generation,
            line.stream,
            first,
            line.logger,
            line.level,
            line.request_id,
            more=more or None,
            size_bytes=getsizeof(line.text),
        )
        entry.number = ring.append(entry)
        traceback = None
        if line.stream != "log" and begins(text := plain(line.text)):
            traceback = TracebackLines(text)
        self._open[key] = (entry, traceback)
        self._open.move_to_end(key)
        if len(self._open) > MAX_OPEN:
            _, (oldest, _) = self._open.popitem(last=False)
            oldest.closed = True
