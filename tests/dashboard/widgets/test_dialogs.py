from __future__ import annotations

import pytest
from textual.widgets import Input

from devtui.dashboard.widgets.dialogs import PortDialog, parse_port
from devtui.session.state import State
from tests.support.driver import Driver


@pytest.fixture(autouse=True)
def every_port_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devtui.ports.bind.check_port", lambda settings: None)


@pytest.mark.parametrize(("text", "port"), [("0", 0), ("8080", 8080), (" 65535 ", 65535)])
def test_a_port(text: str, port: int) -> None:
    assert parse_port(text) == port


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Type a port"),
        ("80a", "'80a' is not one"),
        ("-1", "'-1' is not one"),
        ("٣", "is not one"),
        ("65536", "65536 is above it"),
        ("9" * 30, "is above it"),
    ],
)
def test_no_port(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        parse_port(text)


async def _type_port(ui: Driver, text: str) -> None:
    await ui.press("p", "end", *["backspace"] * 8, *text, "enter")


async def test_the_server_moves_to_the_typed_port(ui: Driver) -> None:
    await _type_port(ui, "8123")
    await ui.until(lambda: ui.app.screen is ui.app.main)
    assert ui.session.asked == [("move", 8123)]
    ui.app.main.header.look()
    await ui.shows("http://127.0.0.1:8123")


async def test_what_is_no_port_is_told_and_nothing_is_asked(ui: Driver) -> None:
    await _type_port(ui, "70000")
    await ui.shows("The highest port is 65535; 70000 is above it.")
    assert ui.session.asked == []
    await ui.press("backspace")
    await ui.shows("Port 7000 is free; 0 takes any free one.")
    await ui.press(*["backspace"] * 4)
    await ui.shows("Type a port, from 0 to 65535 (0 takes any free one).")
    await ui.press("0")
    await ui.shows("0 takes any free port.")


async def test_a_port_that_can_never_be_had_leaves_the_dialog_open(ui: Driver) -> None:
    ui.session.refusal, ui.session.refused_for_ever = "Port 80 is not yours to take.", True
    await _type_port(ui, "80")
    await ui.shows("Port 80 is not yours to take.")
    assert isinstance(ui.app.screen, PortDialog)
    assert ui.session.settings.port == 5000
    ui.session.refusal = None
    await ui.press("8", "1", "enter")
    await ui.until(lambda: ui.app.screen is ui.app.main)
    assert ui.session.asked == [("move", 80), ("move", 81)]


async def test_the_port_it_has_is_told_and_nothing_is_moved(ui: Driver) -> None:
    await ui.press("p")
    await ui.shows("The server is there already.")
    await ui.press("enter")
    await ui.shows("The server is on port 5000 already.")
    assert ui.session.asked == []


async def test_a_move_from_elsewhere_is_followed(ui: Driver) -> None:
    await ui.press("p")
    await ui.shows("The server is on port 5000. Move it to port:")
    await ui.session.move(8123)
    ui.session.to(State.RELOADING)
    await ui.shows("The server is on port 8123. Move it to port:")
    assert ui.app.screen.query_one(Input).value == "8123"
    await ui.shows("The server is there already.")
    await ui.press("home", *"1", "end", "backspace")
    await ui.shows("Port 1812 is free")
    await ui.session.move(1812)
    ui.session.to(State.SERVING)
    await ui.shows("The server is on port 1812. Move it to port:")
    await ui.shows("The server is there already.")
    await ui.press("backspace")
    ui.session.to(State.RELOADING)  # what is typed stays
    await ui.shows("Port 181 is free")


async def test_escape_moves_nothing(ui: Driver) -> None:
    await ui.press("p", *"8123", "escape")
    assert ui.app.screen is ui.app.main
    assert ui.session.asked == []
