from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest

from devtui.config.settings import Settings
from devtui.dashboard.ports.port_screen import PortScreen
from devtui.dashboard.widgets.dialogs import PortDialog
from devtui.events import Address, Holder, PortBusy, RefusalReason
from devtui.ports.bind import PortRefused
from devtui.ports.stopping import Outcome
from devtui.ports.survey import Survey
from devtui.session.state import State
from tests.support.driver import Driver, running
from tests.support.fakes import NOON, FakeSession, at

STRANGER = Holder(
    pid=77_777,
    name="python3",
    command="python3 -m http.server 5000",
    user="anna",
    started=at(-130),
    folder="/home/anna/site",
    parent_pid=77_000,
    parent="bash",
    kind="server",
    note="Python's own file server (python -m http.server)",
    address="0.0.0.0",
    addresses=(Address(ip="0.0.0.0"),),
)
BACK = Holder(
    pid=78_888,
    name="python3",
    command="python3 -m http.server 5000",
    user="anna",
    started=at(1),
    restarts_by="supervisord (pid 55)",
    addresses=(Address(ip="0.0.0.0"),),
)
HIDDEN = Holder(
    pid=None, name="", command="", user="root", kind="unseen", note="held by another user (root)"
)
TAKEN = "Port 5000 on 127.0.0.1 is taken by another program."


def busy(
    *holders: Holder,
    reason: RefusalReason = "busy",
    message: str = TAKEN,
    port: int = 5000,
    next_free: int | None = 5001,
    warnings: tuple[str, ...] = (),
) -> PortBusy:
    return PortBusy(
        at=NOON,
        host="127.0.0.1",
        port=port,
        message=message,
        reason=reason,
        holders=holders,
        next_free_port=next_free,
        warnings=warnings,
    )


def free(port: int) -> Survey:
    return Survey("127.0.0.1", port, None, (), (), None)


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """What is found on which port, and what stopping does: no process is looked at or hurt."""
    machine = Machine()
    monkeypatch.setattr("devtui.ports.survey.survey", machine.survey)
    monkeypatch.setattr("devtui.ports.stopping.refusal", machine.refusal)
    monkeypatch.setattr("devtui.ports.stopping.stop", machine.stop)
    monkeypatch.setattr("devtui.ports.bind.check_port", machine.check)
    return machine


class Machine:
    def __init__(self) -> None:
        self.found: dict[int, Survey] = {}
        self.why_not: str | None = None
        self.stopped: list[tuple[int, tuple[int, ...]]] = []
        self.outcome = Outcome(True, "python3 (77777) exited after 0.1 s.")
        self.may_end = threading.Event()
        self.may_end.set()
        self.may_look = threading.Event()
        self.may_look.set()

    def survey(self, settings: Settings, refusal: PortRefused | None = None) -> Survey:
        assert self.may_look.wait(20)
        return self.found.get(settings.port) or free(settings.port)

    def refusal(self, holder: Holder) -> str | None:
        return self.why_not

    def check(self, settings: Settings) -> PortRefused | None:
        found = self.found.get(settings.port)
        return found.refusal if found else None

    def stop(
        self,
        settings: Settings,
        wanted: Sequence[Holder],
        report: Callable[[float, str], None],
        watch_seconds: float = 0.0,
    ) -> Outcome:
        self.stopped.append((settings.port, tuple(holder.pid for holder in wanted)))
        report(0.0, "asking python3 (77777) to exit (SIGTERM)")
        assert self.may_end.wait(20)
        report(3.0, "killing python3 (77777) (SIGKILL)")
        return self.outcome


def waiting() -> FakeSession:
    """A session that could not have its port."""
    session = FakeSession()
    session.state, session.listener.is_open, session.generation = State.STARTING, False, 0
    session.generations.pid = session.served.serving_since = None
    return session


@pytest.fixture
async def refused() -> AsyncIterator[Driver]:
    """The dashboard of a session whose port is held by a stranger."""
    async with running(waiting()) as ui:
        ui.session.to(State.PORT_BUSY)
        ui.session.feed(busy(STRANGER))
        await ui.shows("stop python3")
        yield ui


