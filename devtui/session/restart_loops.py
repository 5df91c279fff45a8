"""An app whose own writes make it reload, for ever."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable

# A file that changes so soon after a load began, so many loads in a row, is the load's own doing.
SOON_SECONDS = 2.0
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
        self._loading_since = 0.0
        self._changed: set[str] = set()
        self._rows: Counter[str] = Counter()

    def loading(self) -> None:
        """A load begins."""
        self._loading_since = self._clock()
        self._rows = Counter({path: self._rows[path] + 1 for path in self._changed})
        self._changed = set()

    def changed(self, paths: tuple[str, ...]) -> str:
        """These files changed. Returns the one by which it goes round and round, the first time."""
        if self._clock() - self._loading_since >= SOON_SECONDS:
            return ""
        self._changed.update(paths)
        return next((path for path in paths if self._rows[path] == LOADS - 1), "")

    def reloaded(self, paths: tuple[str, ...]) -> str:
        """The one of the files by which it goes round and round; empty where it does not."""
        return next((path for path in paths if self._rows[path] >= LOADS), "")
