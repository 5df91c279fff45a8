"""The calls of all requests, grouped by text and line, with bounds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from devtui.session.calls.grouping import REPEATED, CallGroup

MAX_SEEN = 1_000
MAX_SEEN_BYTES = 2 * 1024 * 1024


class SeenCall(msgspec.Struct):
    """All calls of one kind, with one text, from one line.

    `most` is how often one request made it: the request `worst_id`, in which they took
    `most_duration_ms`, and `duplicates` had the parameters of an earlier one. `newest` is how often
    the newest request that made it did so. A request's calls are kept up to a bound: with
    `at_least` there may have been more in one of them, and with `newest_at_least` in the newest.
    """

    kind: str
    library: str
    text: str
    file: str
    line: int
    at: datetime
    generation: int = 0
    count: int = 0
    requests: int = 0
    duration_ms: float = 0.0
    most: int = 0
    most_duration_ms: float = 0.0
    duplicates: int = 0
    worst_id: str = ""
    newest: int = 0
    at_least: bool = False
    newest_at_least: bool = False

    @property
    def is_repeat(self) -> bool:
        """Whether one request made it often enough for a warning."""
        return self.most >= REPEATED and self.kind != "template"

    @property
    def newest_repeats(self) -> bool:
        """Whether the newest request that made it repeated it, too."""
        return self.newest >= REPEATED

    @property
    def size_bytes(self) -> int:
        """About how much memory it takes."""
        return 400 + len(self.text) + len(self.file)


class SeenCalls:
    """What requests called since the store was empty. The least recently called is dropped first.

    `forgotten` counts what was dropped.
    """

    def __init__(self, capacity: int = MAX_SEEN, max_bytes: int = MAX_SEEN_BYTES) -> None:
        self.forgotten = 0
        self._capacity = capacity
        self._max_bytes = max_bytes
        self._bytes = 0
        self._seen: dict[tuple[str, str, str, int], SeenCall] = {}  # the newest last

    def add(
        self,
        request_id: str,
        at: datetime,
        generation: int,
        groups: Iterable[CallGroup],
        *,
        at_least: bool = False,
    ) -> None:
        """Count the calls of one request; with `at_least` others of it were not kept."""
        for group in groups:
            first = group.first
            key = (first.kind, first.text, first.file, first.line)
            seen = self._seen.pop(key, None)
            if seen is None:
                seen = SeenCall(first.kind, first.library, first.text, first.file, first.line, at)
                self._bytes += seen.size_bytes
            self._seen[key] = seen
            seen.at, seen.generation = at, generation
            seen.count += group.count
            seen.requests += 1
            seen.duration_ms += group.duration_ms
            seen.newest, seen.newest_at_least = group.count, at_least
            seen.at_least = seen.at_least or at_least
            worst = (seen.most, seen.most_duration_ms)
            if (group.count, group.duration_ms) >= worst:
                seen.most, seen.most_duration_ms = group.count, group.duration_ms
                seen.duplicates, seen.worst_id = group.duplicates, request_id
        while len(self._seen) > self._capacity or self._bytes > self._max_bytes:
            oldest = self._seen.pop(next(iter(self._seen)))
            self._bytes -= oldest.size_bytes
            self.forgotten += 1

    def slowest(self) -> list[SeenCall]:
        """Return all of them, the ones that took the most time first."""
        return sorted(self._seen.values(), key=lambda seen: -seen.duration_ms)

    def repeats(self) -> list[SeenCall]:
        """Return the repeated ones, the worst first."""
        found = [seen for seen in self._seen.values() if seen.is_repeat]
        return sorted(found, key=lambda seen: (-seen.most, -seen.most_duration_ms))

    def clear(self) -> None:
        """Forget all."""
        self._seen.clear()
        self._bytes = self.forgotten = 0
