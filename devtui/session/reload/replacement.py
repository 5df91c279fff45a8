"""A wanted replacement of the server process, and its cause."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from devtui.events import Reloaded

if TYPE_CHECKING:
    from devtui.session.processes.generations import Generations
    from devtui.session.served_app import ServedApp


class Replacement(msgspec.Struct):
    """The cause of a replacement in a few words, the files in it, and when it was seen (monotonic).

    `sets` is the setting that it changes, if any: of two causes for one setting the later counts.

    `raw_count` is the number of change notices merged in it. `seen_ms` is the time from the newest
    write of these files to when it was seen, or 0 if unknown.

    `stopped_ms` and `loaded_ms` say when the old process was gone and when the app was loaded, in
    milliseconds since the cause was seen.
    """

    cause: str
    paths: tuple[str, ...] = ()
    since: float = msgspec.field(default_factory=time.monotonic)
    raw_count: int = 0
    seen_ms: float = 0.0
    stopped_ms: float = 0.0
    loaded_ms: float = 0.0
    sets: str = ""
    parts: dict[str, str] = {}  # the cause for each setting, and for all else under ""

    def __post_init__(self) -> None:
        """Begin with its own cause as the only part."""
        self.parts = self.parts or {self.sets: self.cause}

    def after(self, earlier: Replacement | None) -> Replacement:
        """Merge an earlier replacement that was not finished into this one."""
        if earlier is None:
            return self
        paths = tuple(sorted({*earlier.paths, *self.paths}))
        parts = dict(earlier.parts)
        for sets, words in self.parts.items():
            if sets:
                parts.pop(sets, None)
            parts.setdefault(sets, words)
        return Replacement(
            ", ".join(parts.values()),
            paths,
            earlier.since,
            earlier.raw_count + self.raw_count,
            earlier.seen_ms,
            self.stopped_ms,
            parts=parts,
        )

    @property
    def elapsed_ms(self) -> float:
        """Milliseconds since the cause was seen."""
        return round((time.monotonic() - self.since) * 1000, 3)

    def reloaded(self, generations: Generations, served: ServedApp, looping: str) -> Reloaded:
        """Return the event that reports the replacement, once the newest process serves.

        `looping` is the file that causes a restart loop, or empty.
        """
        return Reloaded(
            cause=self.cause,
            paths=self.paths,
            duration_ms=self.elapsed_ms,
            raw_count=self.raw_count,
            seen_ms=self.seen_ms,
            stopped_ms=self.stopped_ms,
            loaded_ms=self.loaded_ms,
            standby=generations.from_standby,
            stepped_back=generations.stepped_back,
            ahead_modules=generations.ahead.modules,
            ahead_ms=generations.ahead.took_ms,
            ahead_bytes=generations.ahead.size_bytes,
            loaded_ahead=generations.head_starts.used is not None,
            ahead_until="" if (used := generations.head_starts.used) is None else used.stopped_at,
            failed=served.failure is not None,
            slowest=() if served.loaded is None or served.failure else served.loaded.slowest,
            looping=looping,
        )


def since_written(paths: Iterable[str]) -> float:
    """Return the milliseconds since the newest of the files was written, or 0 if that was long ago.

    A file that was renamed or unpacked into its place keeps an older time.
    """
    times = []
    for path in paths:
        with suppress(OSError):
            times.append(os.stat(path).st_mtime)
    elapsed = (time.time() - max(times)) * 1000 if times else 0.0
    return round(elapsed, 3) if 0 < elapsed < 1_000 else 0.0
