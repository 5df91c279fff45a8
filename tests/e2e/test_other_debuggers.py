"""Debuggers and consoles that an app starts without `breakpoint()`, in a real terminal."""

from __future__ import annotations

import importlib.util
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support import processes
from tests.support.client import Visit, get
from tests.support.projects import APPS
from tests.support.terminal.dashboard_page import request_row, wait_serving
from tests.support.terminal.starter import Devtui
from tests.support.terminal.terminal import Terminal

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

SETTINGS = "[pudb]\nseen_welcome = z999\nprompt_on_quit = False\n"


def start(devtui: Devtui, apps: Path, port: int, **environment: str) -> Terminal:
    """Start the dashboard with a private home folder, where debuggers keep their settings."""
    home = apps / "home"
    (home / ".config" / "pudb").mkdir(parents=True)
    (home / ".config" / "pudb" / "pudb.cfg").write_text(SETTINGS)
    folders = {"HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config")}
    terminal = devtui(
        "debugged",
        *("--port", port),
        cwd=apps / "errors",
        size=(100, 30),
        environment={**folders, **environment},
    )
    wait_serving(terminal, port)
    return terminal


class Shared(NamedTuple):
    """One devtui, for the tests after which it has the terminal as before."""

    terminal: Terminal
    folder: Path
    url: str


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    apps, port = tmp_path_factory.mktemp("shared"), processes.free_port()
    (apps / "errors").mkdir()
    shutil.copy(APPS / "errors" / "debugged.py", apps / "errors")
    with ExitStack() as stack:
        starter = Devtui(uuid.uuid4().hex, apps / "errors", stack)
        terminal = start(starter, apps, port)
        yield Shared(terminal, apps / "errors", f"http://127.0.0.1:{port}")
        leave(terminal)
        starter.assert_gone()


@pytest.fixture
def terminal(shared: Shared) -> Terminal:
    """The terminal of the shared devtui, without what earlier tests have left there."""
    shared.terminal.wipe()
    for pane, name in (("3", "Reloads"), ("2", "Log"), ("1", "Requests")):
        empty = re.compile(rf"{pane} {name} 0\b")
        if not empty.search(shared.terminal.text()):
            shared.terminal.press(pane, "c")
            shared.terminal.wait_for(empty)
    shared.terminal.press("1")
    shared.terminal.wait_for("╭─ 1 Requests")  # no key comes late, to a debugger
    return shared.terminal


@pytest.fixture
def url(shared: Shared) -> str:
    return shared.url


def leave(terminal: Terminal) -> None:
    terminal.press("ctrl+c")
    terminal.expect_exit(0)
    terminal.restored()


def is_back(terminal: Terminal, target: str) -> None:
    """Check that the dashboard is back, with the request, and no debugger output in the log."""
    terminal.wait_for(request_row("GET", target, 200))
    terminal.press("2")
    terminal.wait_for(re.compile(r"2 Log 0\b"))
    terminal.press("1")


SESSIONS = {
    "/pdb": ("(Pdb)", "secret", "c", "after 42"),
    "/post-mortem": ("(Pdb)", "secret", "c", "after"),
    "/ipdb": ("ipdb>", "secret", "c", "after 42"),
    "/interact": (">>>", "print(secret)", "\x04", "after"),
    "/ipython": ("In [1]", "print(secret)", "exit", "after"),
}


@pytest.mark.parametrize("target", SESSIONS)
def test_they_have_the_terminal_from_the_first_prompt_to_the_last(
    terminal: Terminal, shared: Shared, target: str
) -> None:
    module = target[1:].replace("ipython", "IPython")
    if module in ("ipdb", "IPython") and importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed")
    prompt, look, end, answer = SESSIONS[target]
    visit = Visit(shared.url + target)
    terminal.wait_for(prompt)
    terminal.type(f"{look}\r")
    terminal.wait_for(re.compile(r"^42\b", re.M))
    # One file that is saved by each of these tests would look like a restart loop.
    (shared.folder / f"saved_{module}.py").write_text("x = 1\n")
    assert get(shared.url).text == "answered"
    terminal.wait_quiet(0.7)  # neither a save nor a long pause ends it
    terminal.type("\r" if end == "c" else "1\r")
    terminal.wait_quiet(0.2)
    terminal.wait_for(prompt[:3])
    terminal.type(end if end == "\x04" else f"{end}\r")
    assert visit.text() == answer
    is_back(terminal, target)
    terminal.wait_for(re.compile(r"3 Reloads 1\b"))


