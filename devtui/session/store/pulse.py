"""The requests of the last minute, counted second by second."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

import msgspec

from devtui.events import RequestFinished
from devtui.session.store.request_record import Request

SECONDS = 60
"""How far back it looks."""

RATE_SECONDS = 5
"""The rate is the mean over this time: a single second would fluctuate too much."""


MAX_PATHS = 8
"""For how many paths each second keeps the slowest request: lists may hide some of them."""


class Slowest(msgspec.Struct, frozen=True):
    """The slowest request of a path in one second."""

    duration_ms: float
    method: str
    target: str
    request: Request


class _Second(msgspec.Struct):
    """The requests that ended in one second, `at` seconds of the clock."""

    at: int
    count: int = 0
    errors: int = 0
    slowest: dict[tuple[str, str], Slowest] = msgspec.field(default_factory=dict)

    def take(self, found: Slowest) -> None:
        """Keep a request if it is one of the slowest."""
        path = (found.method, found.target.partition("?")[0])
        known = self.slowest.get(path)
        if known is None and len(self.slowest) >= MAX_PATHS:
            path_of_least, known = min(self.slowest.items(), key=lambda it: it[1].duration_ms)
            if found.duration_ms > known.duration_ms:
                del self.slowest[path_of_least]
        if known is None or found.duration_ms > known.duration_ms:
            self.slowest[path] = found


class Reading(msgspec.Struct, frozen=True):
    """The last minute. `counts` are the requests of each second, the oldest first.

    `errors` counts the answers with a status of 500 and above. `slowest` has the slowest requests,
    the slowest first.
    """

    counts: tuple[int, ...]
    per_second: float
    errors: int
    slowest: tuple[Slowest, ...]


class Pulse:
    """Count each request once, when it ends, over a bounded number of seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seconds: deque[_Second] = deque(maxlen=SECONDS + 1)

    def count(self, request: Request, end: RequestFinished) -> None:
        """Count a request that ends."""
        now = int(self._clock())
        if not self._seconds or self._seconds[-1].at != now:
            self._seconds.append(_Second(now))
        second = self._seconds[-1]
        second.count += 1
        second.errors += end.status is not None and end.status >= 500
        second.take(Slowest(end.duration_ms, end.method, end.target, request))

    def clear(self) -> None:
        """Forget the last minute."""
        self._seconds.clear()

    def read(self) -> Reading | None:
        """Return the last minute, or None if no request ended in it."""
        now = int(self._clock())
        recent = [second for second in self._seconds if now - second.at < SECONDS]
        if not recent:
            return None
        counts = [0] * SECONDS
        for second in recent:
            counts[SECONDS - 1 - (now - second.at)] = second.count
        found = (one for second in recent for one in second.slowest.values())
        slowest = sorted(found, key=lambda one: one.duration_ms, reverse=True)
        return Reading(
            counts=tuple(counts),
            per_second=sum(counts[-RATE_SECONDS:]) / RATE_SECONDS,
            errors=sum(second.errors for second in recent),
            slowest=tuple(slowest),
        )
