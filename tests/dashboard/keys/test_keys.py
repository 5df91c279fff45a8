from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from devtui.config.settings import Settings
from devtui.dashboard.errors.error_screen import ErrorScreen
from devtui.dashboard.help import HelpDialog
from devtui.dashboard.keys import second_press
from devtui.dashboard.keys.commands import in_force
from devtui.dashboard.keys.keyboard import CONFIGURABLE
from devtui.dashboard.ports.port_screen import PortScreen
from devtui.dashboard.widgets.dialogs import PortDialog
from devtui.dashboard.widgets.key_bar import chosen
from devtui.session.state import State
from tests.support.driver import Driver, running
from tests.support.fakes import (
    FakeSession,
    a_morning,
    finished,
    line,
    load_failed,
    raised,
    request,
    started,
)


async def test_shift_r_restarts_from_nothing(ui: Driver) -> None:
    await ui.press("R")
    assert ui.session.asked == [("restart_from_nothing", None)]


async def test_r_restarts(ui: Driver) -> None:
    await ui.press("r")
    assert ui.session.asked == [("restart", "restart")]


async def test_d_turns_debug_mode_off_and_on(ui: Driver) -> None:
    await ui.press("d", "d")
    assert ui.session.asked == [("debug", False), ("debug", True)]


async def test_b_turns_the_browser_refresh_off_and_on(ui: Driver) -> None:
    await ui.press("b", "b")
    assert ui.session.asked == [("live", False), ("live", True)]


SIZES = [(80, 24), (120, 40), (200, 50)]


@pytest.mark.parametrize("size", SIZES)
async def test_digits_go_to_the_panes(size: tuple[int, int]) -> None:
    async with running(size=size) as ui:
        for key in "4123142":
            await ui.press(key)
            pane = ui.app.main.panes[int(key) - 1]
            assert ui.app.main.open_pane is pane
            assert ui.app.focused is pane.list
            await ui.until(lambda pane=pane: pane.list.size.height >= 2)


@pytest.mark.parametrize("size", SIZES)
async def test_digits_go_to_the_panes_from_an_opened_row(size: tuple[int, int]) -> None:
    async with running(size=size) as ui:
        ui.session.feed(started(1, "/cart"), raised(1), finished(1, "/cart", status=500))
        await ui.shows("Errors 1")
        await ui.press("4", "enter", "g")
        await ui.shows("served by")
        assert len(ui.app.screen_stack) == 3, "a request above its error"
        await ui.press("2")
        assert ui.app.screen is ui.app.main
        assert ui.app.main.open_pane is ui.app.main.log_pane
        assert ui.app.focused is ui.app.main.log_pane.list
        await ui.press("1", "enter", "3")
        assert ui.app.main.open_pane is ui.app.main.panes[2]
        await ui.press("4", "enter", "x", "1")
        assert ui.on(ErrorScreen).console.prompt.text == "1", "no key of the prompt's"


@pytest.mark.parametrize("size", SIZES)
async def test_tab_goes_round_the_panes(size: tuple[int, int]) -> None:
    async with running(size=size) as ui:
        for number in (2, 3, 4, 1):
            await ui.press("tab")
            await ui.until(lambda number=number: ui.app.main.open_pane.number == number)
            assert ui.app.focused is ui.app.main.open_pane.list


@pytest.mark.parametrize("size", SIZES)
async def test_a_click_on_a_pane_opens_it(size: tuple[int, int]) -> None:
    async with running(size=size) as ui:
        for name in ("errors", "log", "requests", "reloads"):
            await ui.pilot.click(f"#{name}", offset=(5, 0))
            await ui.until(lambda name=name: ui.app.main.open_pane.id == name)
            assert ui.app.focused is ui.app.main.open_pane.list


@pytest.mark.parametrize(
    ("key", "dialog"), [("p", PortDialog), ("question_mark", HelpDialog), ("k", PortScreen)]
)
async def test_dialogs_open_and_escape_closes_them(ui: Driver, key: str, dialog: Any) -> None:
    await ui.press(key)
    assert isinstance(ui.app.screen, dialog)
    await ui.press("escape")
    assert ui.app.screen is ui.app.main


async def test_the_help_names_every_key(ui: Driver) -> None:
    await ui.press("question_mark")
    await ui.shows("All keys")
    shown = ui.screen()
    rows = [line.split() for line in shown.splitlines()]
    for command in CONFIGURABLE.values():
        if command.help and command.keys:
            assert f" {command.shown}  {command.help} " in shown
        elif command.keys:  # two keys that belong together have one line
            assert any(command.shown in row for row in rows), command.name


