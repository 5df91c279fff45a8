"""A hold: saves wait, and become one reload at its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeAlias

from devtui.events import HoldBegan, HoldEnded, utc_now
from devtui.session.event_bus import EventBus

MAX_SECONDS = 600.0

Saved: TypeAlias = Callable[[tuple[str, ...], int], None]


class Hold:
    """Keep saves back while somebody holds reloads. A hold expires by itself.

    `saved` gets the saves, and `pass_on` those that do not have to wait. At the end `judge` gets
    the others, because a restart may have loaded them meanwhile. `holder` is who holds, `until`
    when it ends; both mean nothing unless it is `active`.
    """

    def __init__(self, bus: EventBus, pass_on: Saved, judge: Saved) -> None:
        self.active = False
        self.holder = ""
        self.until = utc_now()
        self._bus = bus
        self._pass_on = pass_on
        self._judge = judge
        self._kept: dict[str, int] = {}
        self._expiry: asyncio.TimerHandle | None = None

    def begin(self, holder: str, seconds: float) -> datetime:
        """Begin a hold, or prolong it; return when it ends."""
        seconds = min(max(seconds, 1.0), MAX_SECONDS)
        self.holder, self.active = holder, True
        self.until = utc_now() + timedelta(seconds=seconds)
        self._stop_timer()
        self._expiry = asyncio.get_running_loop().call_later(seconds, self._expire)
        self._bus.tell(HoldBegan(holder=holder, until=self.until))
        return self.until

    def end(self, why: str) -> None:
        """End the hold, if there is one, and reload if something was saved."""
        if not self.active:
            return
        self.active = False
        self._stop_timer()
        kept, self._kept = self._kept, {}
        self._bus.tell(HoldEnded(holder=self.holder, reason=why))
        if kept:
            self._judge(tuple(sorted(kept)), max(1, sum(kept.values())))

    def saved(self, paths: tuple[str, ...], raw_count: int) -> None:
        """Take in saves; see `Saves`."""
        if not self.active:
            self._pass_on(paths, raw_count)
            return
        kept = dict.fromkeys(paths, 0)
        kept[paths[0]] = raw_count
        for path, count in kept.items():
            self._kept[path] = self._kept.get(path, 0) + count

    def _expire(self) -> None:
        self.end("it has expired")

    def _stop_timer(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
