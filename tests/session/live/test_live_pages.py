"""How quickly pages load again, and which of them are counted."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator

import pytest

from devtui.events import SetLive
from devtui.session.event_bus import EventBus
from devtui.session.live.live_pages import Around, LivePages
from devtui.session.live.page_connection import Asked
from devtui.session.live.reload_pace import REST_SECONDS, ReloadPace

FAILS, WORKS = True, False


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_first_save_shows_at_once_and_those_soon_after_it_together() -> None:
    clock = Clock()
    pace = ReloadPace(clock)
    assert pace.wait(WORKS) == 0
    pace.reloaded(WORKS)
    clock.now += 0.25
    assert pace.wait(WORKS) == pytest.approx(REST_SECONDS - 0.25)
    clock.now += REST_SECONDS
    assert pace.wait(WORKS) == 0


def test_neither_an_error_nor_its_fix_waits() -> None:
    pace = ReloadPace(Clock())
    pace.reloaded(WORKS)
    assert pace.wait(FAILS) == 0
    pace.reloaded(FAILS)
    assert pace.wait(WORKS) == 0
    pace.reloaded(WORKS)
    assert pace.wait(WORKS) == REST_SECONDS


@pytest.fixture
def pages() -> Iterator[LivePages]:
    def ignore(order: Callable[[], SetLive], way: socket.socket) -> None:
        """Give the order to nobody."""

    around = Around(
        set_live=ignore, waits=lambda: False, fails=lambda: False, port=lambda: 0, url=str
    )
    pages = LivePages(True, "/project", EventBus(lambda: 1), around)
    yield pages
    pages._way.close()
    pages._their_way.close()


async def test_a_page_that_is_gone_before_it_is_connected_is_not_counted(
    pages: LivePages, monkeypatch: pytest.MonkeyPatch
) -> None:
    """macOS refuses to set options of such a socket."""

    async def refuse(*arguments: object) -> None:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(asyncio.get_running_loop(), "connect_accepted_socket", refuse)
    ours, theirs = socket.socketpair()
    with theirs:
        asked = Asked(key="x", origin="", host="", query="")
        await pages._connect(asked, ours)
        assert pages._connections == set()
        assert theirs.recv(1) == b"", "it is closed"
