"""Terminals of every size and kind: clean output, and all keys and clicks work."""

from __future__ import annotations

import random
import re
import shlex
import shutil
import sys
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support import processes
from tests.support.client import get
from tests.support.terminal.dashboard_page import request_row, wait_serving
from tests.support.terminal.starter import Devtui
from tests.support.terminal.terminal import Terminal

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

APP = """\
def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/error":
        prices = {"tea": 2}
        return prices["coffee"]
    start_response("200 OK" if path == "/" else "404 NOT FOUND", [("Content-Type", "text/plain")])
    return [b"version one"]
"""

ERROR, MISSING = "GET     500", "GET     404"
STATUS = 8  # its column in these rows; the port or the time may have the same digits

USUAL = (80, 24)
SMALLEST = (40, 10)
LARGEST = (400, 100)
COLOUR = re.compile(rb"\x1b\[([0-9;]*)m")
TOO_SMALL = re.compile(r"This\s+terminal\s+is\s+too\s+small:")
PROMPT = re.compile(r"ready>\s*\Z")


class Shown:
    """A dashboard that has received some requests."""

    def __init__(self, terminal: Terminal, port: int) -> None:
        self.terminal = terminal
        self.url = wait_serving(terminal, port, 20)

    def ask(self, target: str, status: int = 200) -> None:
        """Request a page and wait for its row in the requests pane."""
        assert get(self.url + target).status == status
        self.terminal.wait_for(request_row("GET", target, status))

    def main_screen(self) -> None:
        """Wait for the main screen with nothing above it."""
        self.terminal.wait_for(re.compile(r"\A.*SERVING(?s:.)*q leave\s*\Z"))
        self.terminal.wait_gone(re.compile(r"─ (Keys|Port \d+|Change the port) ─|Search for"))

    def scroll_help_to(self, text: str) -> None:
        """Turn the wheel over the help until the text is in view."""
        self.terminal.wait_for("─ Keys ─")
        for _ in range(20):
            if text in self.terminal.text():
                break
            self.terminal.wheel(40, 10, 3)
            self.terminal.wait_quiet(0.2)

    def begun(self) -> None:
        """Put some rows into each pane."""
        for target, status in (("/", 200), ("/missing", 404), ("/error", 500), ("/?last", 200)):
            self.ask(target, status)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """Start one dashboard for the tests that do not change it."""
    folder, port = tmp_path_factory.mktemp("shared"), processes.free_port()
    (folder / "hello.py").write_text(APP)
    with ExitStack() as stack:
        starter = Devtui(uuid.uuid4().hex, folder, stack)
        shown = Shown(starter("hello", "--port", port, size=USUAL), port)
        shown.begun()
        yield shown
        # Leave by the mouse alone.
        shown.terminal.click_on("q leave")
        shown.terminal.expect_exit(0)
        shown.terminal.restored()
        starter.assert_gone()


@pytest.fixture
def shown(shared: Shown) -> Iterator[Shown]:
    """Return the shared dashboard, on its main screen and in the usual size."""
    yield shared
    shared.terminal.resize(*USUAL)
    shared.main_screen()
    shared.terminal.press("1")
    shared.terminal.wait_for(re.compile(r"╭─ 1 Requests"))


def start(devtui: Devtui, folder: Path, port: int, **environment: str) -> Shown:
    """Start a new dashboard with some environment variables."""
    (folder / "hello.py").write_text(APP)
    terminal = devtui("hello", "--port", port, size=USUAL, environment=environment)
    shown = Shown(terminal, port)
    shown.begun()
    return shown


def leave(shown: Shown) -> None:
    shown.terminal.press("ctrl+q")
    shown.terminal.expect_exit(0)
    shown.terminal.restored()


# -- sizes ---------------------------------------------------------------------------------------

