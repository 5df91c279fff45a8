"""Add up durations that any thread may report at any time."""

from __future__ import annotations

from devtui.server.guest.reentrant import Taken, Turn

# How many durations are added up at once.
_CHUNK = 1_000


class Total:
    """The number and the sum of durations, which any thread may add to at any time."""

    def __init__(self) -> None:
        self._count = 0
        self._seconds = 0.0
        self._new: list[float] = []
        self._turn = Turn()

    def add(self, seconds: float) -> None:
        """Add a duration."""
        self._new.append(seconds)
        if len(self._new) >= _CHUNK:
            try:
                self._turn.at_once(self._add_up)
            except Taken:  # the thread that has the turn, or a later call, adds them up
                return

    def read(self) -> tuple[int, float]:
        """Return the number and the sum."""
        new = list(self._new)
        return self._count + len(new), self._seconds + sum(new)

    def _add_up(self) -> None:
        new = self._new[:]
        self._count += len(new)
        self._seconds += sum(new)
        del self._new[: len(new)]