def test_pdb_shows_on_the_terminal_where_it_stops(terminal: Terminal, url: str) -> None:
    visit = Visit(f"{url}/twice")
    # Since Python 3.14 it stops at the call itself, and before that at the next line.
    terminal.wait_for(re.compile(r"^-> (secret \+= 1|pdb\.set_trace\(\))\s+\(Pdb\)", re.M))
    terminal.type("p secret\r")
    terminal.wait_for(re.compile(r"^42\b", re.M))
    terminal.type("c\r")
    terminal.wait_for(re.compile(r"\(Pdb\) c\s.*^-> (return|pdb\.set_trace).*\(Pdb\)", re.M | re.S))
    terminal.type("p secret\r")
    terminal.wait_for(re.compile(r"^43\b", re.M))
    terminal.type("c\r")
    assert visit.text() == "after 43"
    is_back(terminal, "/twice")


@pytest.mark.parametrize("way", ["direct", "PYTHONBREAKPOINT"])
def test_pudb_has_the_screen_and_tidies_up(
    devtui: Devtui, apps: Path, free_port: int, way: str
) -> None:
    if importlib.util.find_spec("pudb") is None:
        pytest.skip("pudb is not installed")
    named = {"PYTHONBREAKPOINT": "pudb.set_trace"} if way == "PYTHONBREAKPOINT" else {}
    terminal = start(devtui, apps, free_port, **named)
    target = "/breakpoint" if named else "/pudb"
    visit = Visit(f"http://127.0.0.1:{free_port}{target}")
    terminal.wait_for("Variables:")
    terminal.wait_for("secret: 42")
    terminal.wait_quiet()
    terminal.press("c")
    assert visit.text() == "after 42"
    is_back(terminal, target)
    leave(terminal)


def test_a_second_question_finds_the_terminal_still_lent(terminal: Terminal, url: str) -> None:
    visit = Visit(f"{url}/questions")
    terminal.wait_for("first?")
    drawn = terminal.raw.count(b"\x1b[?1049h")
    terminal.type("one\r")
    terminal.wait_for("so it is one")
    terminal.wait_for("second?")
    assert terminal.raw.count(b"\x1b[?1049h") == drawn, "the dashboard came back in between"
    terminal.type("two\r")
    assert visit.text() == "one two"
    terminal.wait_for(request_row("GET", "/questions", 200))
    terminal.press("2")
    terminal.wait_for("a line before")
    terminal.wait_for(re.compile(r"2 Log 1\b"))


@pytest.mark.parametrize("how", ["input", "getpass"])
def test_ctrl_c_at_a_question_raises_as_in_plain_python(
    terminal: Terminal, url: str, how: str
) -> None:
    visit = Visit(f"{url}/interrupted/{how}")
    terminal.wait_for("ask>")
    terminal.type("half an ans")
    terminal.wait_quiet()
    terminal.press("ctrl+c")
    assert visit.text() == f"{how} was interrupted"
    terminal.wait_for(request_row("GET", f"/interrupted/{how}", 200))
    asked = terminal.raw.count(b"ask>")
    visit = Visit(f"{url}/interrupted/{how}")
    # The first prompt is still on the screen below the dashboard, and getpass() drops what was
    # typed before it asked.
    assert processes.eventually(lambda: terminal.raw.count(b"ask>") > asked, 30)
    terminal.type("whole\r")
    assert visit.text() == "answered whole"
    terminal.wait_for("Requests 2")  # the dashboard has the terminal again


def test_ctrl_c_at_the_prompt_of_pdb_asks_again(terminal: Terminal, url: str) -> None:
    visit = Visit(f"{url}/pdb")
    terminal.wait_for("(Pdb)")
    terminal.type("p sec")
    terminal.wait_quiet()
    terminal.press("ctrl+c")
    terminal.wait_for("--KeyboardInterrupt--")
    terminal.wait_quiet()
    terminal.type("p secret + 1\r")
    terminal.wait_for(re.compile(r"^43\b", re.M))
    terminal.type("c\r")
    assert visit.text() == "after 42"
    is_back(terminal, "/pdb")


def test_without_a_terminal_they_say_so(devtui: Devtui, apps: Path, free_port: int) -> None:
    process = devtui.start("debugged", "--port", free_port, cwd=apps / "errors")
    assert process.stdout is not None
    assert any("not for production" in line for line in process.stdout)
    for target, what in (("pdb", "breakpoint()"), ("interact", "a console")):
        answer = get(f"http://127.0.0.1:{free_port}/{target}")
        assert answer.status == 500
        assert f"{what} needs a terminal, and there is no terminal here" in answer.text
    assert get(f"http://127.0.0.1:{free_port}/").text == "answered"
