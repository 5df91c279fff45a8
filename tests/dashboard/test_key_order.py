"""One key at a time, however they come."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from textual.app import App
from textual.containers import Vertical
from textual.events import Event, Key, Paste
from textual.message import Message
from textual.widgets import Input

from devtui.dashboard.app import Dashboard
from devtui.dashboard.terminal import key_order
from devtui.dashboard.terminal.key_order import PATIENCE_SECONDS, KeyOrder, KeyPassed
from tests.support.driver import running
from tests.support.fakes import FakeSession


class Target:
    """A widget or a screen, which takes messages unless it is closed."""

    def __init__(self, *, closed: bool = False) -> None:
        self.closed = closed
        self.got: list[KeyPassed] = []

    def post_message(self, message: Message) -> bool:
        assert isinstance(message, KeyPassed)
        if not self.closed:
            self.got.append(message)
        return not self.closed


class Bench(Target):
    """An app with a screen, and the keys that were sent to it."""

    def __init__(self) -> None:
        super().__init__()
        self.screen = Target()
        self.focused: Target | None = None
        self.later: list[Callable[[], Awaitable[None]]] = []
        self.timers: list[Callable[[], Awaitable[None]]] = []
        self.sent: list[Event] = []
        self.keys = KeyOrder(self, self.send)  # type: ignore[arg-type]

    def call_later(self, callback: Callable[[], Awaitable[None]]) -> None:
        self.later.append(callback)

    def set_timer(self, seconds: float, callback: Callable[[], Awaitable[None]]) -> object:
        assert seconds == PATIENCE_SECONDS
        self.timers.append(callback)
        return callback

    async def lose_patience(self) -> None:
        """Have the time pass that a key waits."""
        await self.timers.pop(0)()

    async def send(self, event: Event) -> None:
        self.sent.append(event)

    def pass_along(self, target: Target) -> None:
        """Have the last message behind a key come back to the app, twice."""
        message = target.got.pop()
        self.keys.passed(message)
        if message.again is target and not target.closed:
            self.keys.passed(target.got.pop())

    async def come_back(self, target: Target) -> None:
        """Have the last message behind a key go its way, and what follows happen."""
        self.pass_along(target)
        for callback in self.later:
            await callback()
        self.later.clear()


def key(name: str) -> Key:
    return Key(name, name if len(name) == 1 else None)


async def test_each_waits_until_the_one_before_has_passed() -> None:
    bench = Bench()
    pressed = [key("a"), Paste("pasted"), key("b")]
    for event in pressed:
        await bench.keys.take(event)
    for count in (1, 2, 3):
        assert bench.sent == pressed[:count]
        await bench.come_back(bench.screen)
    await bench.keys.take(key("c"))
    assert len(bench.sent) == 4


async def test_the_first_way_back_is_a_sign() -> None:
    bench = Bench()
    for name in "ab":
        await bench.keys.take(key(name))
    bench.keys.passed(bench.screen.got.pop())
    await bench.lose_patience()
    assert (len(bench.sent), len(bench.timers)) == (1, 1)
    await bench.lose_patience()
    assert len(bench.sent) == 2


async def test_the_next_key_waits_for_the_second_way() -> None:
    bench = Bench()
    await bench.keys.take(key("a"))
    await bench.keys.take(key("b"))
    bench.keys.passed(bench.screen.got.pop())
    assert bench.later == []
    await bench.come_back(bench.screen)
    assert len(bench.sent) == 2


class SlowForm(Vertical):
    """Stands between a field and its app, and takes long to hand a message on."""

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        for _ in range(50):
            await asyncio.sleep(0)


async def test_a_key_finds_what_the_last_one_has_submitted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def on_input_submitted(self: App[int], event: Input.Submitted) -> None:
        await event.input.remove()

    monkeypatch.setattr(Dashboard, "on_input_submitted", on_input_submitted, raising=False)
    async with running(FakeSession()) as ui:
        field = Input()
        await ui.app.screen.mount(SlowForm(field))
        field.focus()
        await ui.until(lambda: field.has_focus)
        for name in ("a", "enter", "b"):
            ui.app.post_message(key(name))
        await ui.until(lambda: not field.is_attached)
        assert field.value == "a"


async def test_the_message_goes_the_way_of_the_key() -> None:
    bench = Bench()
    bench.focused = Target()
    await bench.keys.take(key("a"))
    assert (len(bench.focused.got), bench.screen.got) == (1, [])


async def test_a_key_that_opens_a_screen_has_the_next_wait_for_that() -> None:
    bench = Bench()
    before, dialog = bench.screen, Target()
    await bench.keys.take(key("p"))
    await bench.keys.take(key("8"))
    bench.screen = dialog
    await bench.come_back(before)
    assert len(bench.sent) == 1
    await bench.come_back(dialog)
    assert len(bench.sent) == 2


async def test_what_the_key_has_closed_is_not_waited_for() -> None:
    bench = Bench()
    bench.focused = Target(closed=True)
    await bench.keys.take(key("escape"))
    await bench.keys.take(key("q"))
    await bench.come_back(bench)
    assert len(bench.sent) == 2


async def test_a_key_alone_needs_no_timer() -> None:
    bench = Bench()
    await bench.keys.take(key("a"))
    await bench.come_back(bench.screen)
    await bench.keys.take(key("b"))
    assert bench.timers == []


async def test_an_effect_that_takes_long_holds_keys_up_for_a_moment() -> None:
    bench = Bench()
    for name in "abc":
        await bench.keys.take(key(name))
    assert (len(bench.sent), len(bench.timers)) == (1, 1)
    await bench.lose_patience()
    assert len(bench.sent) == 2
    bench.keys.passed(bench.screen.got.pop(0))  # that of the first, too late
    assert bench.later == []
    await bench.come_back(bench.screen)
    assert len(bench.sent) == 3
    await bench.lose_patience()
    assert bench.timers == []


async def test_a_key_that_has_passed_is_waited_for_no_longer() -> None:
    """The time may be up just before what follows from it is done."""
    bench = Bench()
    for name in "abc":
        await bench.keys.take(key(name))
    bench.pass_along(bench.screen)
    await bench.lose_patience()
    assert len(bench.sent) == 1
    await bench.later.pop()()
    assert len(bench.sent) == 2


async def test_keys_that_get_on_are_given_more_time() -> None:
    bench = Bench()
    for name in "abc":
        await bench.keys.take(key(name))
    await bench.come_back(bench.screen)
    await bench.lose_patience()
    assert (len(bench.sent), len(bench.timers)) == (2, 1)


async def test_a_key_that_closes_a_screen_holds_up_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message behind it comes back although where it goes is closed meanwhile."""
    monkeypatch.setattr(key_order, "PATIENCE_SECONDS", 3600.0)
    async with running(FakeSession()) as ui:
        for _ in range(5):
            await ui.press("?")
            await ui.shows("─ Keys ─")
            for name in ("escape", "3", "2", "1", "p", "escape", "4"):
                ui.app.post_message(key(name))
            await ui.until(lambda: ui.app.main.open_pane is ui.app.main.errors)
            await ui.press("1")