# The key that opens each screen, and a text that shows it is open, at any size.
SCREENS = {
    "main": ("", "SERVING"),
    "a request": ("enter", "GET /"),
    "an error": ("4 enter", "KeyError"),
    "the prompt": ("4 enter x", "evaluate in"),
    "the port": ("k", "look again"),
    "a question": ("p", "Move it to port"),
    "help": ("?", "─ Keys ─"),
    "the palette": ("ctrl+p", "Search for"),
    "a filter": ("/", "drop filter"),
}


@pytest.mark.parametrize("name", SCREENS)
def test_every_screen_follows_the_size_of_the_terminal(shown: Shown, name: str) -> None:
    keys, word = SCREENS[name]
    terminal = shown.terminal
    for key in keys.split():
        terminal.press(key)
        terminal.wait_for({"4": "╭─ 4 Errors", "enter": "escape back"}.get(key, word))
    terminal.wait_for(word)
    for size in (SMALLEST, (39, 10), (12, 4), LARGEST if name == "main" else USUAL, USUAL):
        terminal.resize(*size)
        if size in (SMALLEST, LARGEST, USUAL):
            terminal.wait_for(word)
            terminal.wait_gone(TOO_SMALL)
        elif name != "the palette":  # Textual's palette shows as much as fits
            terminal.wait_for(TOO_SMALL)
    for _ in range(keys.count(" ") + 1):
        if name != "main":
            terminal.press("escape")
            terminal.wait_quiet(0.2)


def test_typed_text_survives_a_terminal_that_is_too_small(shown: Shown) -> None:
    terminal = shown.terminal
    terminal.press("/")
    terminal.wait_for("drop filter")
    terminal.type("miss")
    terminal.wait_for("1 of ")
    terminal.resize(20, 5)
    terminal.wait_for(TOO_SMALL)
    terminal.type("ing")
    terminal.resize(*USUAL)
    terminal.wait_for("/ missing")
    terminal.press("escape")
    terminal.wait_gone("/ missing")


def test_after_many_sizes_the_last_one_counts(shown: Shown) -> None:
    terminal, chance = shown.terminal, random.Random(6)

    def lines() -> list[str]:
        found = terminal.text().split("\n")
        # The second line shows CPU and time, and the pulse of the requests changes too.
        return [line for y, line in enumerate(found) if y != 1 and "slowest" not in line]

    terminal.resize(132, 43)
    terminal.wait_for(re.compile(r"\A.{110,}debug on\n(?s:.)*q leave\s*\Z"))
    terminal.wait_quiet()
    wanted = lines()
    for _ in range(6):
        for _ in range(8):
            terminal.resize(chance.randint(1, 220), chance.randint(1, 70))
        terminal.resize(132, 43)  # the previous size, which Textual takes as no change
        whole = processes.eventually(lambda: lines() == wanted, 20)
        assert whole, terminal.framed()


def test_sizes_change_while_it_starts_and_reloads(
    devtui: Devtui, free_port: int, tmp_path: Path
) -> None:
    source = tmp_path / "hello.py"
    source.write_text(APP)
    terminal, chance = devtui("hello", "--port", free_port, size=(200, 50)), random.Random(66)
    raw = 0
    while b"\x1b[?1049h" not in terminal.raw or raw != len(terminal.raw):
        raw = len(terminal.raw)
        terminal.resize(chance.randint(1, 200), chance.randint(1, 60))
        terminal.wait_quiet(0.02, timeout=20)
    terminal.resize(*USUAL)
    shown = Shown(terminal, free_port)
    source.write_text(APP.replace("version one", "version two"))
    for _ in range(20):
        terminal.resize(chance.randint(1, 200), chance.randint(1, 60))
    terminal.resize(*USUAL)
    terminal.wait_for(re.compile(r"3 Reloads 1\b"), 20)
    assert get(shown.url).text == "version two"
    shown.main_screen()
    leave(shown)


# -- keys and the mouse --------------------------------------------------------------------------


