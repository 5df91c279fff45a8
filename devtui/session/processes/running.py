"""The requests that run in one server process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from devtui.events import AnyEvent, RequestFinished, RequestStarted


class RunningRequests:
    """Track the requests that have begun and not ended."""

    def __init__(self) -> None:
        self._by_id: dict[str, RequestStarted] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def note(self, event: AnyEvent) -> None:
        """Take in an event that is about to be published."""
        if isinstance(event, RequestStarted):
            self._by_id[event.id] = event
        elif isinstance(event, RequestFinished):
            self._by_id.pop(event.id, None)

    def only_one(self, coming: Iterable[AnyEvent]) -> str | None:
        """Return the id of the only running request; those that begin in `coming` count, too."""
        started = {event.id for event in coming if isinstance(event, RequestStarted)}
        candidates = self._by_id.keys() | started
        return candidates.pop() if len(candidates) == 1 else None

    def cut(self, at: datetime, reason: str) -> Iterator[RequestFinished]:
        """End all of them, because their process has ended."""
        for started in self._by_id.values():
            yield RequestFinished(
                at=at,
                generation=started.generation,
                id=started.id,
                method=started.method,
                target=started.target,
                client=started.client,
                status=None,
                duration_ms=(at - started.at).total_seconds() * 1000,
                size_bytes=0,
                cut=reason,
                replay_of=started.replay_of,
            )
        self._by_id.clear()
