"""The dashboard as a config wants it: keys, theme, hidden rows, and commands of the user's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from msgspec import structs
from textual.screen import Screen

from devtui.config.settings import Settings
from devtui.config.state_file import ProjectFile
from devtui.dashboard.details.detail_screen import DetailScreen
from devtui.dashboard.help import HelpDialog
from devtui.dashboard.hiding.rule_choices import RuleChoices
from devtui.dashboard.hiding.rules_dialog import RulesDialog
from devtui.dashboard.ports.port_screen import PortScreen
from devtui.events import ErrorRaised, Frame
from tests.support.config import preferences_of
from tests.support.driver import Driver, running
from tests.support.fakes import FakeSession, line, raised, request


def session(text: str) -> FakeSession:
    settings = Settings(app="hello:app", preferences=preferences_of(text))
    return FakeSession(settings)


async def test_keys_move_and_everything_shows_it() -> None:
    text = "[keys]\nrestart = ['f5', 'p']\nport = 'r'\ncopy = 'c'\nclear = 'shift+c'\ndebug = []\n"
    async with running(session(text)) as ui:
        bar = ui.screen().splitlines()[-1]
        assert "f5 restart" in bar
        assert "r port" in bar
        assert "debug" not in bar
        await ui.press("f5", "p", "d")
        assert ui.session.asked == [("restart", "restart")] * 2
        await ui.press("question_mark")
        await ui.shows("f5 p  Restart the server")
        assert isinstance(ui.app.screen, HelpDialog)
        assert "Debug mode" not in ui.screen()
        await ui.press("escape")
        offered = {one.title: one.help for one in ui.app.get_system_commands(ui.on(Screen))}
        assert offered["Restart the server"] == "key: f5 p"
        assert offered["Debug mode on or off"] == "debug"
        ui.session.feed(*request(1))
        await ui.until(lambda: ui.keys()["open"])
        await ui.press("slash", *"rcf")  # letters are typed into an input, whatever their commands
        await ui.shows("/ rcf")
        await ui.press("escape", "C")
        await ui.shows("Cleared at")


async def test_one_name_sets_the_key_in_every_place() -> None:
    async with running(session("keys.back = 'backspace'\nkeys.copy-choice = 'f6'")) as ui:
        ui.session.feed(*request(1), raised(1))
        await ui.until(lambda: ui.keys()["open"])
        await ui.press("enter")
        await ui.shows("general")
        assert "backspace back" in ui.screen().splitlines()[-1]
        await ui.press("escape", "f6")
        await ui.shows("everything")
        await ui.press("escape", "backspace")
        assert ui.app.screen is ui.app.main
        await ui.press("4", "enter", "backspace")
        assert ui.app.screen is ui.app.main


async def test_vim_moves_with_j_and_k() -> None:
    async with running(session("keys-preset = 'vim'\nkeys.pane-after = 'J'")) as ui:
        ui.session.feed(*(event for n in range(1, 6) for event in request(n, f"/{n}")))
        await ui.shows("Requests 5")
        rows = ui.app.main.requests.list
        await ui.press("k", "k")
        assert rows.cursor == 2
        await ui.press("j")
        assert rows.cursor == 3
        await ui.press("home", "G")
        assert rows.cursor == 4
        await ui.press("enter", "j", "j")
        assert ui.on(DetailScreen).list.cursor == 2
        await ui.press("escape", "J")
        await ui.until(lambda: ui.app.main.open_pane is ui.app.main.log_pane)
        await ui.press("K")
        assert isinstance(ui.app.screen, PortScreen)


async def test_in_the_dialogs_of_rules_vims_keys_move_and_another_one_keeps() -> None:
    async with running(session("keys-preset = 'vim'")) as ui:
        kept = ProjectFile(Path.cwd(), "hidden").path
        ui.session.feed(*request(1, "/static/a.css"))
        await ui.shows("Requests 1")
        await ui.press("h")
        await ui.shows("shift+k keep it for you")
        await ui.press("j", "j", "k")
        assert ui.app.screen.query_one(RuleChoices).highlighted == 1
        assert not kept.exists()
        await ui.press("K")
        await ui.until(lambda: "get /static/a.css" in kept.read_text())
        await ui.press("H", "j")
        assert ui.app.screen.query_one(RuleChoices).highlighted == 1
        await ui.press("k", "x")
        await ui.shows("shift+k keeps them")
        assert "debugger" in kept.read_text()
        await ui.press("K")
        assert kept.read_text().splitlines()[1:] == ["get /static/a.css"]


async def test_sentences_name_the_key_that_is_in_force() -> None:
    async with running(session("keys.hidden = 'f7'\nhidden = ['/a']")) as ui:
        ui.session.feed(*request(1, "/a"))
        await ui.shows("every row is hidden: f7")
    async with running() as ui:  # the next dashboard has the keys of its own config
        await ui.press("r")
        assert ui.session.asked == [("restart", "restart")]


async def test_rules_of_the_config_are_shown_as_such_and_stay_in_their_file(
    state_folder: Path,
) -> None:
    async with running(session("port = 1\nhidden = ['/static/*', 'logger:noise']")) as ui:
        ui.session.feed(*request(1, "/static/x"), *request(2, "/b"), line("x", logger="noise.y"))
        await ui.shows("Requests 1 · 1 hidden")
        await ui.press("H")
        await ui.shows("devtui.toml, line 2")
        assert isinstance(ui.app.screen, RulesDialog)
        await ui.press("a", *"/b", "enter", "k")
        await ui.shows("Kept for you in")
        kept = ProjectFile(Path.cwd(), "hidden").path
        assert kept.is_relative_to(state_folder)
        assert kept.read_text().splitlines()[1:] == ["debugger", "/b"]
        await ui.press("home", "x")
        await ui.shows("Shown until you leave;")
        await ui.shows("Requests 1 · 1 hidden")
        await ui.press("k")
        assert kept.read_text().splitlines()[1:] == ["debugger", "/b"]
    async with running(session("hidden = ['/static/*']")) as ui:
        assert ui.app.main.hiding.rules.texts == ["/static/*", "debugger", "/b"]


async def choose(ui: Driver, name: str) -> None:
    ui.app.theme = name  # as the palette does


async def test_a_chosen_theme_is_kept(state_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = state_folder / "devtui" / "theme"
    async with running() as ui:
        assert ui.app.theme == "devtui-dark"
        await choose(ui, "nord")
        await ui.until(file.exists)
        assert not ui.toasts
    async with running() as ui:
        assert ui.app.theme == "nord"
    async with running(session("\ntheme = 'light'")) as ui:
        assert ui.app.theme == "devtui-light"
        await choose(ui, "dracula")
        await ui.until(lambda: ui.toasts)
        (toast,) = ui.toasts
        assert toast.startswith("dracula stays until you leave: ")
        assert "devtui.toml, line 2 sets the theme here. " in toast
        assert toast.endswith("Projects without one keep it.")
        await ui.until(lambda: file.read_text() == "dracula\n")
    monkeypatch.setenv("DEVTUI_THEME", "gruvbox")
    async with running(session("theme = 'light'")) as ui:
        assert ui.app.theme == "gruvbox"
    monkeypatch.delenv("DEVTUI_THEME")
    file.write_text("gone\n")
    async with running() as ui:
        assert ui.app.theme == "devtui-dark"
        await ui.shows("The theme kept from the palette, gone is not a theme")


COMMANDS = """\
[[commands]]
key = "f8"
name = "Show [red]it[/red]"
run = "printf '%s\\n' {url} {file} {line} {request_id} >out; echo 1; echo '[bold]2'; exit 3"
in = "background"
[[commands]]
key = "f9"
name = "Alone"
run = "echo done"
in = "background"
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def raised_in(file: Path, line: int) -> ErrorRaised:
    event = raised(1)
    frame = Frame(file=str(file), line=line, function="f", source="x = 1", own=True)
    exception = structs.replace(event.error.exceptions[0], frames=(frame,))
    return structs.replace(event, error=structs.replace(event.error, exceptions=(exception,)))