async def test_o_opens_the_browser_and_says_so(ui: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def open_url(url: str) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr("devtui.dashboard.desktop.programs.open_url", open_url)
    await ui.press("o")
    await ui.until(lambda: ui.toasts)
    assert opened == ["http://127.0.0.1:5000"]
    assert ui.toasts == ["Opened http://127.0.0.1:5000"]


async def test_without_a_browser_the_url_is_told(
    ui: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devtui.dashboard.desktop.programs.open_url", lambda url: False)
    await ui.press("o")
    await ui.until(lambda: ui.toasts)
    assert "open http://127.0.0.1:5000 by hand" in ui.toasts[0]


async def test_the_browser_may_print_what_it_likes(
    executable: Callable[[str, str], str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    from devtui.dashboard.desktop.programs import open_url

    monkeypatch.setenv("BROWSER", executable("chatty", "echo noise; echo noise >&2"))
    assert open_url("http://127.0.0.1:1/")
    assert capfd.readouterr() == ("", "")


async def test_c_clears_the_open_pane_only(ui: Driver) -> None:
    ui.session.feed(*a_morning())
    await ui.shows("/report.csv")
    await ui.press("c")
    assert not ui.session.store.requests
    assert ui.session.store.log
    await ui.shows("Cleared at 12:")
    await ui.press("2", "c")
    assert not ui.session.store.log


async def test_y_copies_the_url_of_a_request(ui: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(ui.app._driver, "write", written.append)
    ui.session.feed(*request(1, "/a?b=c"))
    await ui.shows("/a?b=c")
    await ui.press("y")
    await ui.until(lambda: ui.toasts)
    assert written == ["\x1b]52;c;aHR0cDovLzEyNy4wLjAuMTo1MDAwL2E/Yj1j\a"]
    assert ui.toasts == ["Copied the URL to the terminal's clipboard."]


@pytest.mark.parametrize(
    ("pane", "what"), [("2", "the line"), ("3", "the line"), ("4", "the traceback")]
)
async def test_y_copies_in_every_pane(ui: Driver, pane: str, what: str) -> None:
    ui.session.feed(*a_morning(), started(9), raised(9))
    await ui.press(pane)
    await ui.until(lambda: ui.app.main.open_pane.list.item)
    await ui.press("y")
    await ui.until(lambda: ui.toasts)
    assert ui.toasts[0].startswith(f"Copied {what} ")


async def test_e_tells_what_to_set_without_an_editor(
    ui: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "cart.py"
    source.write_text("x = 1\n")
    ui.session.feed(started(1), raised(1))
    await ui.press("4")
    await ui.until(lambda: ui.app.main.open_pane.list.item)
    await ui.press("e")
    assert "There is no file /project/shop/cart.py" in ui.toasts[0]
    monkeypatch.setattr("devtui.dashboard.desktop.programs.Path.is_file", lambda path: True)
    await ui.press("e")
    assert "export VISUAL or EDITOR" in ui.toasts[1]


async def test_e_starts_a_graphical_editor_at_the_line(
    ui: Driver,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    executable: Callable[[str, str], str],
) -> None:
    said = tmp_path / "said"
    executable("code", f'echo "$@" > {said}.part; mv {said}.part {said}')
    monkeypatch.setenv("EDITOR", "code --wait")
    monkeypatch.setattr("devtui.dashboard.desktop.programs.Path.is_file", lambda path: True)
    ui.session.feed(started(1), raised(1))
    await ui.press("4")
    await ui.until(lambda: ui.app.main.open_pane.list.item)
    await ui.press("e")
    await ui.until(said.exists)
    assert said.read_text() == "--wait --goto /project/shop/cart.py:48\n"
    assert ui.toasts == ["Opened /project/shop/cart.py:48 with code."]


async def test_an_editor_that_cannot_start_is_told(
    ui: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", os.path.join(os.sep, "no", "code"))
    monkeypatch.setattr("devtui.dashboard.desktop.programs.Path.is_file", lambda path: True)
    ui.session.feed(started(1), raised(1))
    await ui.press("4")
    await ui.until(lambda: ui.app.main.open_pane.list.item)
    await ui.press("e")
    assert ui.toasts == ["Could not start /no/code: No such file or directory."]


async def test_keys_that_cannot_work_are_greyed(ui: Driver) -> None:
    assert {name for name, enabled in ui.keys().items() if not enabled} >= {
        "follow", "clear", "open", "copy", "editor"
    }  # fmt: skip
    ui.session.feed(*a_morning())
    await ui.until(lambda: ui.keys()["open"])
    assert ui.keys()["clear"]
    assert ui.keys()["copy"]
    assert not ui.keys()["follow"]
    assert not ui.keys()["editor"]
    await ui.press("up")
    assert ui.keys()["follow"]
    await ui.press("enter")
    assert not ui.keys()["detail-editor"]


async def test_a_unix_socket_has_no_port() -> None:
    async with running(FakeSession(Settings(app="a", host="unix:///tmp/a.sock"))) as ui:
        assert not ui.keys()["port"]
        assert not ui.keys()["holders"]
        await ui.press("p")
        assert ui.app.screen is ui.app.main


async def test_nothing_to_browse_where_nothing_answers(ui: Driver) -> None:
    ui.session.to(State.CRASHED)
    await ui.until(lambda: not ui.keys()["browser"])
    assert ui.keys()["restart"]


async def test_help_shows_every_key() -> None:
    async with running(size=(80, 24)) as ui:
        await ui.press("question_mark")
        await ui.shows("escape back")
        pages = ui.screen()
        for _ in range(4):  # it scrolls on a low terminal
            await ui.press("pagedown")
            pages += ui.screen()
        for command in in_force:
            if command.scope in ("app", "main", "list") and command.help and command.shown:
                assert command.help in pages
                assert command.shown in pages


def test_keys_that_cannot_work_give_way_in_the_key_bar_to_those_that_can() -> None:
    keys = (("open", True), ("unfold-row", False), ("send-again", True), ("help", True))
    for width, expected in ((80, 4), (40, 3)):
        assert len(found := chosen(keys, width)) == expected
        assert {"open", "send-again", "help"} <= {command.name for command, _ in found}


async def test_a_click_in_the_key_bar_presses_the_key(ui: Driver) -> None:
    column = ui.screen().splitlines()[-1].index("restart")
    await ui.pilot.click(offset=(column, 39))
    await ui.until(lambda: ui.session.asked == [("restart", "restart")])


async def test_letters_go_into_the_filter_and_do_nothing_else(ui: Driver) -> None:
    ui.session.feed(*request(1, "/rdq"), *request(2, "/other"), line("x"))
    await ui.press("slash", "r", "d", "q", "1")
    assert ui.session.asked == []
    assert ui.app.main.requests.list.matches.query.text == "rdq1"
    assert "restart" not in ui.screen().splitlines()[-1]


@pytest.mark.parametrize("size", SIZES)
async def test_a_load_that_fails_as_the_dashboard_opens_is_before_the_eyes(
    size: tuple[int, int],
) -> None:
    session = FakeSession()
    session.state = State.FAILED
    session.store.apply(load_failed(reload=False))
    async with running(session, size) as ui:
        await ui.shows("SyntaxError: '(' was never closed")
        await ui.until(lambda: ui.app.main.open_pane is ui.app.main.errors)
        assert ui.app.focused is ui.app.main.errors.list
        await ui.shows('File "/project/hello.py", line 12')


async def test_a_failed_load_is_shown_at_once_and_goes_when_mended(ui: Driver) -> None:
    await ui.press("2")
    ui.session.feed(load_failed(reload=True), *request(5), finished(9))
    ui.session.to(State.SERVING_ERROR)
    await ui.shows("SERVING THE ERROR")
    await ui.shows("SyntaxError: '(' was never closed")
    assert ui.app.main.open_pane is ui.app.main.errors
    ui.session.to(State.RELOADING)
    ui.session.to(State.SERVING)
    await ui.until(lambda: ui.app.main.open_pane.number == 2)


async def test_a_failed_load_does_not_take_the_keys_from_someone_who_types(ui: Driver) -> None:
    await ui.press("slash", "a")
    ui.session.feed(load_failed())
    ui.session.to(State.SERVING_ERROR)
    await ui.press("b")
    assert ui.app.main.requests.list.matches.query.text == "ab"


async def test_ctrl_c_in_an_opened_row_leaves_at_the_second_press(
    ui: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    ui.session.feed(started(1, "/cart"), raised(1), finished(1, "/cart", status=500))
    for pane in "14":
        await ui.press(pane)
        await ui.until(lambda: ui.app.main.open_pane.list.item)
        await ui.press("enter")
        await ui.until(lambda: ui.app.screen is not ui.app.main)
        ui.toasts.clear()
        await ui.press("ctrl+c")
        assert ui.toasts == ["ctrl+c once more leaves devtui; escape goes back."]
        await ui.press("escape")
        assert ui.session.asked == []
    await ui.press("1", "enter", "slash", "x")
    ui.toasts.clear()
    await ui.press("ctrl+c")
    assert ui.toasts == ["ctrl+c once more leaves devtui; escape goes back."]
    await ui.press("escape", "escape", "enter", "ctrl+c")
    monkeypatch.setattr(second_press, "AGAIN_SECONDS", 0)
    await ui.press("ctrl+c")
    assert ui.session.asked == [], "too late"
    monkeypatch.undo()
    await ui.press("ctrl+c")
    assert ui.session.asked == [("close", None)]


@pytest.mark.parametrize(
    ("keys", "escape"),
    [
        (("slash", "x"), "escape drops the filter"),
        (("h",), "escape closes this"),
        (("p", "end"), "escape closes this"),  # its port is selected at first
        (("question_mark",), "escape closes this"),
    ],
)
async def test_ctrl_c_where_one_types_or_is_asked_leaves_at_the_second_press(
    ui: Driver, keys: tuple[str, ...], escape: str
) -> None:
    ui.session.feed(*request(1, "/cart"))
    await ui.until(lambda: ui.app.main.open_pane.list.item)
    await ui.press(*keys)
    await ui.press("ctrl+c")
    assert ui.toasts == [f"ctrl+c once more leaves devtui; {escape}."]
    assert ui.session.asked == []
    await ui.press("ctrl+c")
    assert ui.session.asked == [("close", None)]