def test_every_pane_and_screen_is_reached_with_the_mouse_alone(shown: Shown) -> None:
    terminal = shown.terminal
    shown.ask("/missing?mouse", 404)  # older rows may have scrolled away
    shown.ask("/")  # a pane without the focus shows its newest row in its title
    terminal.click_on("4 Errors")
    terminal.wait_for("╭─ 4 Errors")
    terminal.click_on("KeyError: 'coffee'  ", times=2)
    terminal.click_on("escape back")
    shown.main_screen()
    terminal.click_on("1 Requests")
    terminal.wait_for("╭─ 1 Requests")
    terminal.click_on("/missing?mouse", times=2)
    terminal.wait_for("GET /missing?mouse")
    terminal.click_on("escape back")
    shown.main_screen()
    terminal.click_on("/ filter")
    terminal.click_on("escape drop filter")
    terminal.wait_gone("drop filter")
    terminal.click_on("k who?")
    terminal.wait_for("listens on")  # the box has grown to its size
    terminal.click_on("escape back")
    shown.main_screen()
    terminal.click_on("? keys")
    shown.scroll_help_to("Every command by name")
    terminal.click_on("Every command by name")
    terminal.wait_for("Search for")
    terminal.click(0, 0)
    shown.main_screen()
    terminal.click_on("p port")
    terminal.wait_for("Move it to port")
    terminal.click(0, 0)
    shown.main_screen()


def test_keys_without_room_in_the_footer_can_be_clicked_in_the_help(shown: Shown) -> None:
    terminal = shown.terminal
    assert "debug on" in terminal.text()
    for state in ("debug off", "debug on"):
        terminal.click_on("? keys")
        shown.scroll_help_to("Debug mode on or off")
        terminal.click_on("Debug mode on or off")
        terminal.wait_for(state, 20)
        shown.main_screen()


def test_the_wheel_looks_back_and_the_end_key_follows_again(shown: Shown) -> None:
    terminal = shown.terminal
    terminal.press("f")
    for number in range(20):
        get(f"{shown.url}/?wheel={number:02}")
    terminal.wait_for("/?wheel=19")
    terminal.wheel(10, 8, -30)
    terminal.wait_gone("/?wheel=19")
    get(f"{shown.url}/?wheel=20")
    terminal.wait_for("1 new below")
    terminal.press("f")
    terminal.wait_for("/?wheel=20")
    terminal.wait_gone("new below")


def test_the_tab_key_goes_around_the_panes(shown: Shown) -> None:
    for pane in ("2 Log", "3 Reloads", "4 Errors", "1 Requests"):
        shown.terminal.press("tab")
        shown.terminal.wait_for(f"╭─ {pane}")


def test_keys_that_arrive_together_keep_their_order(shown: Shown) -> None:
    terminal = shown.terminal
    terminal.press("p")
    terminal.wait_for("Move it to port")
    terminal.send(b"\x1b[F" + b"\x7f" * 5 + b"1234\x7f56\x1b[H9")
    terminal.wait_for("  912356 ")
    terminal.press("escape")
    terminal.wait_gone("Move it to port")
    terminal.press("/")
    terminal.wait_for("drop filter")
    terminal.send(b"missed\x7f\x7fing")
    terminal.wait_for("/ missing")
    terminal.press("escape")
    terminal.wait_gone("drop filter")


def test_text_after_a_key_goes_to_what_the_key_opens(shown: Shown) -> None:
    """It does not run as commands, such as `q` to leave, `c` to clear, `r` to restart."""
    terminal = shown.terminal
    terminal.send(b"/qqcr")
    terminal.wait_for("/ qqcr")
    terminal.press("escape")
    terminal.wait_gone("drop filter")
    terminal.send(b"p4242")
    terminal.wait_for("  4242 ")
    terminal.press("escape")
    terminal.wait_gone("Move it to port")
    terminal.send(b"3?")
    terminal.wait_for("─ Keys ─")
    terminal.press("escape")
    terminal.wait_gone("─ Keys ─")
    terminal.wait_for("╭─ 3 Reloads")
    terminal.send(b"\x10theme")  # ctrl+p
    terminal.wait_for(" theme")
    terminal.wait_for("Change the colours")
    terminal.press("escape")
    terminal.wait_gone(" theme")
    terminal.press("1")