# -- opening -----------------------------------------------------------------------------------


async def test_it_opens_by_itself_before_anything_is_known() -> None:
    async with running(waiting()) as ui:
        ui.session.to(State.PORT_BUSY)
        await ui.shows("Looking for the holder of port 5000 …")
        await ui.shows("stop it and start here · finding out who it is …")
        ui.session.feed(busy(STRANGER))
        await ui.shows(TAKEN)
        assert [type(screen) for screen in ui.app.screen_stack[1:]] == [PortScreen]


async def test_it_opens_for_what_happened_before_the_screen_was_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = waiting()
    session.state = State.PORT_BUSY
    subscribe = session.bus.subscribe

    def early(listener: Any) -> None:
        subscribe(listener)
        session.feed(busy(STRANGER))

    monkeypatch.setattr(session.bus, "subscribe", early)
    async with running(session) as ui:
        await ui.shows("python3 (pid 77777)")
        await ui.press("q")
        await ui.until(lambda: ui.session.ended)
    assert ui.app.return_value == 1


SIZES = [(80, 24), (120, 40), (200, 50)]


@pytest.mark.parametrize("size", SIZES)
async def test_every_fact_and_choice_is_there(size: tuple[int, int]) -> None:
    async with running(waiting(), size) as ui:
        ui.session.to(State.PORT_BUSY)
        ui.session.feed(busy(STRANGER))
        for text in (
            TAKEN,
            "python3 (pid 77777)",
            "python3 -m http.server 5000",
            "Python's own file server",
            "/home/anna/site",
            "anna",
            "3 min, since 2026-03-02 11:57:50",
            "0.0.0.0",
            "bash (pid 77000)",
            "s  stop python3 (pid 77777) and start here",
            "n  take the next free port: 5001",
            "p  another port …",
            "k  see who holds another port …",
            "t  try again",
            "escape back   q leave devtui",
        ):
            await ui.shows(text)


async def test_many_holders_are_moved_through_and_the_choices_stay() -> None:
    async with running(waiting(), (80, 24)) as ui:
        ui.session.to(State.PORT_BUSY)
        many = [Holder(pid=pid, name="worker", command="w " * 400, user="u") for pid in range(5, 9)]
        ui.session.feed(busy(*many, warnings=("http://localhost:5000 may reach node.",)))
        await ui.shows("worker (pid 5)")
        await ui.shows("stop worker (pid 5), worker (pid 6) and 2 more and start here")
        await ui.shows("↑ ↓ more")
        assert "may reach node" not in ui.screen()
        await ui.press(*["pagedown"] * 8)
        await ui.shows("http://localhost:5000 may reach node.")
        await ui.shows("t  try again")
        await ui.press(*["pageup"] * 8, "down")
        await ui.shows("w w w")


async def test_a_resize_lays_it_out_anew(refused: Driver) -> None:
    await refused.pilot.resize_terminal(80, 24)
    await refused.shows("t  try again")
    await refused.until(
        lambda: max(len(line.rstrip()) for line in refused.screen().splitlines()) <= 80
    )


async def test_nothing_that_others_wrote_is_raw() -> None:
    evil = "\x1b]0;t\x07\x1b[31m[red][@click=app.quit]x[/]\u202e\u200b\x00\r\n"
    holder = Holder(
        pid=7, name=evil, command=evil * 30, user=evil, folder=evil, parent_pid=6, parent=evil,
        note=evil, restarts_by=evil, address=evil, addresses=(Address(ip=evil),), started=at(0),
    )  # fmt: skip
    async with running(waiting(), (80, 24)) as ui:
        ui.session.to(State.PORT_BUSY)
        ui.session.feed(busy(holder, message=evil, warnings=(evil,)))
        await ui.shows("[@click=app.quit]")
        for key in ("pagedown", "pagedown", "s", "escape"):
            await ui.press(key)
            for strip in ui.app.screen._compositor.render_strips():
                for segment in strip:
                    assert segment.text.isprintable(), repr(segment.text)
                    assert "@click" not in (segment.style.meta if segment.style else {})
        assert ui.session.asked == []


