"""A key that cannot work is grey, and says why when it is pressed or clicked on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from textual.widgets._toast import Toast

from devtui.config.settings import Settings
from devtui.dashboard.availability import NO_ROW
from devtui.dashboard.errors.error_screen import ErrorScreen
from devtui.dashboard.keys.commands import BY_NAME
from devtui.dashboard.widgets.header import Header
from devtui.events import Error, ErrorRaised, Evaluate
from devtui.session.state import State
from tests.support.driver import Driver, running
from tests.support.fakes import FakeGenerations, FakeSession, error, finished, line, raised, started


def grey(ui: Driver) -> list[str]:
    """The names of the keys that cannot work now."""
    return [name for name, enabled in ui.keys().items() if name in BY_NAME and not enabled]


async def row_selected(ui: Driver) -> None:
    """Wait until the keys know of the row, a moment after it is shown."""
    await ui.until(lambda: "open" not in grey(ui))


async def each_says_why(ui: Driver, *expected: str) -> None:
    """Press every grey key; each has to answer with one toast of its own, and do no more."""
    screen = ui.app.screen
    names = grey(ui)
    assert set(expected) <= set(names), names
    for name in names:
        if name == "evaluate":
            continue  # it says why where one types: what follows is no command
        ui.toasts.clear()
        ui.app.clear_notifications()  # each one that stays is laid out again with each later one
        await ui.press(BY_NAME[name].keys.partition(",")[0])
        await ui.until(lambda: ui.toasts, name)
        (told,) = ui.toasts
        assert told.endswith((".", "one."))
        assert ui.app.screen is screen
    assert ui.session.asked == []


async def test_on_an_empty_dashboard(ui: Driver) -> None:
    await each_says_why(ui, "open", "follow", "clear", "copy", "editor", "stack", "pin")
    for pane in "234":
        await ui.press(pane)
        await each_says_why(ui, "open", "follow", "clear", "copy", "editor", "stack")


async def test_on_rows_without_a_place(ui: Driver) -> None:
    ui.session.feed(started(1, "/a"), finished(1, "/a"), line("text"))
    await row_selected(ui)
    await each_says_why(ui, "editor", "stack")
    await ui.press("2")
    await each_says_why(ui, "editor", "stack")


async def test_while_nothing_answers(ui: Driver) -> None:
    ui.session.feed(started(1, "/a"), finished(1, "/a"))
    await row_selected(ui)
    ui.session.to(State.CRASHED)
    await ui.until(lambda: "send-again" in grey(ui))
    await each_says_why(ui, "send-again", "edit-and-send", "profile")
    ui.toasts.clear()
    await ui.press("a")
    assert ui.toasts == ["The server process has ended: a save or r starts the next one."]


async def test_in_an_opened_request(ui: Driver) -> None:
    ui.session.feed(started(1, "/a"))
    await ui.shows("/a")
    await ui.press("enter")
    await ui.shows("general")
    assert ui.keys()["detail-stack"]
    ui.session.feed(finished(1, "/a"))
    await ui.until(lambda: not ui.keys()["detail-stack"])
    await each_says_why(ui, "detail-editor", "detail-error", "detail-stack", "detail-secrets")


async def test_in_an_opened_error(ui: Driver) -> None:
    ui.session.feed(ErrorRaised(error=error(), origin="thread", error_id="1-e1", generation=1))
    await ui.press("4")
    await ui.until(lambda: ui.app.main.open_pane.list.item)
    await ui.press("enter")
    await ui.until(lambda: ui.session.orders, "the innermost locals are asked for at once")
    await ui.press("l")  # and hidden
    await each_says_why(ui, "secrets", "to-request")
    ui.session.generation, ui.session.generations.pid = 2, 4243
    ui.session.to(State.RELOADING)
    await ui.until(lambda: "locals" in grey(ui))
    await each_says_why(ui, "locals", "evaluate", "secrets", "to-request")


async def test_in_an_error_without_frames(ui: Driver) -> None:
    ui.session.feed(ErrorRaised(error=Error(exceptions=(), text="text"), error_id="1-e1"))
    await ui.press("4")
    await ui.until(lambda: ui.app.main.open_pane.list.item)
    await ui.press("enter")
    await ui.until(lambda: isinstance(ui.app.screen, ErrorScreen))
    await each_says_why(ui, "locals", "evaluate", "secrets", "error-editor")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"generations": FakeGenerations(pid=None)}, "The server process has ended"),
        ({"state": State.SUSPENDED}, "A signal has suspended the server process"),
        (
            {"settings": structs.replace(Settings(app="hello:app"), debugger=False)},
            "start with --debugger",
        ),
    ],
)
async def test_frames_that_cannot_be_asked(ui: Driver, change: Any, why: str) -> None:
    ui.session.feed(started(1), raised(1))
    await ui.press("4")
    await ui.until(lambda: ui.app.main.open_pane.list.item)
    await ui.press("enter")
    await ui.until(lambda: isinstance(ui.app.screen, ErrorScreen))
    for name, value in change.items():
        setattr(ui.session, name, value)
    await ui.press("x")
    await ui.shows(why)
    assert not any(isinstance(order, Evaluate) for order in ui.session.orders)


async def test_on_a_unix_socket(tmp_path: Path) -> None:
    session = FakeSession(Settings(app="hello:app", host=f"unix://{tmp_path}/socket"))
    session.url = f"unix://{tmp_path}/socket"
    async with running(session) as ui:
        await each_says_why(ui, "port", "holders", "browser")


async def test_a_click_on_a_grey_key_says_why_too(ui: Driver) -> None:
    bar = ui.screen().splitlines()[-1]
    await ui.pilot.click(offset=(bar.index("copy"), 39))
    await ui.until(lambda: ui.toasts)


async def test_toasts_do_not_cover_what_is_typed() -> None:
    async with running(size=(80, 24)) as ui:
        ui.session.feed(started(1, "/cart"), raised(1))
        await ui.press("4")
        await ui.until(lambda: ui.app.main.open_pane.list.item)
        await ui.press("enter")
        await ui.until(lambda: isinstance(ui.app.screen, ErrorScreen))
        await ui.press("x", *"typed")
        ui.app.tell("one " * 30, "warning")
        ui.app.tell("two " * 30, "warning")
        await ui.until(lambda: len(ui.app.screen.query(Toast)) == 2)
        await ui.shows("one one")
        console = ui.on(ErrorScreen).console.region
        for toast in ui.app.screen.query(Toast):
            assert not toast.region.overlaps(console), (toast.region, console)
        assert ">>> typed" in ui.screen()


async def test_the_first_seconds_after_a_reload_are_counted(ui: Driver) -> None:
    now = ui.app.clock.monotonic()
    for seconds, shown in ((0.5, "up 0 s"), (1.2, "up 1 s"), (4.9, "up 4 s"), (8, "up 5 s")):
        ui.session.served.serving_since = now - seconds
        ui.app.screen.query_one(Header).look()
        await ui.shows(shown + " ")


async def test_equal_toasts_are_one_the_newest(ui: Driver) -> None:
    await ui.press("c", "e", "c", "c")
    await ui.until(lambda: len(ui.app.screen.query(Toast)) == 2)
    shown = [one.message for one in ui.app._notifications]
    assert shown == [NO_ROW, "There is nothing to clear."]
    assert ui.toasts.count("There is nothing to clear.") == 3
