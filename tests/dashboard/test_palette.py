from __future__ import annotations

from devtui.dashboard.keys.commands import COMMANDS
from devtui.dashboard.palette import offered
from devtui.session.state import State
from tests.support.driver import Driver
from tests.support.fakes import request

NOT_OFFERED = ("palette", "interrupt")


def titles(ui: Driver) -> set[str]:
    return {command.title for command in ui.app.get_system_commands(ui.app.screen)}


async def test_the_palette_offers_every_command_that_works(ui: Driver) -> None:
    ui.session.feed(*request(1))
    await ui.until(lambda: ui.keys()["open"])
    there = titles(ui)
    for command in COMMANDS:
        if command.scope in ("app", "main") and command.keys:
            works = bool(ui.keys().get(command.name)) and command.name not in NOT_OFFERED
            assert (command.help in there) == works, command.name


async def test_it_offers_what_can_work_on_this_screen_now(ui: Driver) -> None:
    idle = titles(ui)
    assert {"Restart the server", "Filter the pane", "All keys", "Leave", "Theme"} <= idle
    assert "Open the selected row" not in idle
    assert "Back to the dashboard" not in idle
    ui.session.feed(*request(1, "/"))
    await ui.until(lambda: "Open the selected row" in titles(ui))
    await ui.press("enter")
    await ui.shows("general")
    above = titles(ui)
    assert "Copy the section" in above
    assert "Filter the pane" not in above


async def test_what_cannot_work_is_not_offered(ui: Driver) -> None:
    assert "Copy the debugger's PIN" not in titles(ui)
    ui.session.generations.pin = "123-456-789"
    assert "Copy the debugger's PIN" in titles(ui)
    ui.session.to(State.STOPPED)
    assert "Restart the server" not in titles(ui)


async def test_each_says_its_key_and_runs_its_action(ui: Driver) -> None:
    by_title = {command.title: command for command in offered(ui.app, ui.app.screen)}
    (key,) = [command.shown for command in COMMANDS if command.name == "errors"]
    errors = by_title["Errors"]
    assert errors.help == f"key: {key}"
    errors.callback()
    await ui.until(lambda: ui.app.main.open_pane is ui.app.main.errors)
    by_title["Restart the server"].callback()
    await ui.until(lambda: ui.session.asked == [("restart", "restart")])


async def test_a_command_of_the_palette_runs(ui: Driver) -> None:
    await ui.press("ctrl+p")
    await ui.press(*"restart the")
    await ui.shows("Restart the server")
    await ui.press("enter")
    await ui.until(lambda: ui.session.asked == [("restart", "restart")])
