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
"""The rate is the mean of this time: one second alone jumps too much."""


class Slowest(msgspec.Struct, frozen=True):
    """The request of the last minute that took longest."""

    duration_ms: float
    method: str
    target: str


class _Second(msgspec.Struct):
    """What ended in one second, which is a whole number of the clock's."""

    at: int
    count: int = 0
    errors: int = 0
    slowest: Slowest | None = None


class Reading(msgspec.Struct, frozen=True):
    """The last minute. `counts` are the requests of each second, the oldest first.

    `errors` counts the answers with a status of 500 and above.
    """

    counts: tuple[int, ...]
    per_second: float
    errors: int
    slowest: Slowest | None


class Pulse:
    """Counts each request once, when it ends, in a bounded number of seconds."""

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
        if second.slowest is None or end.duration_ms > second.slowest.duration_ms:
            row = request.row
            second.slowest = Slowest(end.duration_ms, row.method, row.target)

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
        slowest = max(
            (second.slowest for second in recent if second.slowest is not None),
            key=lambda request: request.duration_ms,
            default=None,
        )
        return Reading(
            counts=tuple(counts),
            per_second=sum(counts[-RATE_SECONDS:]) / RATE_SECONDS,
            errors=sum(second.errors for second in recent),
            slowest=slowest,
        )