# -- stopping ----------------------------------------------------------------------------------


async def test_a_yes_stops_it_with_every_step_and_the_session_has_the_port(
    refused: Driver, machine: Machine
) -> None:
    machine.may_end.clear()
    await refused.press("s")
    await refused.shows("Stop this process?")
    await refused.shows("python3 -m http.server 5000")
    await refused.shows("killed if it has not ended within 3 s")
    assert machine.stopped == []
    await refused.press("y")
    await refused.shows("0.0 s  asking python3 (77777) to exit (SIGTERM)")
    await refused.shows("stopping …")
    assert machine.stopped == [(5000, (77_777,))]
    await refused.press("escape", "s", "n", "p")
    assert isinstance(refused.app.screen, PortScreen)
    machine.may_end.set()
    await refused.until(lambda: ("try again", None) in refused.session.asked)
    await refused.shows("3.0 s  killing python3 (77777) (SIGKILL)")
    refused.session.to(State.STARTING)
    await refused.until(lambda: refused.app.screen is refused.app.main)
    await refused.until(lambda: refused.toasts == ["python3 (77777) exited after 0.1 s."])
    assert refused.session.asked == [("try again", None)]


@pytest.mark.parametrize("no", ["n", "escape"])
async def test_a_no_stops_nothing(refused: Driver, machine: Machine, no: str) -> None:
    await refused.press("s")
    await refused.shows("Stop this process?")
    await refused.press(no)
    await refused.shows("Nothing was stopped.")
    await refused.shows("t  try again")
    await refused.press("y")
    assert machine.stopped == refused.session.asked == []


async def test_a_question_answers_to_nothing_else(refused: Driver, machine: Machine) -> None:
    await refused.press("s", "t", "p", "k", "s", "enter")
    await refused.shows("Stop this process?")
    assert isinstance(refused.app.screen, PortScreen)
    assert machine.stopped == refused.session.asked == []


async def test_what_comes_back_is_told_with_what_brought_it(refused: Driver) -> None:
    await refused.press("s", "y")
    await refused.until(lambda: refused.session.asked == [("try again", None)])
    refused.session.feed(busy(BACK))
    told = "python3 (77777) exited after 0.1 s. Then python3 (pid 78888) took the port"
    await refused.shows(told)
    await refused.shows("started by supervisord (pid")
    await refused.shows("stop python3 (pid 78888) and start here")


async def test_a_stop_that_failed_is_told_and_the_port_looked_at_again(
    refused: Driver, machine: Machine
) -> None:
    machine.outcome = Outcome(False, "python3 (77777) did not exit, even after SIGKILL.")
    machine.found[5000] = Survey.of(busy(BACK))
    await refused.press("s", "y")
    await refused.shows("did not exit, even after SIGKILL.")
    await refused.shows("python3 (pid 78888)")
    assert refused.session.asked == []


@pytest.mark.parametrize(
    ("event", "why_not", "told"),
    [
        (
            busy(HIDDEN),
            "Held by another user (root).",
            "stop a process of root and start here · held by another user (root)",
        ),
        (busy(), None, "stop it and start here · no process was found that could be stopped"),
        (
            busy(
                reason="permission",
                message="Not allowed to listen on port 80.",
                next_free=None,
            ),
            None,
            "take the next free port · no port near it is free",
        ),
        (
            busy(reason="permission", message="Not allowed to listen on port 80."),
            None,
            "stop it and start here · there is no process to stop, see above",
        ),
    ],
)
async def test_a_choice_that_cannot_work_says_why(
    machine: Machine, event: Any, why_not: str | None, told: str
) -> None:
    machine.why_not = why_not
    async with running(waiting()) as ui:
        ui.session.to(State.PORT_BUSY)
        ui.session.feed(event)
        await ui.shows(event.message)
        await ui.shows(told)
        await ui.press("s")
        assert machine.stopped == []
        assert "y  yes" not in ui.screen()


