"""Why a server process is to be replaced by the next."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Replacement:
    """The cause, in a few words for people, the files in it, and when it was seen (monotonic)."""

    cause: str
    paths: tuple[str, ...] = ()
    since: float = field(default_factory=time.monotonic)

    def after(self, earlier: Replacement | None) -> Replacement:
        """Both in one: what was not done yet is done together with this."""
        if earlier is None:
            return self
        paths = tuple(sorted({*earlier.paths, *self.paths}))
        return Replacement(earlier.cause, paths, earlier.since)

    @property
    def elapsed_ms(self) -> float:
        """Milliseconds since the cause was seen."""
        return round((time.monotonic() - self.since) * 1000, 3)
