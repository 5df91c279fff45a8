"""How quickly pages load again, and which of them are counted."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
import pytest_asyncio

from devtui.events import HoldEnded, LiveSet, LogWritten, Serving, SetLive, StateChanged
from devtui.session.event_bus import EventBus
from devtui.session.live import live_pages, page_versions, reload_pace
from devtui.session.live.live_pages import LivePages
from devtui.session.live.page_connection import Asked, PageConnection
from devtui.session.live.reload_pace import REST_SECONDS, ReloadPace
from devtui.session.live.session_access import SessionAccess
from tests.support.processes import DEADLINE, until
from tests.support.projects import write

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


class FakePage:
    """A connected page that remembers what it was sent."""

    port = 0
    may_read_log = False

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)


class Project:
    """The session as the pages see it, in this folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.waits = False
        self.times_asked = 0
        self.ways: list[socket.socket] = []
        self.bus = EventBus(lambda: 1)
        self.bus.subscribe(lambda event: None)
        self.on = True
        session = SessionAccess(
            on=lambda: self.on,
            set_live=self._set_live,
            waits=self._waits,
            fails=lambda: False,
            port=lambda: 0,
            url=str,
        )
        self.pages = LivePages(str(folder), self.bus, session)
        self.pages.start()

    def open(self, version: tuple[int, int]) -> FakePage:
        page = FakePage()
        self.pages.opened(cast(PageConnection, page), version, "")
        return page

    def save(self, *names: str) -> None:
        write(self.folder, {f"static/{name}": "" for name in names})
        self.pages.saved([str(self.folder / "static" / name) for name in names])

    def heard(self, on: bool = True) -> None:
        """The server process has heard of the newest save."""
        self.bus.publish(LiveSet(on=on, saves=self._order().saves))

    def _set_live(self, order: Callable[[], SetLive], way: socket.socket) -> None:
        self._order = order
        self.ways.append(way)

    def turn(self, on: bool) -> None:
        self.on = on
        self.pages.turned()

    def _waits(self) -> bool:
        self.times_asked += 1
        return self.waits

    def serve(self, generation: int) -> None:
        self.bus.publish(Serving(generation=generation, url="", pid=1))


@pytest_asyncio.fixture
async def project(tmp_path: Path) -> AsyncIterator[Project]:
    project = Project(tmp_path)
    yield project
    project.pages.close()


async def test_a_page_that_still_loads_begins_again_and_one_that_has_loaded_waits(
    project: Project,
) -> None:
    project.serve(1)
    page = project.open((1, 0))
    project.serve(2)
    assert page.sent == [{"do": "reload"}]
    other = project.open((2, 0))
    project.serve(3)
    assert page.sent == [{"do": "reload"}] * 2, "what it loads may have been cut"
    assert other.sent == []


@pytest.mark.parametrize("saved", [[], ["first.js"]])
async def test_a_page_that_waits_for_an_answer_asks_the_next_server_process(
    project: Project, monkeypatch: pytest.MonkeyPatch, saved: list[str]
) -> None:
    """What it waits for may be cut. It asks once, unless it has to get files again."""
    monkeypatch.setattr(live_pages, "AGAIN_SECONDS", 0.0)
    project.serve(1)
    page = project.open((1, 0))
    project.serve(2)
    other = project.open((2, 0))
    project.waits = True
    for previous in ("serving", "suspended"):
        project.bus.publish(StateChanged(state="reloading", previous=previous, reason=""))
    await until(lambda: len(page.sent) == 2)
    project.save(*saved)
    project.heard()
    project.waits = False
    project.serve(3)
    assert page.sent[:2] == [{"do": "reload"}] * 2
    assert page.sent[2:] == ([{"do": "reload", "names": saved}] if saved else [])
    assert other.sent == [], "it has an answer, and loads again later"


async def test_a_reload_that_waits_outlasts_a_hold(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reload_pace, "REST_SECONDS", 0.02)
    project.serve(1)
    project.open((0, 0))
    page = project.open((0, 0))
    assert page.sent == []
    project.waits = True
    asked = project.times_asked
    await until(lambda: project.times_asked > asked)
    assert page.sent == []
    project.waits = False
    project.bus.publish(HoldEnded(holder="x", reason="released"))
    await until(lambda: page.sent)
    assert page.sent == [{"do": "reload", "names": None, "once": "1.0"}]