# -- other ways out ----------------------------------------------------------------------------


async def test_the_next_free_port(refused: Driver) -> None:
    await refused.press("n")
    await refused.until(lambda: refused.app.screen is refused.app.main)
    assert refused.session.asked == [("move", 5001)]


async def test_a_click_is_a_choice(refused: Driver) -> None:
    lines = refused.screen().splitlines()
    (row,) = [number for number, line in enumerate(lines) if "next free port: 5001" in line]
    await refused.pilot.click(offset=(lines[row].index("take"), row))
    await refused.until(lambda: refused.session.asked == [("move", 5001)])


async def test_a_typed_port(refused: Driver) -> None:
    await refused.press("p")
    await refused.shows("The server could not get port 5000. Move it to port:")
    await refused.press(*"8123")
    await refused.shows("Port 8123 is free; 0 takes any free one.")
    await refused.press("enter")
    await refused.until(lambda: refused.app.screen is refused.app.main)
    assert refused.session.asked == [("move", 8123)]


async def test_try_again_in_vain_and_not(refused: Driver) -> None:
    await refused.press("t")
    await refused.shows("Trying port 5000 …")
    assert refused.session.asked == [("try again", None)]
    refused.session.feed(busy(STRANGER))
    await refused.shows("Tried at 12:01:20: port 5000 is still not available.")
    await refused.press("t")
    refused.session.to(State.STARTING)
    await refused.until(lambda: refused.app.screen is refused.app.main)


async def test_back_and_again_by_k(refused: Driver, machine: Machine) -> None:
    machine.found[5000] = Survey.of(busy(STRANGER))
    await refused.press("escape")
    assert refused.app.screen is refused.app.main
    await refused.press("k")
    await refused.shows("stop python3 (pid 77777) and start here")
    await refused.press("s", "y")
    await refused.until(lambda: refused.session.asked == [("try again", None)])


@pytest.mark.parametrize("key", ["q", "ctrl+q", "ctrl+c"])
async def test_leaving_from_here(refused: Driver, key: str) -> None:
    await refused.press(key)
    await refused.until(lambda: refused.session.ended)
    assert refused.session.asked == [("close", None)]


# -- while the app is served -------------------------------------------------------------------


async def test_our_own_server_is_told_calmly(ui: Driver, machine: Machine) -> None:
    machine.found[5000] = Survey.of(
        busy(Holder(pid=4242, name="python", command="devtui hello", user="me"))
    )
    await ui.press("k")
    await ui.shows("devtui itself serves here: generation 1, pid 4242.")
    await ui.shows("stop it and move here · this devtui has it")
    await ui.shows("t  look again")
    await ui.press("s")
    await ui.press("y")
    assert machine.stopped == ui.session.asked == []


async def test_any_port_may_be_looked_at(ui: Driver, machine: Machine) -> None:
    machine.found[8000] = Survey.of(busy(STRANGER, port=8000, next_free=8001))
    await ui.press("k", "k")
    await ui.shows("Nothing is stopped or moved by looking.")
    await ui.press(*"8000", "enter")
    await ui.shows("python3 (pid 77777)")
    await ui.shows("s  stop python3 (pid 77777) and move here")
    await ui.press("s", "y")
    await ui.until(lambda: ui.app.screen is ui.app.main)
    assert machine.stopped == [(8000, (77_777,))]
    assert ui.session.asked == [("move", 8000)]
    assert ui.toasts == ["python3 (77777) exited after 0.1 s."]


async def test_a_free_port_that_is_looked_at_may_be_had(ui: Driver) -> None:
    await ui.press("k", "k", *"8000", "enter")
    await ui.shows("Port 8000 on 127.0.0.1 is free.")
    await ui.shows("take the next free port · this one is free")
    await ui.press("s")
    await ui.until(lambda: ui.app.screen is ui.app.main)
    assert ui.session.asked == [("move", 8000)]