def test_a_key_that_is_not_utf_8_does_nothing(shown: Shown) -> None:
    terminal = shown.terminal
    for data in (b"\xe9", b"\xff\xfe\x80", b"\xc3("):
        terminal.send(data)
        terminal.wait_quiet(0.15)
    for pane in ("4 Errors", "1 Requests"):
        terminal.press(pane[0])
        terminal.wait_for(f"╭─ {pane}")


# -- colours -------------------------------------------------------------------------------------


def codes(terminal: Terminal) -> set[int]:
    """Return all numbers of all colour sequences in the output."""
    return {int(code or 0) for found in COLOUR.findall(terminal.raw) for code in found.split(b";")}


def test_sixteen_colours_show_the_same_as_thousands(
    devtui: Devtui, free_port: int, tmp_path: Path
) -> None:
    shown = start(devtui, tmp_path, free_port, TERM="xterm", COLORTERM="")
    terminal = shown.terminal
    assert terminal.look_of(ERROR, STATUS).fg == "brightred"
    assert terminal.look_of(MISSING, STATUS).fg in ("brightbrown", "brightyellow")
    assert terminal.look_of("SERVING").bg == "brightgreen"
    x, y = terminal.place_of("/?last")
    row = terminal.look_of("/?last")
    assert (row.fg, row.bg) == ("black", "white"), "the selected row"
    assert terminal.look_of("/missing").bg == "black"
    assert not {38, 48} & codes(terminal), "a colour that the terminal does not have"
    terminal.press("4")
    terminal.wait_for("╭─ 4 Errors")
    assert (x, y) != terminal.place_of("KeyError")
    leave(shown)


def test_a_light_terminal_gets_dark_text(devtui: Devtui, free_port: int, tmp_path: Path) -> None:
    shown = start(devtui, tmp_path, free_port, DEVTUI_THEME="light", TERM="linux", COLORTERM="")
    look = shown.terminal.look_of("/missing")
    assert (look.fg, look.bg) == ("black", "brightwhite")
    assert shown.terminal.look_of(ERROR, STATUS).fg == "red"
    leave(shown)


def test_without_colours_words_and_reversed_rows_show_the_same(
    devtui: Devtui, free_port: int, tmp_path: Path
) -> None:
    shown = start(devtui, tmp_path, free_port, NO_COLOR="1")
    terminal = shown.terminal
    assert codes(terminal) <= {0, 1, 2, 3, 4, 7, 9}, "a colour"
    assert terminal.look_of("SERVING").reverse
    assert terminal.look_of("/?last").reverse, "the selected row"
    assert not terminal.look_of("/missing").reverse
    terminal.wait_for("┏━ 1 Requests")  # this pane has the focus
    (tmp_path / "hello.py").write_text(APP.replace("def app", "def a pp"))
    terminal.wait_for("SERVING THE ERROR", 20)
    terminal.wait_for("┏━ 4 Errors")
    assert codes(terminal) <= {0, 1, 2, 3, 4, 7, 9}, "a colour"
    leave(shown)


@pytest.mark.parametrize("term", ["", "unknown", "dumb"])
def test_an_unknown_terminal_gets_lines(
    devtui: Devtui, free_port: int, tmp_path: Path, term: str
) -> None:
    (tmp_path / "hello.py").write_text(APP)
    terminal = devtui("hello", "--port", free_port, environment={"TERM": term})
    terminal.wait_for("not for production", 20)
    assert not terminal.used("1049")
    terminal.press("ctrl+c")
    terminal.expect_exit(130)


# -- characters ----------------------------------------------------------------------------------


def test_a_terminal_without_utf_8_gets_ascii_frames(
    devtui: Devtui, free_port: int, tmp_path: Path
) -> None:
    posix = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    shown = start(devtui, tmp_path, free_port, **posix)
    terminal = shown.terminal
    terminal.wait_for(re.compile(r"^\+- 1 Requests 4 -{60,}\+$", re.M))
    terminal.press("k")
    terminal.wait_for("another port ~")
    assert max(terminal.raw) < 0x80, "a byte that is not ASCII"
    assert b"\\u2" not in terminal.raw
    terminal.press("escape")
    leave(shown)


