"""Decide when a list is redrawn: soon after items came, but no faster than people can read."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.timer import Timer
    from textual.widget import Widget

REFRESH_SECONDS = 0.05
"""The least time between two refreshes for new data: 20 a second."""

CROWD_SECONDS = 0.25
"""The same after a refresh for more than `FEW` items, such as a page with its files: then the
browser needs the processor."""

FEW = 4

FLOOD_SECONDS = 0.4
"""The same in a flood, which nobody reads: the app needs the processor more."""

SCREENFUL_SECONDS = 0.2
"""A flood is more than one screen of items in this time."""

RUNNING_SECONDS = 0.1
"""The time between two refreshes while an item in view is not settled."""


class RefreshPace:
    """The timers of a list; there are none while no item is new or running."""

    def __init__(
        self, widget: Widget, end: int, take_in: Callable[[], None], unsettled: Callable[[], bool]
    ) -> None:
        """`end` is the number of the next item.

        `take_in` shows new items and calls `taken_in`; `unsettled` says whether an item in view
        changes by itself.
        """
        self.flooded = False
        """Whether more items came before the last refresh than people can read."""
        self._crowded = False
        self._widget = widget
        self._end = end
        self._taken_in_at = time.monotonic()
        self._take_in = take_in
        self._unsettled = unsettled
        self._dirty_timer: Timer | None = None
        self._running_timer: Timer | None = None

    @property
    def idle(self) -> bool:
        """Whether no refresh is planned."""
        return self._dirty_timer is None and self._running_timer is None

    @property
    def due(self) -> bool:
        """Whether items came that are not shown yet."""
        return self._dirty_timer is not None

    def mark_dirty(self) -> None:
        """Plan a refresh a moment later, for the new items and those that follow."""
        if self._dirty_timer is None and self._widget.is_mounted:
            self._dirty_timer = self._widget.set_timer(self._pause, self._take_in)

    @property
    def _pause(self) -> float:
        if self.flooded:
            return FLOOD_SECONDS
        return CROWD_SECONDS if self._crowded else REFRESH_SECONDS

    def taken_in(self, end: int, height: int) -> None:
        """Note that all items are about to be shown, in `height` lines; `end` as above."""
        if self._dirty_timer is not None:
            self._dirty_timer.stop()
            self._dirty_timer = None
        now = time.monotonic()
        screenfuls = (now - self._taken_in_at) / SCREENFUL_SECONDS
        self.flooded = end - self._end > height * max(1.0, screenfuls)
        self._crowded = end - self._end > FEW
        self._end, self._taken_in_at = end, now

    def watch_running(self) -> None:
        """Refresh regularly while an item in view is not settled."""
        if self._running_timer is None and self._unsettled():
            self._running_timer = self._widget.set_timer(RUNNING_SECONDS, self._tick)

    def _tick(self) -> None:
        self._running_timer = None
        if self._dirty_timer is None:  # else a refresh comes anyway
            self._widget.refresh()
        self.watch_running()