async def test_port_0_is_nobody_s(ui: Driver) -> None:
    await ui.press("k", "k", "0", "enter")
    await ui.shows("Port 0 means any free one: nobody can hold it.")
    await ui.press("escape", "escape")
    assert ui.app.screen is ui.app.main


async def test_a_refused_move_shows_who_holds_that_port(ui: Driver, machine: Machine) -> None:
    machine.found[8000] = Survey.of(busy(STRANGER, port=8000, message="Port 8000 is taken."))
    ui.session.refusal = "Port 8000 is taken."
    await ui.press("p", *"8000")
    await ui.shows("Port 8000 is taken. It is python3 (pid 77777): enter shows more.")
    await ui.press("enter")
    await ui.shows("stop python3 (pid 77777) and move here")
    assert ui.session.settings.port == 5000
    assert [type(screen) for screen in ui.app.screen_stack[1:]] == [PortScreen]


async def test_a_port_that_is_lost_between_look_and_move_is_shown_again(
    ui: Driver, machine: Machine
) -> None:
    await ui.press("k", "k", *"8000", "enter")
    await ui.shows("is free.")
    machine.found[8000] = Survey.of(busy(STRANGER, port=8000))
    ui.session.refusal = TAKEN
    await ui.press("s")
    await ui.shows("stop python3 (pid 77777) and move here")


async def test_a_crash_whose_port_is_gone_opens_it(ui: Driver) -> None:
    ui.session.to(State.CRASHED)
    ui.session.listener.is_open = False
    await ui.press("r")
    ui.session.to(State.PORT_BUSY)
    ui.session.feed(busy(STRANGER))
    await ui.shows("stop python3 (pid 77777) and start here")


async def test_reloads_under_it_leave_it_open(ui: Driver) -> None:
    await ui.press("k")
    await ui.shows("devtui itself serves here")
    ui.session.to(State.RELOADING)
    ui.session.to(State.SERVING)
    assert isinstance(ui.app.screen, PortScreen)


async def test_what_is_said_of_our_own_server_follows_it(ui: Driver, machine: Machine) -> None:
    await ui.press("k")
    await ui.shows("devtui itself serves here: generation 1, pid 4242.")
    ui.session.generation, ui.session.generations.pid = 2, 4343
    ui.session.to(State.RELOADING)
    await ui.shows("devtui itself has this port (reloading): generation 2, pid 4343.")
    ui.session.to(State.SERVING)
    await ui.shows("devtui itself serves here: generation 2, pid 4343.")
    await ui.session.move(5001)
    machine.found[5000] = Survey.of(busy(STRANGER))  # the old server process still has it
    ui.session.to(State.RELOADING)
    await ui.pilot.pause(0.1)
    del machine.found[5000]
    ui.session.to(State.SERVING)
    await ui.shows("Port 5000 on 127.0.0.1 is free.")
    await ui.session.move(5000)
    ui.session.to(State.SERVING)
    await ui.shows("devtui itself serves here: generation 2, pid 4343.")


async def test_a_dialog_above_is_not_lost_when_the_port_is_had(refused: Driver) -> None:
    await refused.press("t", "p")
    assert isinstance(refused.app.screen, PortDialog)
    refused.session.to(State.STARTING)
    await refused.pilot.pause()
    assert isinstance(refused.app.screen, PortDialog)
    await refused.press("escape")
    await refused.until(lambda: refused.app.screen is refused.app.main)


async def test_the_port_of_a_privileged_one_is_told_before_it_is_tried(
    ui: Driver, machine: Machine
) -> None:
    refusal = PortRefused("Not allowed to listen on port 80.", busy=False, reason="permission")
    machine.found[80] = Survey("127.0.0.1", 80, refusal, (), (), 1024)
    await ui.press("p", "8", "0")
    await ui.shows("Not allowed to listen on port 80.")
    assert ui.session.asked == []
