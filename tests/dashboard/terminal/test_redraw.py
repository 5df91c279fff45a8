from __future__ import annotations

import shutil
from collections import namedtuple
from typing import Any, cast

import pytest
from textual.events import Resize
from textual.geometry import Size

from devtui.dashboard.terminal.redraw import REST_SECONDS, Redraw
from tests.support.timers import Timers

Terminal = namedtuple("Terminal", "columns lines")


class App(Timers):
    """As much of an app as a redraw needs."""

    def __init__(self, size: tuple[int, int], headless: bool = False) -> None:
        super().__init__()
        self.size = Size(*size)
        self.is_headless = headless
        self.refreshed = 0
        self.posted: list[Resize] = []

    def refresh(self, layout: bool) -> None:
        assert layout
        self.refreshed += 1

    def post_message(self, message: Resize) -> None:
        self.posted.append(message)


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "get_terminal_size", lambda: Terminal(80, 24))


def test_a_row_of_resizes_is_one_redraw_after_the_last() -> None:
    app = App((80, 24))
    drawing = Redraw(cast(Any, app))
    for _ in range(3):
        drawing.resized()
    assert [timer.stopped for timer in app.timers] == [True, True, False]
    assert app.timers[-1].seconds == REST_SECONDS
    assert app.refreshed == 0
    app.timers[-1].callback()
    assert (app.refreshed, app.posted) == (1, [])
    drawing.resized()
    assert len(app.timers) == 4


def test_a_size_that_came_after_the_last_signal_is_told() -> None:
    app = App((100, 30))
    Redraw(cast(Any, app)).resized()
    app.timers[0].callback()
    (resize,) = app.posted
    assert resize.size == Size(80, 24)


def test_without_a_terminal_its_size_is_not_asked_for() -> None:
    app = App((100, 30), headless=True)
    Redraw(cast(Any, app)).resized()
    app.timers[0].callback()
    assert (app.refreshed, app.posted) == (1, [])
