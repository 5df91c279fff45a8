"""Pictures of the main screen. Look at each one before a change of it is accepted.

`pytest tests/dashboard/test_pictures.py --snapshot-update` makes them anew.
"""

import pytest
from driver import dashboard
from fakes import (
    FakeSession,
    a_morning,
    finished,
    load_failed,
    raised,
    reloaded,
    started,
)

from devtui.session.state import State

SIZES = [(80, 24), (120, 40), (200, 50)]


def _empty(session):
    pass


def _requests(session):
    session.pin = "123-456-789"
    session.feed(*a_morning())


def _error(session):
    _requests(session)
    session.feed(
        started(20, "/cart", seconds=75),
        raised(20, 75.1),
        finished(20, "/cart", status=500, ms=18, size=290, seconds=75),
        started(21, "/slow", seconds=78.7),
    )


def _deferred_error(session):
    _error(session)
    session.generation = 3
    session.feed(reloaded(79, failed=True, generation=3), load_failed(79))
    session.to(State.SERVING_ERROR)


SCENES = {
    "empty": _empty,
    "requests": _requests,
    "error": _error,
    "deferred": _deferred_error,
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("scene", SCENES)
def test_the_main_screen(snap_compare, scene, size):
    session = FakeSession()
    app = dashboard(session)

    async def play(pilot):
        SCENES[scene](session)
        for pane in app.main.panes:
            pane.list.take_in()
        for _ in range(3):  # what a refresh brings about is drawn by the next
            await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=play)