async def test_a_page_loads_again_when_the_server_process_has_heard_that_live_is_on(
    project: Project,
) -> None:
    """Before that it could come without the script, and would never follow."""
    project.serve(1)
    page = project.open((1, 0))
    project.turn(False)
    project.serve(2)
    project.turn(True)
    project.bus.publish(LiveSet(on=False, saves=0))  # the order before
    assert page.sent == []
    project.bus.publish(LiveSet(on=True, saves=0))
    assert page.sent == [{"do": "reload"}]


async def test_a_page_takes_the_style_sheets_that_it_has_missed(project: Project) -> None:
    """It was kept for the back key, or live was off."""
    project.serve(1)
    page = project.open((1, 0))
    project.save("site.css")
    swap = {"do": "swap", "names": ["site.css"], "version": "1.1"}
    assert page.sent == [swap]
    project.turn(False)
    project.heard(on=False)
    project.save("form.css")
    assert page.sent == [swap]
    project.turn(True)
    project.heard()
    assert page.sent[1:] == [{"do": "swap", "names": ["form.css"], "version": "1.2"}]
    kept, new = project.open((1, 0)), project.open((1, 2))
    both = {"do": "swap", "names": ["form.css", "site.css"], "version": "1.2"}
    assert (kept.sent, new.sent) == ([both], [])


async def test_a_page_that_loads_again_hears_which_files_are_new(project: Project) -> None:
    project.serve(1)
    page = project.open((1, 0))
    project.save("site.css")
    project.waits = True
    project.save("first.js")
    project.heard()
    assert [message["do"] for message in page.sent] == ["swap"]
    project.waits = False
    project.serve(2)
    assert page.sent[1:] == [{"do": "reload", "names": ["first.js"]}]


async def test_what_waits_when_a_generation_serves_is_new_too(project: Project) -> None:
    project.serve(1)
    page = project.open((1, 0))
    project.save("prices.txt")  # of a kind that waits
    project.serve(2)
    assert page.sent == [{"do": "reload", "names": ["prices.txt"]}]


async def test_a_page_that_has_missed_very_much_takes_all_files(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_versions, "MAX_NAMES", 2)
    project.serve(1)
    page = project.open((1, 0))
    project.save("a.css", "b.css", "c.css")
    assert page.sent == [{"do": "reload", "names": None}]


async def test_a_page_older_than_the_names_that_are_remembered_loads_again(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_versions, "MAX_REMEMBERED", 2)
    project.serve(1)
    for name in ("a.css", "b.css", "a.css", "c.css"):
        project.save(name)
    older, newer = project.open((1, 1)), project.open((1, 2))
    assert older.sent == [{"do": "reload", "names": None, "once": "1.4"}]
    assert newer.sent == [{"do": "swap", "names": ["a.css", "c.css"], "version": "1.4"}]


async def test_a_page_waits_no_longer_than_that_for_a_server_process_that_hangs(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_pages, "HEAR_SECONDS", 0.02)
    project.serve(1)
    page = project.open((0, 0))
    project.turn(True)
    await until(lambda: page.sent)


async def test_a_page_that_is_gone_before_it_is_connected_is_not_counted(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """macOS refuses to set options of such a socket."""

    async def refuse(*arguments: object) -> None:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(asyncio.get_running_loop(), "connect_accepted_socket", refuse)
    monkeypatch.setattr(live_pages, "MAX_CONNECTIONS", 1)
    warnings: list[str] = []
    project.bus.listen(lambda event: warnings.append(event.text), LogWritten)
    asked = msgspec.json.encode(Asked(key="x", origin="", host="", query=""))
    for _ in range(3):
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(project.ways[0], [asked], [ours.fileno()])
            ours.close()
            theirs.setblocking(False)
            read = asyncio.get_running_loop().sock_recv(theirs, 1)
            assert await asyncio.wait_for(read, DEADLINE) == b"", "it is closed"
    assert warnings == []
