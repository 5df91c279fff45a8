"""Report how many pages are connected."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from devtui.events import PagesFollowing
from devtui.session.event_bus import EventBus

# How long a page that disconnects is still counted: if it loads again, it comes back.
TELL_SECONDS = 0.3


class PageCount:
    """Report the number of pages. `now` returns it, and whether they follow the saves."""

    def __init__(self, bus: EventBus, now: Callable[[], tuple[int, bool]]) -> None:
        self.count = 0
        """How many pages are connected, as last reported."""
        self._bus = bus
        self._now = now
        self._told = now()
        self._telling: asyncio.TimerHandle | None = None

    def tell_soon(self) -> None:
        """Report the number; a page that loads again is soon back."""
        if self._telling is None:
            loop = asyncio.get_running_loop()
            self._telling = loop.call_later(TELL_SECONDS, self.tell_now)

    def tell_now(self) -> None:
        """Report the number if it has changed."""
        self._telling = None
        news = self._now()
        if news != self._told:
            self.count, on = self._told = news
            self._bus.tell(PagesFollowing(count=self.count, on=on))

    def close(self) -> None:
        """Report nothing more."""
        if self._telling is not None:
            self._telling.cancel()