def commands(text: str, here: Path) -> FakeSession:
    made = session(text)
    preferences = made.settings.preferences
    assert preferences is not None
    moved = [structs.replace(one, folder=str(here)) for one in preferences.commands]
    preferences = structs.replace(preferences, commands=tuple(moved))
    made.settings = structs.replace(made.settings, preferences=preferences)
    return made


async def test_a_command_in_the_background_gets_what_is_selected(here: Path) -> None:
    file = here / "it's $(touch pwned); `x`.py"
    file.write_text("x = 1\n")
    async with running(commands(COMMANDS, here)) as ui:
        await ui.press("f8")
        assert "belongs to a request" in ui.toasts.pop()
        ui.session.feed(*request(1, "/a?b='$(touch pwned)\n"))
        await ui.until(lambda: ui.keys()["open"])
        await ui.press("f8")
        toast = ui.toasts.pop()
        assert toast.startswith("Show [red]it[/red]: there is no {file}")
        assert not (here / "out").exists()
        await ui.press("f9")
        await ui.until(lambda: "Alone: done: done" in ui.toasts)
        ui.session.feed(raised_in(file, 7))
        await ui.until(lambda: len(ui.app.main.errors.list.matches))
        for keys in ("4", "enter"), ("escape", "1", "enter"), ("escape",):
            await ui.press(*keys)
            ui.toasts.clear()
            await ui.press("f8")
            await ui.until(lambda: len(ui.toasts) > 1)
            assert ui.toasts[0] == "Show [red]it[/red]: started."
            assert ui.toasts[1] == "Show [red]it[/red]: failed, exit status 3: 1  [bold]2"
            shown = (here / "out").read_text().splitlines()
            assert shown[0].startswith("http://127.0.0.1:5000/a?b='$(touch")
            assert shown[1:] == [str(file), "7", "r1"]
            (here / "out").unlink()
        assert not (here / "pwned").exists()
        ui.toasts.clear()
        await ui.press("ctrl+p", *"show red")
        await ui.shows("Show [red]it[/red]")
        await ui.press("enter")
        await ui.until(lambda: len(ui.toasts) > 1)
        assert ui.toasts[1].startswith("Show [red]it[/red]: failed, exit status 3")
        await ui.press("question_mark")
        await ui.shows("f8  Show [red]it[/red]")


