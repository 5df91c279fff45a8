from __future__ import annotations

from typing import Any

import pytest
from textual.app import App, ComposeResult

from devtui.dashboard.ports.port_box import LOW, MAX_WIDTH, ChoiceLine, PortBox, Progress, Shown
from devtui.dashboard.ports.port_choices import Sight, choices
from devtui.events import Holder
from devtui.ports.bind import PortRefused
from devtui.ports.survey import Survey
from tests.support.driver import there
from tests.support.fakes import MONOTONIC, at

HOLDER = Holder(pid=77_777, name="python3", command="python3 -m http.server", user="anna")
TAKEN = PortRefused("Port 5000 is taken.", busy=True, reason="busy")
SIGHT = Sight(Survey("127.0.0.1", 5000, TAKEN, (HOLDER,), (), 5001))


def shown(sight: Sight | None = SIGHT, *, asking: bool = False, stopping: bool = False) -> Shown:
    progress = Progress(lambda: MONOTONIC)
    progress.stopping = stopping
    return Shown(5000, sight, choices(5000, sight, serving=False), asking, progress, "leave devtui")


class Host(App[None]):
    """Nothing but the box, and the keys that it presses."""

    def __init__(self) -> None:
        super().__init__()
        self.box = PortBox(5, lambda: at(80))
        self.pressed: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.box

    def simulate_key(self, key: str) -> None:
        self.pressed.append(key)

    def seen(self) -> set[str]:
        """The ids of the parts that are there."""
        return {part.id for part in self.box.query("*") if part.id and part.display}


@pytest.mark.parametrize(
    ("state", "choosing", "keys"),
    [
        (shown(), True, "escape back   q leave devtui"),
        (shown(asking=True), False, "y yes   n no"),
        (shown(stopping=True), False, "stopping …   q leave devtui"),
    ],
)
def test_what_can_be_pressed(state: Any, choosing: bool, keys: str) -> None:
    assert (state.choosing, state.keys) == (choosing, keys)


async def test_a_click_presses_the_choice_s_key_only_where_it_can_be_chosen() -> None:
    app = Host()
    async with app.run_test(size=(80, 24)) as pilot:
        app.box.show(shown())
        await pilot.pause()
        lines = list(app.box.query(ChoiceLine))
        await pilot.click(lines[1])
        assert app.pressed == ["n"]
        app.box.show(shown(asking=True))
        lines[1].on_click()
        assert app.pressed == ["n"]


async def test_the_question_and_the_stopping_have_the_choices_room() -> None:
    app = Host()
    async with app.run_test(size=(80, 24)):
        app.box.show(shown())
        assert app.seen() >= {"headline", "details", "choices"}
        for state in (shown(asking=True), shown(stopping=True)):
            app.box.show(state)
            assert "choices" not in app.seen()
            assert "details" in app.seen()
        assert "progress" in app.seen()


async def test_in_a_low_terminal_the_choices_come_first() -> None:
    app = Host()
    async with app.run_test(size=(80, LOW - 1)):
        app.box.show(shown())
        assert {"details", "choices"} & app.seen() == {"choices"}
        app.box.show(shown(asking=True))
        assert {"details", "choices"} & app.seen() == {"details"}


@pytest.mark.parametrize(("width", "taken"), [(200, MAX_WIDTH), (80, 76), (20, 26)])
async def test_its_width_goes_with_the_terminal_s(width: int, taken: int) -> None:
    app = Host()
    async with app.run_test(size=(width, 24)):
        app.box.show(shown(None))
        assert there(app.box.styles.width).value == taken
        assert "Looking for the holder of port 5000" in str(app.box.query_one("#headline").render())
