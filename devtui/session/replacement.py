"""Why a server process is to be replaced by the next."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Replacement:
    """The cause, in a few words for people, the files in it, and when it was seen (monotonic).

    `stopped_ms` and `loaded_ms` are how far it has come: when the old process was gone and when
    the app was loaded, in milliseconds since the cause was seen.
    """

    cause: str
    paths: tuple[str, ...] = ()
    since: float = field(default_factory=time.monotonic)
    stopped_ms: float = 0.0
    loaded_ms: float = 0.0

    def after(self, earlier: Replacement | None) -> Replacement:
        """Both in one: what was not done yet is done together with this."""
        if earlier is None:
            return self
        paths = tuple(sorted({*earlier.paths, *self.paths}))
        return Replacement(earlier.cause, paths, earlier.since, self.stopped_ms)

    @property
    def elapsed_ms(self) -> float:
        """Milliseconds since the cause was seen."""
        return round((time.monotonic() - self.since) * 1000, 3)
