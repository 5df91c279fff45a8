"""Pictures of the main screen. Look at each one before a change of it is accepted.

`pytest tests/dashboard/test_pictures.py --snapshot-update` makes them anew.
"""

from __future__ import annotations

import time
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import Screen

from devtui.dashboard.ports.port_screen import PortScreen
from devtui.events import Address, Holder, PortBusy
from devtui.session.state import State
from tests.support.driver import dashboard
from tests.support.fakes import (
    FakeSession,
    a_morning,
    at,
    finished,
    load_failed,
    n_plus_one,
    profiled,
    raised,
    reloaded,
    started,
)

TAKEN = PortBusy(
    host="127.0.0.1",
    port=5000,
    message="Port 5000 on 127.0.0.1 is taken by another program.",
    holders=(
        Holder(
            pid=1_000_001,
            name="python3",
            command="python3 -m http.server 5000 --directory /home/ada/projects/shop/static",
            user="ada",
            started=at(-500),
            folder="/home/ada/projects/shop",
            parent_pid=1_000_000,
            parent="bash",
            kind="server",
            note="Python's own file server (python -m http.server)",
            restarts_by="a loop in the shell bash (pid 1000000): stop that first with kill 1000000",
            address="0.0.0.0",
            addresses=(Address(ip="0.0.0.0"),),
        ),
    ),
    next_free_port=5001,
)

SIZES = [(80, 24), (120, 40), (200, 50)]


def _empty(session: FakeSession) -> None:
    pass


def _requests(session: FakeSession) -> None:
    session.generations.pin = "123-456-789"
    session.feed(*a_morning())


def _error(session: FakeSession) -> None:
    _requests(session)
    session.feed(
        started(20, "/cart", seconds=75),
        raised(20, 75.1),
        finished(20, "/cart", status=500, ms=18, size=290, seconds=75),
        started(21, "/slow", seconds=78.7),
    )


def _deferred_error(session: FakeSession) -> None:
    _error(session)
    session.generation = 3
    session.feed(reloaded(79, failed=True, generation=3), load_failed(79))
    session.to(State.SERVING_ERROR)


def _taken_port(session: FakeSession) -> None:
    session.listener.is_open, session.generations.pid, session.served.serving_since = (
        False,
        None,
        None,
    )
    session.to(State.PORT_BUSY)
    session.feed(TAKEN)


def _calls(session: FakeSession) -> None:
    _requests(session)
    session.feed(*n_plus_one(20, seconds=75))


def _profile(session: FakeSession) -> None:
    _requests(session)
    session.feed(*n_plus_one(20, seconds=75), profiled(20))


def _is_judged(screen: Screen[Any]) -> bool:
    return isinstance(screen, PortScreen) and not screen.choices[0].why_not


SCENES = {
    "empty": _empty,
    "requests": _requests,
    "error": _error,
    "deferred": _deferred_error,
    "port": _taken_port,
    "calls": _calls,
    "profile": _profile,
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("scene", SCENES)
def test_the_main_screen(
    snap_compare: Any, monkeypatch: pytest.MonkeyPatch, scene: Any, size: tuple[int, int]
) -> None:
    monkeypatch.setattr("devtui.ports.stopping.refusal", lambda holder: None)
    session = FakeSession()
    app = dashboard(session)

    async def play(pilot: Pilot[Any]) -> None:
        SCENES[scene](session)
        for pane in app.main.panes:
            pane.list.take_in()
            pane.list.take_in()  # at once: nothing came since, so no list counts as flooded
        deadline = time.monotonic() + 10
        while scene == "port" and not _is_judged(app.screen):
            assert time.monotonic() < deadline, "the port screen never knew whom it may stop"
            await pilot.pause(0.02)
        if scene == "calls" and size != SIZES[-1]:  # where the timeline stands beside the list
            await pilot.press("enter")
        if scene == "profile":
            await pilot.press("t")
        for _ in range(3):  # what a refresh brings about is drawn by the next
            await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=play)
