"""One key at a time, however they come."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from textual.events import Event, Key, Paste
from textual.message import Message

from devtui.dashboard import key_order
from devtui.dashboard.key_order import PATIENCE_SECONDS, KeyOrder, KeyPassed


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
        self.sent: list[Event] = []
        self.keys = KeyOrder(self, self.send)  # type: ignore[arg-type]

    def call_later(self, callback: Callable[[], Awaitable[None]]) -> None:
        self.later.append(callback)

    async def send(self, event: Event) -> None:
        self.sent.append(event)

    async def come_back(self, target: Target) -> None:
        """Have the last message behind a key come back to the app, and what follows happen."""
        self.keys.passed(target.got.pop())
        for callback in self.later:
            await callback()
        self.later.clear()


def key(name: str) -> Key:
    return Key(name, name)


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


async def test_an_effect_that_takes_long_holds_keys_up_for_a_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench, now = Bench(), 100.0
    monkeypatch.setattr(key_order.time, "monotonic", lambda: now)
    await bench.keys.take(key("a"))
    await bench.keys.take(key("b"))
    assert len(bench.sent) == 1
    now += PATIENCE_SECONDS + 0.1
    await bench.keys.take(key("c"))
    assert [event.key for event in bench.sent if isinstance(event, Key)] == ["a", "b"]
    late = bench.screen.got.pop(0)
    bench.keys.passed(late)
    assert bench.later == []
    await bench.come_back(bench.screen)
    assert len(bench.sent) == 3
