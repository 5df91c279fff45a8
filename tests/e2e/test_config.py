"""A project's config in a real terminal: options, keys, theme, hidden rows, commands, mistakes."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.support.client import get
from tests.support.processes import eventually
from tests.support.projects import app_source
from tests.support.terminal.dashboard_page import wait_serving
from tests.support.terminal.starter import Devtui
from tests.support.terminal.terminal import Terminal

pytestmark = pytest.mark.e2e

SIZES = [(80, 24), (120, 40), (200, 50)]

NORD = "2e3440"
"""The background of that theme, and so what stands on its colours."""

HOSTILE = 'it\'s $(touch pwned); `touch pwned` "x".py'

APP = app_source("processes/hostile_file_name.py")

COMMANDS = """\
[[commands]]
key = "f8"
name = "Say it"
run = '''printf '%s\\n' {url} {request_id} >said; echo "on $(tty)"; read x; echo "got $x"'''

[[commands]]
key = "f9"
name = "Look at the line"
run = '''cat {file} >copy; printf '%s' {file}:{line} >place; echo "seen"; exit 4'''
in = "background"
"""

Start = Callable[..., Terminal]


@pytest.fixture
def start(devtui: Devtui, project: Callable[[Mapping[str, str]], Path], free_port: int) -> Start:
    """Start devtui without any option, in a project whose config has this text."""

    def started(config: str, size: tuple[int, int] = (120, 40)) -> Terminal:
        head = f'app = "shop"\nport = {free_port}\n'
        folder = project({"shop.py": APP, HOSTILE: "a\nb\nc\n", "devtui.toml": head + config})
        devtui.ports.append(free_port)
        terminal = devtui(cwd=folder, size=size)
        wait_serving(terminal, free_port, 20)
        return terminal

    return started


@pytest.fixture
def url(free_port: int) -> str:
    return f"http://127.0.0.1:{free_port}"


def leave(terminal: Terminal, key: str = "ctrl+q") -> None:
    terminal.press(key)
    terminal.expect_exit(0)
    terminal.restored()


def test_options_keys_and_rules(start: Start, url: str) -> None:
    config = (
        'debug = false\nkeys-preset = "vim"\nhidden = ["/static/*"]\n'
        '[keys]\nleave = "u"\nzoom = "Z"\n'
    )
    terminal = start(config, SIZES[0])
    terminal.wait_for("debug off")
    for target in ("/a", "/b", "/c", "/static/x"):
        get(url + target)
    for size in SIZES:
        terminal.resize(*size)
        terminal.wait_for(re.compile(rf"^.{{{size[0] - 8}}}u leave\Z", re.M))
        terminal.wait_for("Requests 3 · 1 hidden")
        terminal.press("k", "enter")
        terminal.wait_for("escape back")  # in the last line that is drawn
        terminal.wait_for(re.compile(r"path +/b"))
        terminal.press("j", "j", "escape")
        terminal.wait_gone("escape back")
        terminal.press("?")
        terminal.wait_for("shift+z")
        terminal.press("end")
        terminal.wait_for("↑ k ↓ j")
        terminal.press("escape")
        terminal.wait_gone("Leave")
        terminal.press("shift+h")
        terminal.wait_for("devtui.toml, line 5")
        terminal.press("escape")
        terminal.wait_gone("Hidden rows")
        terminal.press("shift+k")
        terminal.wait_for("devtui itself serves here")
        terminal.press("escape")
        terminal.wait_gone("devtui itself serves here")
        terminal.press("end")
    leave(terminal, "u")


def test_a_theme_of_the_palette_is_kept(start: Start) -> None:
    terminal = start("")
    terminal.press("ctrl+p")
    terminal.wait_for("All keys")
    terminal.type("theme")
    terminal.wait_for("Change the colours")
    terminal.press("enter")
    terminal.wait_for("nord")
    terminal.type("nord")
    terminal.wait_gone("dracula")
    terminal.press("enter")
    terminal.wait_for("Requests 0")
    assert eventually(lambda: terminal.look_of("SERVING").fg == NORD)
    leave(terminal)
    terminal = start("")
    assert terminal.look_of("SERVING").fg == NORD
    leave(terminal)
    terminal = start('theme = "light"')
    assert terminal.look_of("SERVING").fg != NORD
    leave(terminal)


def test_a_command_has_the_terminal_while_the_session_goes_on(
    start: Start, url: str, tmp_path: Path
) -> None:
    terminal = start(COMMANDS)
    target = "/a?b='$(touch+pwned)';touch${IFS}pwned`x`"
    get(url + target)
    terminal.wait_for("Requests 1")
    terminal.press("f8")
    terminal.wait_for("--- Say it")
    terminal.wait_for("on /dev/")
    assert b"not asked: " in get(f"{url}/ask").body
    for _ in range(200):  # more than what fits into a pipe
        get(f"{url}/{'x' * 1000}")
    terminal.type("yes\n")
    terminal.wait_for("got yes")
    terminal.wait_for("Say it: done; press enter to go back to devtui")
    terminal.press("enter")
    terminal.wait_for("Requests 202")
    said = (tmp_path / "project" / "said").read_text().splitlines()
    assert unquote(said[0]) == url + target
    assert re.fullmatch(r"[\w-]+", said[1])
    # ctrl+c ends the command and not devtui; so does it at the question, and ctrl+z does nothing.
    terminal.press("f8")
    terminal.wait_for(re.compile(r"done; press enter .*on /dev/", re.S))  # below the first one's
    terminal.press("ctrl+z", "ctrl+c")
    terminal.wait_for("Say it: failed, ended by SIGINT; press enter")
    terminal.press("ctrl+c")
    terminal.wait_for("Requests 202")
    leave(terminal)
    assert not list((tmp_path / "project").glob("pwned"))


def test_a_command_in_the_background(start: Start, url: str, tmp_path: Path) -> None:
    terminal = start(COMMANDS)
    terminal.press("f9")
    terminal.wait_for("Look at the line: there")
    get(f"{url}/fail")
    terminal.wait_for("Errors 1")
    terminal.press("4")
    terminal.press("f9")
    terminal.wait_for("Look at the line: failed")
    folder = tmp_path / "project"
    assert (folder / "copy").read_text() == "a\nb\nc\n"
    assert (folder / "place").read_text() == f"{folder / HOSTILE}:3"
    assert not list(folder.glob("pwned"))
    leave(terminal)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_command_ends_when_devtui_is_ended(
    start: Start, url: str, number: signal.Signals
) -> None:
    terminal = start(COMMANDS)
    get(f"{url}/a")
    terminal.wait_for("Requests 1")
    terminal.press("f8")
    terminal.wait_for("on /dev/")
    terminal.send_signal(number)
    terminal.expect_exit(128 + number, 20)
    terminal.restored()


def test_a_command_ends_with_the_window(start: Start, devtui: Devtui, url: str) -> None:
    terminal = start(COMMANDS)
    get(f"{url}/a")
    terminal.wait_for("Requests 1")
    terminal.press("f8")
    terminal.wait_for("on /dev/")
    terminal.hang_up()
    terminal.expect_exit(128 + signal.SIGHUP, 20)
    devtui.assert_gone()


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("devtui.toml", "port = 70000\n", "devtui.toml, line 1, port: 70000 is not in the range"),
        (
            "pyproject.toml",
            "[tool.devtui]\n\nprot = 1\n",
            "pyproject.toml, line 3: there is no",
        ),
        ("devtui.toml", 'keys.restart = "k"\n', "devtui.toml, line 1: k is the key of holders"),
    ],
)
def test_a_mistake_is_one_sentence(
    devtui: Devtui,
    project: Callable[[Mapping[str, str]], Path],
    file: str,
    text: str,
    said: str,
) -> None:
    terminal = devtui("shop", cwd=project({"shop.py": APP, file: text}))
    terminal.expect_exit(2)
    terminal.restored()
    shown = " ".join(terminal.text().split())
    assert shown.startswith(f"Error: {said}")
    assert "Traceback" not in shown
