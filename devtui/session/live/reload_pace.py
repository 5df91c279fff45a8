"""Limit how often pages reload when saves follow one another quickly."""

from __future__ import annotations

import time
from collections.abc import Callable

# How long after a reload the next one has to wait. The first save shows at once. The saves that
# follow this soon come from a formatter, a checkout or a program that saves file by file.
REST_SECONDS = 1.0


class ReloadPace:
    """Say how long the pages have to wait before they load again.

    Neither an error nor its fix has to wait. `clock` counts seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._next = 0.0
        self._failed = False

    def wait(self, fails: bool) -> float:
        """Return the seconds until the pages may load again; `fails` says that the app does."""
        return 0.0 if fails or self._failed else max(0.0, self._next - self._clock())

    def reloaded(self, fails: bool) -> None:
        """Note that pages load again now."""
        self._next = self._clock() + REST_SECONDS
        self._failed = fails
