from __future__ import annotations

import time
from typing import Any, cast

import pytest

from devtui.dashboard.lists.refresh_pace import (
    CROWD_SECONDS,
    FEW,
    FLOOD_SECONDS,
    REFRESH_SECONDS,
    RUNNING_SECONDS,
    SCREENFUL_SECONDS,
    RefreshPace,
)
from tests.support.timers import Timers


class Widget(Timers):
    """As much of a widget as its pace needs, and what it shows."""

    def __init__(self) -> None:
        super().__init__()
        self.is_mounted = True
        self.refreshed = 0
        self.running = False
        self.end = 0
        self.pace = RefreshPace(cast(Any, self), 0, self.take_in, lambda: self.running)

    def refresh(self) -> None:
        self.refreshed += 1

    def take_in(self) -> None:
        self.pace.taken_in(self.end, 10)

    def seconds(self) -> list[float]:
        return [timer.seconds for timer in self.timers]


@pytest.fixture
def widget() -> Widget:
    return Widget()


def test_many_items_are_one_refresh(widget: Widget) -> None:
    assert widget.pace.idle
    for _ in range(5):
        widget.pace.mark_dirty()
    assert widget.seconds() == [REFRESH_SECONDS]
    assert not widget.pace.idle
    widget.timers[0].callback()
    assert widget.pace.idle


def test_what_is_taken_in_sooner_is_not_taken_in_again(widget: Widget) -> None:
    widget.pace.mark_dirty()
    widget.take_in()
    assert widget.timers[0].stopped
    assert widget.pace.idle


def test_before_it_is_mounted_nothing_is_planned(widget: Widget) -> None:
    widget.is_mounted = False
    widget.pace.mark_dirty()
    assert widget.timers == []


def test_a_flood_is_shown_less_often_until_it_ends(widget: Widget) -> None:
    widget.end = 11
    widget.take_in()
    assert widget.pace.flooded
    widget.pace.mark_dirty()
    widget.end = 21
    widget.timers[0].callback()
    assert not widget.pace.flooded
    widget.pace.mark_dirty()
    assert widget.seconds() == [FLOOD_SECONDS, CROWD_SECONDS]


def test_a_page_with_its_files_is_a_crowd(widget: Widget) -> None:
    for more in (FEW, FEW + 1, 1):
        widget.end += more
        widget.take_in()
        widget.pace.mark_dirty()
    assert widget.seconds() == [REFRESH_SECONDS, CROWD_SECONDS, REFRESH_SECONDS]


def test_it_is_no_flood_where_time_has_passed_for_each_screenful(
    widget: Widget, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    widget.take_in()
    for screenfuls, rows, flooded in (
        (0.2, 11, True),
        (2.1, 20, False),
        (1.9, 20, True),
        (9.1, 90, False),
    ):
        now += screenfuls * SCREENFUL_SECONDS
        widget.end += rows
        widget.take_in()
        assert widget.pace.flooded is flooded


def test_what_runs_is_refreshed_until_it_does_not(widget: Widget) -> None:
    widget.pace.watch_running()
    assert widget.timers == []
    widget.running = True
    widget.pace.watch_running()
    widget.pace.watch_running()
    assert widget.seconds() == [RUNNING_SECONDS]
    widget.timers[0].callback()
    assert widget.refreshed == 1
    widget.running = False
    widget.timers[1].callback()
    assert widget.refreshed == 2
    assert widget.pace.idle


def test_what_runs_waits_for_what_comes(widget: Widget) -> None:
    widget.running = True
    widget.pace.watch_running()
    widget.pace.mark_dirty()
    widget.timers[0].callback()
    assert widget.refreshed == 0
