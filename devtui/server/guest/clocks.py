"""Clocks that the app cannot patch.

Import this before the user's code. The functions are attributes of an object, because libraries
that freeze the time for tests replace them in the namespaces of all modules.
"""

from __future__ import annotations

import time


class Clock:
    """The original functions of `time`."""

    def __init__(self) -> None:
        self.monotonic = time.monotonic
        self.perf_counter = time.perf_counter
        self.time = time.time
        self.sleep = time.sleep


clock = Clock()


def milliseconds(seconds: float) -> float:
    """Return a duration in milliseconds, rounded to three digits."""
    # Python's `round` to three digits takes four times as long.
    return int(seconds * 1_000_000 + 0.5) / 1000
