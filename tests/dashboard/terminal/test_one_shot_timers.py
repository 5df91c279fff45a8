"""Timers fire once, also those that are late before they begin."""

from __future__ import annotations

from unittest import mock

from textual.notifications import Notification
from textual.widgets._toast import Toast

from tests.support.driver import Driver


async def test_a_timer_without_time_left_fires(ui: Driver) -> None:
    fired: list[float] = []
    for delay in (0.0, -1.0, 0.001):
        ui.app.set_timer(delay, lambda delay=delay: fired.append(delay))
    await ui.until(lambda: sorted(fired) == [-1.0, 0.0, 0.001])


async def test_a_toast_that_is_drawn_late_goes(ui: Driver) -> None:
    with mock.patch.object(Notification, "has_expired", False):
        ui.app.notify("late", timeout=-0.01, markup=False)
        await ui.until(lambda: "late" in ui.toasts)
        await ui.pilot.pause()
    await ui.until(lambda: not ui.app.screen.query(Toast))
