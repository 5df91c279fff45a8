"""Detect an app that reloads endlessly because it writes its own files."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable

# If a file changes in this many loads in a row, or this soon after them, the app writes it.
# An editor that saves automatically waits a second after the last key.
SOON_SECONDS = 0.7
LOADS = 3


def advice(path: str) -> str:
    """Return the warning that names the file and says what to do."""
    pattern = os.path.join("*", os.path.basename(path))
    return (
        f"Restart loop: {path} changes each time the app loads. If the app writes it, leave it "
        f"out: --exclude-patterns {pattern!r}"
    )


class RestartLoops:
    """Count in how many loads in a row the same file has changed."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._loaded_at: float | None = None  # while it loads
        self._changed: set[str] = set()
        self._rows: Counter[str] = Counter()

    def loading(self) -> None:
        """Note that a load begins."""
        self._loaded_at = None
        self._rows = Counter({path: self._rows[path] + 1 for path in self._changed})
        self._changed = set()

    def loaded(self) -> None:
        """Note that the load has succeeded or failed."""
        if self._loaded_at is None:
            self._loaded_at = self._clock()

    def changed(self, paths: tuple[str, ...]) -> str:
        """Note changed files. Return the one that causes a loop, only the first time."""
        if self._loaded_at is not None and self._clock() - self._loaded_at >= SOON_SECONDS:
            return ""
        self._changed.update(paths)
        return next((path for path in paths if self._rows[path] == LOADS - 1), "")

    def reloaded(self, paths: tuple[str, ...]) -> str:
        """Return the file that causes a loop, empty if none does."""
        return next((path for path in paths if self._rows[path] >= LOADS), "")
