from __future__ import annotations

import gc
import os
import signal
from typing import Any

import pytest
from textual.worker import WorkerFailed

from devtui.session.state import State
from tests.support.driver import running
from tests.support.fakes import FakeSession


@pytest.mark.parametrize("key", ["q", "ctrl+q", "ctrl+c"])
async def test_keys_leave_after_the_session_has_ended(key: str) -> None:
    session = FakeSession()
    async with running(session) as ui:
        await ui.press(key)
        await ui.until(lambda: ui.app.return_value is not None)
        assert ui.app.return_value == 0
        assert session.ended


@pytest.mark.parametrize("state", [State.FAILED, State.PORT_BUSY])
async def test_leaving_without_an_app_is_a_failure(state: Any) -> None:
    session = FakeSession()
    session.state = state
    async with running(session) as ui:
        await ui.press("q")
        await ui.until(lambda: ui.app.return_value is not None)
        assert ui.app.return_value == 1


@pytest.mark.parametrize(("name", "status"), [("SIGTERM", 143), ("SIGHUP", 129), ("SIGINT", 130)])
async def test_signals_leave(name: str, status: int) -> None:
    session = FakeSession()
    async with running(session) as ui:
        os.kill(os.getpid(), getattr(signal, name))
        await ui.until(lambda: ui.app.return_value is not None)
        assert ui.app.return_value == status
        assert session.ended


async def test_a_session_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devtui.dashboard.shutdown.LEAVE_SECONDS", 0.05)
    session = FakeSession()
    session.end_slowly = True
    async with running(session) as ui:
        await ui.press("q")
        await ui.until(lambda: ui.app.return_value is not None)
        assert ui.app.return_value == 0
        assert session.asked == [("close", None), ("kill", None)]


async def test_leaving_twice_does_not_wait() -> None:
    session = FakeSession()
    session.end_slowly = True
    async with running(session) as ui:
        await ui.press("q")
        await ui.shows("LEAVING")
        await ui.press("ctrl+c")
        await ui.until(lambda: ui.app.return_value is not None)
        assert ("kill", None) in session.asked


async def test_leaving_twice_at_once_leaves_no_warning_and_the_first_status() -> None:
    session = FakeSession()
    session.end_slowly = True
    session.state = State.PORT_BUSY
    async with running(session) as ui:
        ui.app.shutdown.begin(0)
        ui.app.shutdown.begin(0)
        await ui.until(lambda: ui.app.return_value is not None)
        assert ui.app.return_value == 1
        gc.collect()  # a coroutine that nobody awaits is warned of, which fails the test


async def test_to_be_told_twice_that_the_terminal_has_gone_is_no_haste() -> None:
    session = FakeSession()
    session.end_slowly = True
    async with running(session) as ui:
        ui.app.shutdown.hang_up()
        await ui.pilot.pause()
        ui.app.shutdown.hang_up()
        await ui.shows("LEAVING")
        assert ui.app.shutdown.begun
        assert session.asked == [("close", None)]
        ui.app.shutdown.begin(0)
        await ui.until(lambda: ui.app.return_value is not None)


async def test_a_session_that_ends_by_itself_is_a_failure() -> None:
    session = FakeSession()
    async with running(session) as ui:
        session.close()
        await ui.until(lambda: ui.app.return_value is not None)
        assert ui.app.return_value == 1


async def test_signals_are_given_back() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)]
    async with running() as ui:
        assert signal.getsignal(signal.SIGTERM) != before[0]
        await ui.press("q")
        await ui.until(lambda: ui.session.ended)
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)] == before


async def test_a_session_that_fails_is_not_hidden() -> None:
    class Broken(FakeSession):
        async def run(self) -> None:
            await self._closed.wait()
            raise RuntimeError("the session broke")

    app = None

    async def leave() -> None:
        nonlocal app
        async with running(Broken()) as ui:
            app = ui.app
            await ui.press("q")
            await ui.until(lambda: ui.app.return_code == 1)

    with pytest.raises(WorkerFailed, match="the session broke"):
        await leave()
    assert app is not None
    assert app.return_code == 1
