"""What is wanted of the reloader, and which server processes come of it."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from devtui.config.settings import Settings
from devtui.events import (
    AnyEvent,
    AppLoaded,
    FilesChanged,
    LogWritten,
    Reloaded,
    ServerExited,
    Serving,
    StateChanged,
    TerminalReleased,
    TerminalWanted,
)
from devtui.ports.bind import PortRefused
from devtui.ports.survey import SurveyQueue
from devtui.session.event_bus import EventBus
from devtui.session.processes.generations import Generations
from devtui.session.processes.listener import Listener
from devtui.session.reload.reloader import FIRST_STANDBY_DELAY_SECONDS, Reloader
from devtui.session.reload.replacement import Replacement
from devtui.session.reload.restart_loops import LOADS
from devtui.session.served_app import ServedApp
from devtui.session.state import State, StateMachine, announce_on
from devtui.session.terminal.app_tty import AppTty
from devtui.session.terminal.terminal_loan import TerminalLoan
from tests.support.fakes import TTY

SAVED = ("/p/app.py",)
LOADED = AppLoaded(
    app="hello:app", framework="flask.Flask", file="/p/hello.py", duration_ms=1, module_count=1
)


class NoProcesses(Generations):
    """Counts the generations, and notes down what was asked for, without any process."""

    def __init__(self, bus: EventBus, listener: Listener) -> None:
        super().__init__(bus, listener)
        self.why_cut = ""
        self.asked: list[str] = []
        self.asked_before_load_was_announced: list[str] = []

    def expect_load(self) -> None:
        self.asked_before_load_was_announced = list(self.asked)

    def start(self, settings: Settings, *, first: bool, migrations: bool = False) -> None:
        self.number += 1
        self.asked.append("start the first" if first else "start")

    def attach(self) -> None:
        pass

    def start_standby(self, settings: Settings) -> None:
        self.asked.append("start a standby")

    async def stop(self, grace: float, why_cut: str) -> None:
        self.asked.append("stop")
        self.why_cut = why_cut
        await asyncio.sleep(0.01)


class NoLooks(SurveyQueue):
    """Looks nowhere, and counts how often it should."""

    def __init__(self) -> None:
        self.begun = 0

    def begin(self, settings: Settings, refusal: PortRefused | None = None) -> None:
        self.begun += 1


class NoTerminal:
    """A front end that lends what it has not."""

    def hand_over(self, tty: AppTty, wanted: TerminalWanted) -> None:
        pass

    def take_back(self) -> None:
        pass


class Bench:
    """A reloader with the rooms that it works with, and what it has told."""

    def __init__(self, settings: Settings) -> None:
        self.told: list[AnyEvent] = []
        self.looks = NoLooks()
        self.listener = Listener(self.looks)
        self.bus = EventBus(lambda: self.generations.number)
        self.generations = NoProcesses(self.bus, self.listener)
        self.bus.subscribe(self.told.append)
        self.machine = StateMachine(announce_on(self.bus))
        self.terminal = TerminalLoan(lambda order: True)
        served = ServedApp(in_code=False)
        self.machine.subscribe_to(self.bus, served)
        self.reloader = Reloader(
            settings,
            self.bus,
            self.machine,
            self.listener,
            self.generations,
            self.terminal,
            served,
        )

    def all(self, kind: type) -> list[AnyEvent]:
        return [event for event in self.told if isinstance(event, kind)]

    def serve(self) -> None:
        """Have the newest process say that it has loaded the app and serves it."""
        self.bus.publish(LOADED)
        self.bus.publish(Serving(url="http://127.0.0.1:5000", pid=4242))

    async def until(self, number: int) -> None:
        """Wait for that generation."""
        await eventually(lambda: self.generations.number == number)

    def reloads(self) -> list[Reloaded]:
        return [event for event in self.told if isinstance(event, Reloaded)]


async def eventually(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not done():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)


@asynccontextmanager
async def running(**settings: object) -> AsyncIterator[Bench]:
    """A reloader that runs, and has started the first process where it could have the port."""
    given: dict[str, object] = {"port": 0, **settings}
    bench = Bench(Settings(**given))  # type: ignore[arg-type]
    bench.reloader.launch()
    run = asyncio.create_task(bench.reloader.run())
    try:
        yield bench
        bench.reloader.close()
        bench.terminal.close()
        await asyncio.wait_for(run, 20)
    finally:
        run.cancel()
        bench.listener.close()


async def test_the_one_process_is_ended_before_the_next_is_started() -> None:
    async with running() as bench:
        bench.serve()
        bench.reloader.want(Replacement("restarted by hand"))
        await bench.until(2)
        assert bench.generations.asked == ["start the first", "stop", "start"]
        assert bench.machine.state is State.RELOADING
        bench.serve()
        assert [event.cause for event in bench.reloads()] == ["restarted by hand"]
        assert bench.reloads()[0].stopped_ms > 0


async def test_a_load_is_announced_while_the_process_before_ends() -> None:
    async with running() as bench:
        bench.serve()
        bench.reloader.want(Replacement("restarted by hand"))
        await bench.until(2)
        asked = bench.generations.asked_before_load_was_announced
        assert asked == ["start the first", "stop"]


async def test_nothing_is_told_of_the_first_start() -> None:
    async with running() as bench:
        bench.serve()
        assert bench.reloads() == []


async def test_wishes_at_the_same_time_are_one_replacement() -> None:
    async with running() as bench:
        bench.serve()
        bench.reloader.files_changed(("/p/b.py",), 1)
        bench.reloader.files_changed(("/p/a.py",), 2)
        await bench.until(2)
        bench.serve()
        (reloaded,) = bench.reloads()
        assert (reloaded.paths, reloaded.raw_count) == (("/p/a.py", "/p/b.py"), 3)


async def test_a_wish_in_mid_load_is_done_in_one_with_what_is_underway() -> None:
    async with running() as bench:
        bench.serve()
        bench.reloader.files_changed(SAVED, 1)
        await bench.until(2)
        bench.reloader.want(Replacement("restarted by hand"))
        await bench.until(3)
        bench.serve()
        (reloaded,) = bench.reloads()
        assert (reloaded.cause, reloaded.paths) == ("files changed", SAVED)
        assert reloaded.generation == 3


async def test_a_load_after_one_that_was_given_up_is_told_as_its_own() -> None:
    """What a person took to mend the file is no part of the reload."""
    async with running() as bench:
        bench.serve()
        bench.reloader.files_changed(("/p/broken.py",), 1)
        await bench.until(2)
        bench.bus.publish(ServerExited(pid=4242, signal="SIGSEGV"))
        assert bench.machine.state is State.CRASHED
        assert not bench.listener.is_open
        began = time.monotonic()
        bench.reloader.files_changed(("/p/mended.py",), 1)
        await bench.until(3)
        bench.serve()
        (reloaded,) = bench.reloads()
        assert reloaded.paths == ("/p/mended.py",)
        assert reloaded.duration_ms <= (time.monotonic() - began) * 1000


async def test_until_the_app_was_served_each_process_is_the_first() -> None:
    async with running() as bench:
        bench.machine.to(State.FAILED)
        bench.reloader.want(Replacement("restarted by hand"))
        await bench.until(2)
        assert bench.machine.state is State.STARTING
        assert bench.generations.asked == ["start the first", "stop", "start the first"]


async def test_nothing_is_replaced_once_it_is_closed() -> None:
    async with running() as bench:
        bench.serve()
        bench.reloader.close()
        bench.reloader.want(Replacement("restarted by hand"))
    assert bench.generations.asked == ["start the first"]


async def test_who_has_the_terminal_is_not_replaced() -> None:
    async with running() as bench:
        bench.serve()
        bench.terminal.lend_by(NoTerminal())
        wanted = TerminalWanted(ask_id="a", generation=1, purpose="breakpoint")
        bench.terminal.heard(wanted, TTY)
        bench.reloader.want(Replacement("restarted by hand"))
        await asyncio.sleep(0.05)
        assert bench.machine.state is State.SERVING
        bench.terminal.heard(TerminalReleased(ask_id="a"), TTY)
        await bench.until(2)


async def test_without_the_reloader_saved_files_make_the_running_code_old() -> None:
    async with running(reload=False) as bench:
        bench.serve()
        bench.reloader.files_changed(SAVED, 1)
        bench.reloader.files_changed(SAVED, 1)
        await asyncio.sleep(FIRST_STANDBY_DELAY_SECONDS + 0.1)
        assert len(bench.all(FilesChanged)) == 2
        (warning,) = bench.all(LogWritten)
        assert isinstance(warning, LogWritten)
        assert "the running code is older" in warning.text
        assert bench.generations.asked == ["start the first"]  # nor is there a standby


async def test_a_standby_is_started_once_the_app_is_served() -> None:
    async with running() as bench:
        bench.serve()
        await eventually(lambda: "start a standby" in bench.generations.asked)


async def test_a_file_that_changes_with_each_load_is_warned_of_once() -> None:
    async with running() as bench:
        for number in range(1, LOADS + 3):
            await bench.until(number)
            bench.serve()
            bench.reloader.files_changed(SAVED, 1)
        (warning,) = bench.all(LogWritten)
        assert isinstance(warning, LogWritten)
        assert warning.text.startswith("Restart loop: /p/app.py")
        assert bench.reloads()[-1].looping == "/p/app.py"


# -- the port ----------------------------------------------------------------------------------


async def test_a_taken_port_is_had_when_it_is_tried_again() -> None:
    other = socket.create_server(("127.0.0.1", 0))
    port = other.getsockname()[1]
    async with running(port=port) as bench:
        assert bench.machine.state is State.PORT_BUSY
        bench.reloader.files_changed(SAVED, 1)
        assert len(bench.all(FilesChanged)) == 1
        bench.reloader.want(Replacement("restarted by hand"))
        other.close()
        bench.reloader.try_again()
        await bench.until(1)
        bench.serve()
        assert bench.reloads() == []
        changes = [event for event in bench.told if isinstance(event, StateChanged)]
        assert [change.state for change in changes] == ["port busy", "starting", "serving"]
        assert changes[1].reason == "the port was tried again"


async def test_what_was_wanted_while_the_port_was_taken_is_over() -> None:
    other = socket.create_server(("127.0.0.1", 0))
    async with running(port=other.getsockname()[1]) as bench:
        bench.reloader.want(Replacement("debug off"))
        await eventually(lambda: bench.looks.begun == 2)
        other.close()
        bench.reloader.want(Replacement("restarted by hand"))
        await bench.until(1)
        changes = [event for event in bench.told if isinstance(event, StateChanged)]
        assert changes[-1].reason == "restarted by hand"


async def test_what_port_0_became_stays_when_the_socket_is_bound_anew() -> None:
    async with running() as bench:
        bench.serve()
        port = bench.reloader.settings.port
        assert port != 0
        bench.listener.close()
        bench.machine.to(State.CRASHED)
        bench.reloader.want(Replacement("restarted by hand"))
        await bench.until(2)
        assert bench.listener.bound.getsockname()[1] == bench.reloader.settings.port == port


async def test_moving() -> None:
    async with running() as bench:
        bench.serve()
        before = bench.reloader.settings.port
        await bench.reloader.move(0)
        port = bench.reloader.settings.port
        assert port not in (0, before)
        assert bench.listener.bound.getsockname()[1] == port
        await bench.until(2)
        bench.serve()
        assert bench.reloads()[0].cause == f"moved to port {port}"


async def test_debug_mode_may_change_while_another_port_is_bound() -> None:
    async with running() as bench:
        bench.serve()
        moving = asyncio.create_task(bench.reloader.move(0))
        await asyncio.sleep(0)
        bench.reloader.set_debug(False)
        await moving
        assert not bench.reloader.settings.debug


async def test_a_refused_move_changes_nothing() -> None:
    async with running() as bench:
        bench.serve()
        settings, bound = bench.reloader.settings, bench.listener.bound
        with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(PortRefused):
            await bench.reloader.move(other.getsockname()[1])
        assert (bench.reloader.settings, bench.listener.bound) == (settings, bound)
    assert bench.generations.number == 1


async def test_a_unix_socket_has_no_port_to_move_from(tmp_path: Path) -> None:
    async with running(host=f"unix://{tmp_path}/app.sock") as bench:
        with pytest.raises(PortRefused, match="no port"):
            await bench.reloader.move(8000)


async def test_debug_mode_is_changed_by_a_replacement() -> None:
    async with running() as bench:
        bench.serve()
        bench.reloader.set_debug(False)
        assert not bench.reloader.settings.debug
        await bench.until(2)
        bench.serve()
        assert bench.reloads()[0].cause == "debug off"


# -- why requests are cut ----------------------------------------------------------------------


async def test_why_requests_are_cut() -> None:
    async with running() as bench:
        bench.serve()
        bench.reloader.want(Replacement("restarted by hand"))
        await bench.until(2)
        assert bench.generations.why_cut == "cut by restart"
        bench.serve()
        bench.reloader.files_changed(SAVED, 1)
        await bench.until(3)
        assert bench.generations.why_cut == "cut by reload"
