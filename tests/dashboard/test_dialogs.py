import os
from datetime import datetime, timezone

import pytest

from devtui.dashboard.dialogs import HoldersDialog, PortDialog, parse_port
from devtui.events import Holder, PortBusy
from devtui.session.state import State

STRANGER = Holder(
    pid=77_777,
    name="python3",
    command="python3 -m http.server 5000 \x1b[31m",
    user="anna",
    started=datetime(2026, 3, 2, 9, 30, tzinfo=timezone.utc),
    address="127.0.0.1:5000",
)


@pytest.mark.parametrize(("text", "port"), [("0", 0), ("8080", 8080), (" 65535 ", 65535)])
def test_a_port(text, port):
    assert parse_port(text) == port


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Type a port"),
        ("80a", "'80a' is none"),
        ("-1", "'-1' is none"),
        ("٣", "is none"),
        ("65536", "65536 is above it"),
        ("9" * 30, "is above it"),
    ],
)
def test_no_port(text, sentence):
    with pytest.raises(ValueError, match=sentence):
        parse_port(text)


async def _type_port(ui, text):
    await ui.press("p", "end", *["backspace"] * 8, *text, "enter")


async def test_the_server_moves_to_the_typed_port(ui):
    await _type_port(ui, "8123")
    await ui.until(lambda: ui.app.screen is ui.app.main)
    assert ui.session.asked == [("move", 8123)]
    ui.app.main.header.look()
    await ui.shows("http://127.0.0.1:8123")


async def test_what_is_no_port_is_told_and_nothing_is_asked(ui):
    await _type_port(ui, "70000")
    await ui.shows("The highest port is 65535; 70000 is above it.")
    assert ui.session.asked == []
    await ui.press("backspace")
    await ui.shows("0 takes any free port.")


async def test_a_refused_port_leaves_the_dialog_open_and_the_server_in_its_place(ui):
    ui.session.refusal = "Port 80 is not yours to take."
    await _type_port(ui, "80")
    await ui.shows("Port 80 is not yours to take.")
    assert isinstance(ui.app.screen, PortDialog)
    assert ui.session.settings.port == 5000
    ui.session.refusal = None
    await ui.press("8", "1", "enter")
    await ui.until(lambda: ui.app.screen is ui.app.main)
    assert ui.session.asked == [("move", 80), ("move", 81)]


@pytest.fixture
def holders(monkeypatch):
    """The holders that are found, to be changed, and the ones that were stopped."""
    found, stopped = [], []
    monkeypatch.setattr("devtui.session.port.holders", lambda port: tuple(found))

    def stop(holder, port):
        stopped.append((holder.pid, port))
        found.clear()
        return "python3 (77777) ended after 0.1 s."

    monkeypatch.setattr("devtui.session.port.stop_holder", stop)
    return found, stopped


async def test_a_holder_is_shown_and_stopped_after_a_yes(ui, holders):
    found, stopped = holders
    found.append(STRANGER)
    await ui.press("k")
    await ui.shows("python3  pid 77777  anna  2026-03-02 09:30  127.0.0.1:5000")
    await ui.shows("python3 -m http.server 5000 \\x1b[31m")
    await ui.shows("y stop it")
    assert stopped == []
    await ui.press("y")
    await ui.shows("ended after 0.1 s.")
    await ui.shows("Nobody that this user may see listens on port 5000.")
    assert stopped == [(77_777, 5000)]


@pytest.mark.parametrize("pid", [4242, os.getpid(), None])
async def test_our_own_processes_are_never_stopped(ui, holders, pid):
    found, stopped = holders
    found.append(Holder(pid=pid, name="python", command="devtui hello", user="me"))
    await ui.press("k")
    await ui.shows("devtui hello")
    await ui.press("y")
    await ui.pilot.pause()
    assert "y stop it" not in ui.screen()
    assert stopped == []


async def test_one_of_several_holders_is_chosen(ui, holders):
    found, stopped = holders
    found += [Holder(pid=4242, name="python", command="ours", user="me"), STRANGER]
    await ui.press("k")
    await ui.shows("▸ python (this devtui)")
    await ui.press("down")
    await ui.shows("▸ python3")
    await ui.press("y")
    await ui.until(lambda: stopped == [(77_777, 5000)])


async def test_a_system_that_does_not_tell_is_told(ui, monkeypatch):
    def refuse(port):
        raise PermissionError("not permitted")

    monkeypatch.setattr("devtui.session.port.holders", refuse)
    await ui.press("k")
    await ui.shows("Cannot see who listens here: not permitted.")


async def test_a_busy_port_opens_the_dialog_with_its_reason(ui, holders):
    holders[0].append(STRANGER)
    ui.session.state = State.PORT_BUSY
    busy = PortBusy(host="127.0.0.1", port=5000, message="Port 5000 is taken.", holders=(STRANGER,))
    ui.session.feed(busy, busy)
    await ui.shows("Port 5000 is taken.")
    assert [type(screen) for screen in ui.app.screen_stack[1:]] == [HoldersDialog]