def test_lines_are_written_whatever_the_encoding(
    devtui: Devtui, free_port: int, tmp_path: Path
) -> None:
    (tmp_path / "hello.py").write_text(APP + "print('caf\\u00e9')\n")
    terminal = devtui(
        "hello",
        "--plain",
        "--port",
        free_port,
        environment={"PYTHONIOENCODING": "ascii:backslashreplace", "LC_ALL": "C"},
    )
    terminal.wait_for("not for production", 20)
    terminal.wait_for("caf")
    terminal.press("ctrl+c")
    terminal.expect_exit(130)


# -- shells and multiplexers ---------------------------------------------------------------------


@pytest.fixture
def bash(tmp_path: Path) -> Iterator[Terminal]:
    """Start a shell with job control in a terminal."""
    found = shutil.which("bash")
    if found is None:
        pytest.skip("bash is not installed")
    (tmp_path / "inputrc").write_text("set enable-bracketed-paste off\n")
    environment = {"PS1": "ready> ", "HISTFILE": "", "INPUTRC": str(tmp_path / "inputrc")}
    command = [found, "--norc", "--noprofile", "-i"]
    with Terminal(command, cwd=tmp_path, environment=environment, size=USUAL) as terminal:
        terminal.wait_for("ready>")
        yield terminal
        terminal.type("exit\r")
        terminal.expect_exit(0)


def run(bash: Terminal, folder: Path, port: int, after: str = "") -> str:
    """Type the command and return the URL that it will serve."""
    (folder / "hello.py").write_text(APP)
    bash.type(f"{shlex.quote(sys.executable)} -m devtui hello --port {port}{after}\r")
    return f"http://127.0.0.1:{port}"


def test_ctrl_z_and_fg(bash: Terminal, free_port: int, tmp_path: Path) -> None:
    url = run(bash, tmp_path, free_port)
    wait_serving(bash, free_port, 20)
    bash.press("ctrl+z")
    bash.wait_for("Stopped")
    bash.wait_for(PROMPT)
    bash.restored()
    bash.type("stty -a\r")
    bash.wait_for(re.compile(r"(?<!-)\bicanon\b"))
    bash.wait_for(re.compile(r"(?<!-)\becho\b"))
    assert get(f"{url}/?meanwhile").text == "version one"
    source = tmp_path / "hello.py"
    source.write_text(APP.replace("version one", "version two"))
    bash.resize(100, 30)
    bash.type("fg\r")
    bash.wait_for(request_row("GET", "/?meanwhile", 200))
    bash.wait_for(re.compile(r"3 Reloads 1\b"), 20)
    assert get(f"{url}/?afterwards").text == "version two"
    bash.wait_for(request_row("GET", "/?afterwards", 200))
    assert {"mouse", "bracketed paste", "hidden cursor"} <= set(bash.modes_on())
    bash.click_on("2 Log")
    bash.wait_for("╭─ 2 Log")
    bash.press("ctrl+z")
    bash.wait_for("Stopped")
    bash.type("bg\r")  # it cannot draw in the background, so it stops again
    bash.wait_quiet()
    bash.type("fg\r")
    bash.wait_for(re.compile(r"\A.*SERVING"))
    bash.press("q")
    bash.wait_for(PROMPT)
    bash.restored()


def test_started_in_the_background_and_brought_to_the_front(
    bash: Terminal, free_port: int, tmp_path: Path
) -> None:
    run(bash, tmp_path, free_port, " &")
    bash.wait_for("[1]")
    bash.type("jobs\r")
    bash.wait_quiet()
    bash.type("fg\r")
    wait_serving(bash, free_port, 20)
    bash.press("q")
    bash.wait_for(PROMPT)
    bash.restored()


def test_ctrl_z_without_a_shell_says_so(shown: Shown) -> None:
    shown.terminal.press("ctrl+z")
    shown.terminal.wait_for("not started by a shell")
