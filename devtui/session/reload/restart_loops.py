"""An app whose own writes make it reload, for ever."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable

# A file that changes while the app loads, or so soon after, so many loads in a row, is the app's
# own doing. An editor that saves by itself waits a second after what was typed.
SOON_SECONDS = 0.7
LOADS = 3


def advice(path: str) -> str:
    """What to do about it, for people."""
    pattern = os.path.join("*", os.path.basename(path))
    return (
        f"Restart loop: {path} changes each time the app loads. If the app writes it, leave it "
        f"out: --exclude-patterns {pattern!r}"
    )


class RestartLoops:
    """Notices that each load is followed by a change of the same file."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._loaded_at: float | None = None  # while it loads
        self._changed: set[str] = set()
        self._rows: Counter[str] = Counter()

    def loading(self) -> None:
        """A load begins."""
        self._loaded_at = None
        self._rows = Counter({path: self._rows[path] + 1 for path in self._changed})
        self._changed = set()

    def loaded(self) -> None:
        """The load has come to its end, well or not."""
        if self._loaded_at is None:
            self._loaded_at = self._clock()

    def changed(self, paths: tuple[str, ...]) -> str:
        """These files changed. Returns the one by which it goes round and round, the first time."""
        if self._loaded_at is not None and self._clock() - self._loaded_at >= SOON_SECONDS:
            return ""
        self._changed.update(paths)
        return next((path for path in paths if self._rows[path] == LOADS - 1), "")

    def reloaded(self, paths: tuple[str, ...]) -> str:
        """The one of the files by which it goes round and round; empty where it does not."""
        return next((path for path in paths if self._rows[path] >= LOADS), "")