async def test_a_command_runs_once_at_a_time_and_ends_with_devtui(here: Path) -> None:
    text = COMMANDS.replace("echo done", "echo $$ >pid; exec sleep 600")
    async with running(commands(text, here)) as ui:
        await ui.press("f9", "f9")
        await ui.until(lambda: "Alone: it is still running." in ui.toasts)
        await ui.until(lambda: (here / "pid").exists() and (here / "pid").read_text())
        pid = int((here / "pid").read_text())
        os.kill(pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_command_that_leaves_a_program_is_done_and_its_flood_is_bounded(here: Path) -> None:
    flood = "sleep 600 & echo $! >pid; head -c 3000000 /dev/zero | tr '\\\\0' 'x'; echo; echo end"
    async with running(commands(COMMANDS.replace("echo done", flood), here)) as ui:
        await ui.press("f9")
        await ui.until(lambda: any(toast.endswith("end") for toast in ui.toasts))
        assert max(map(len, ui.toasts)) < 500
        os.kill(int((here / "pid").read_text()), 15)


async def test_a_command_that_cannot_start_says_why(here: Path) -> None:
    made = commands(COMMANDS, here / "gone")
    async with running(made) as ui:
        await ui.press("f9")
        await ui.until(lambda: ui.toasts)
        assert ui.toasts[0].startswith("Alone: it could not be started: No such file")
