from collections import namedtuple

import pytest
from textual.geometry import Size

from devtui.dashboard.terminal import redraw
from devtui.dashboard.terminal.redraw import REST_SECONDS, Redraw
from tests.support.timers import Timers

Terminal = namedtuple("Terminal", "columns lines")


class App(Timers):
    """As much of an app as a redraw needs."""

    def __init__(self, size, headless=False):
        super().__init__()
        self.size = Size(*size)
        self.is_headless = headless
        self.refreshed = 0
        self.posted = []

    def refresh(self, layout):
        assert layout
        self.refreshed += 1

    def post_message(self, message):
        self.posted.append(message)


@pytest.fixture(autouse=True)
def terminal(monkeypatch):
    monkeypatch.setattr(redraw.shutil, "get_terminal_size", lambda: Terminal(80, 24))


def test_a_row_of_resizes_is_one_redraw_after_the_last():
    app = App((80, 24))
    drawing = Redraw(app)
    for _ in range(3):
        drawing.resized()
    assert [timer.stopped for timer in app.timers] == [True, True, False]
    assert app.timers[-1].seconds == REST_SECONDS
    assert app.refreshed == 0
    app.timers[-1].callback()
    assert (app.refreshed, app.posted) == (1, [])
    drawing.resized()
    assert len(app.timers) == 4


def test_a_size_that_came_after_the_last_signal_is_told():
    app = App((100, 30))
    Redraw(app).resized()
    app.timers[0].callback()
    (resize,) = app.posted
    assert resize.size == Size(80, 24)


def test_without_a_terminal_its_size_is_not_asked_for():
    app = App((100, 30), headless=True)
    Redraw(app).resized()
    app.timers[0].callback()
    assert (app.refreshed, app.posted) == (1, [])
