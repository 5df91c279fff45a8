"""A server process that hangs: the screens say so, and go on when it answers after all."""

from __future__ import annotations

import pytest

from devtui.dashboard.errors import error_screen
from devtui.dashboard.errors.error_screen import ErrorScreen
from devtui.dashboard.errors.frame_screen import FrameScreen
from devtui.dashboard.errors.stack_screen import LOOK_SECONDS, StackScreen
from devtui.events import (
    Evaluate,
    Evaluated,
    Frame,
    Interrupt,
    LocalsShown,
    Order,
    ShowLocals,
    ShowStack,
    StackShown,
    Variable,
)
from devtui.session.state import State
from tests.support.driver import Driver
from tests.support.fakes import raised, started

BUSY = "Server process 4242 does not answer: it is busy in code that lets no other thread run."
SUSPENDED = "A signal has suspended the server process, so nothing answers: "


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Call an answer late at once, and let local variables wait for their key."""
    for module in ("late_answers", "evaluation"):
        monkeypatch.setattr(f"devtui.dashboard.errors.{module}.LATE_SECONDS", 0.05)
    monkeypatch.setattr(error_screen, "ROOM_FOR_LOCALS", 1_000)


async def open_error(ui: Driver) -> None:
    ui.session.feed(started(1, "/cart"), raised(1))
    await ui.press("4")
    await ui.until(lambda: ui.app.main.open_pane.list.item)
    await ui.press("enter")
    await ui.until(lambda: isinstance(ui.app.screen, ErrorScreen))
    await ui.until(lambda: len(ui.on(FrameScreen).list.matches))


def of(kind: type[Order], ui: Driver) -> list[Order]:
    return [order for order in ui.session.orders if isinstance(order, kind)]


def told(order: Order, value: str) -> LocalsShown:
    assert isinstance(order, ShowLocals)
    variable = Variable(name="items", type="list", value=value)
    return LocalsShown(ask_id=order.ask_id, error_id="1-e1", variables=(variable,))


def words(ui: Driver) -> str:
    """The screen, with what is wrapped on one line again."""
    return " ".join(ui.screen().replace("│", " ").replace("▌", " ").split())


async def test_variables_that_do_not_come_say_why_until_they_come(ui: Driver) -> None:
    await open_error(ui)
    await ui.press("l")
    await ui.until(lambda: BUSY in words(ui))
    assert "It answers when that ends, or r restarts it." in words(ui)
    assert "asking …" not in ui.screen()
    (order,) = of(ShowLocals, ui)
    ui.session.feed(told(order, "[1, 2]"))
    await ui.shows("items  [1, 2]  list")
    await ui.shows_not("does not answer")


async def test_the_reason_follows_the_state(ui: Driver) -> None:
    await open_error(ui)
    await ui.press("l")
    await ui.until(lambda: BUSY in words(ui))
    ui.session.to(State.SUSPENDED)
    await ui.until(lambda: f"{SUSPENDED}kill -CONT 4242 continues it, r restarts it." in words(ui))
    ui.session.to(State.SERVING)
    await ui.until(lambda: BUSY in words(ui))


async def test_variables_from_before_stay_below_the_reason(ui: Driver) -> None:
    await open_error(ui)
    await ui.press("l")
    ui.session.feed(told(of(ShowLocals, ui)[0], "[1, 2]"))
    await ui.shows("items  [1, 2]")
    await ui.press("m")
    await ui.until(lambda: BUSY in words(ui))
    await ui.shows("items  [1, 2]")
    ui.session.feed(told(of(ShowLocals, ui)[1], "[3]"))
    await ui.shows("items  [3]")
    await ui.shows_not("does not answer")
    await ui.press("m")
    await ui.until(lambda: BUSY in words(ui))
    await ui.press("l")  # hidden, nothing is waited for
    await ui.shows_not("does not answer")


async def test_code_that_cannot_be_stopped_says_why(ui: Driver) -> None:
    await open_error(ui)
    await ui.press("x", *"spin()", "enter")
    await ui.until(lambda: of(Evaluate, ui))
    await ui.shows("ctrl+c stops it")
    assert "The code waits" not in ui.screen()
    await ui.press("ctrl+c", "ctrl+c")
    await ui.until(lambda: "The code waits, or runs in a library" in words(ui))
    assert "escape and then r restarts the server process." in words(ui)
    assert words(ui).count("The code waits") == 1
    assert len(of(Interrupt, ui)) == 2
    (order,) = of(Evaluate, ui)
    assert isinstance(order, Evaluate)
    ui.session.feed(Evaluated(ask_id=order.ask_id, error_id="1-e1", value="'at last'"))
    await ui.shows("'at last'")
    await ui.shows_not("ctrl+c stops it")


async def test_code_that_stops_is_not_said_to_hang(
    ui: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devtui.dashboard.errors.evaluation.LATE_SECONDS", 0.3)
    await open_error(ui)
    await ui.press("x", *"spin()", "enter")
    await ui.until(lambda: of(Evaluate, ui))
    await ui.press("ctrl+c")
    (order,) = of(Evaluate, ui)
    assert isinstance(order, Evaluate)
    stopped = Evaluated(ask_id=order.ask_id, error_id="1-e1", traceback="KeyboardInterrupt\n")
    ui.session.feed(stopped)
    await ui.shows("KeyboardInterrupt")
    await ui.pilot.pause(0.5)
    assert "The code waits" not in ui.screen()


ESCAPE = "kill -CONT 4242 continues it, escape and then r restarts it."


async def test_the_prompt_of_a_suspended_server_names_keys_that_help(ui: Driver) -> None:
    await open_error(ui)
    ui.session.to(State.SUSPENDED)
    await ui.press("x")
    await ui.until(lambda: f"{SUSPENDED}{ESCAPE}" in words(ui))
    await ui.press("r")
    assert ui.on(ErrorScreen).console.prompt.text == "r"
    assert ui.session.asked == []
    await ui.press("escape", "r")
    assert [name for name, _ in ui.session.asked] == ["restart"]


async def test_a_server_that_is_suspended_while_code_runs(ui: Driver) -> None:
    await open_error(ui)
    await ui.press("x", *"spin()", "enter")
    await ui.until(lambda: of(Evaluate, ui))
    ui.session.to(State.SUSPENDED)
    await ui.until(lambda: ESCAPE in words(ui))


async def test_code_that_a_suspended_server_gets_says_why_it_waits(ui: Driver) -> None:
    await open_error(ui)
    await ui.press("x")
    ui.session.to(State.SUSPENDED)
    await ui.press("1", "enter")
    await ui.until(lambda: ESCAPE in words(ui))


async def test_a_stack_that_does_not_come_says_why_until_it_comes(ui: Driver) -> None:
    ui.session.feed(started(1, "/slow"))
    await ui.shows("/slow")
    await ui.press("s")
    await ui.until(lambda: isinstance(ui.app.screen, StackScreen))
    await ui.until(lambda: BUSY in words(ui))
    ui.session.to(State.SUSPENDED)
    await ui.until(lambda: f"{SUSPENDED}kill -CONT 4242 continues it, r restarts it." in words(ui))
    await ui.pilot.pause(1.2 * LOOK_SECONDS)
    (order,) = of(ShowStack, ui)  # a question each second must not fill the memory
    assert isinstance(order, ShowStack)
    frame = Frame(file="/project/a.py", line=1, function="lock", source="wait()", own=True)
    ui.session.feed(StackShown(ask_id=order.ask_id, request_id="1-1", frames=(frame,)))
    await ui.shows("in lock")
    await ui.shows_not("so nothing answers")
