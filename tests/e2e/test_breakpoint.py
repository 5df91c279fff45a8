"""`breakpoint()`, `input()` and `getpass()` in a view, in a real terminal."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support import processes
from tests.support.client import Visit, get
from tests.support.projects import APPS, app_source
from tests.support.terminal.starter import Devtui
from tests.support.terminal.terminal import Terminal

pytestmark = pytest.mark.e2e

BACK = "devtui has the terminal again"


@pytest.fixture
def asks(apps: Path) -> Path:
    return apps / "errors"


def start(devtui: Devtui, folder: Path, port: int) -> Terminal:
    started = devtui("asks", "--plain", "--port", port, cwd=folder, size=(100, 60), standby=True)
    started.wait_for("not for production", 20)
    return started


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Terminal, str]]:
    """One devtui, and its URL, for the tests after which it has the terminal as before."""
    folder, port = tmp_path_factory.mktemp("shared"), processes.free_port()
    shutil.copy(APPS / "errors" / "asks.py", folder)
    with ExitStack() as stack:
        starter = Devtui(uuid.uuid4().hex, folder, stack)
        terminal = start(starter, folder, port)
        yield terminal, f"http://127.0.0.1:{port}"
        leave(terminal)
        starter.assert_gone()


@pytest.fixture
def terminal(shared: tuple[Terminal, str]) -> Terminal:
    """The terminal of the shared devtui, without what earlier tests have left there."""
    terminal, url = shared
    asked = f"{url}/missing?{uuid.uuid4().hex}"
    assert get(asked).status == 404
    terminal.wait_for(asked.removeprefix(url))  # all that they have left has been written
    terminal.wipe()
    return terminal


@pytest.fixture
def url(shared: tuple[Terminal, str]) -> str:
    return shared[1]


@pytest.fixture
def own(devtui: Devtui, asks: Path, free_port: int) -> Terminal:
    """The terminal of a devtui for one test."""
    return start(devtui, asks, free_port)


@pytest.fixture
def own_url(free_port: int) -> str:
    return f"http://127.0.0.1:{free_port}"


def enter(terminal: Terminal, text: str) -> None:
    terminal.type(text)
    terminal.press("enter")


def leave(terminal: Terminal) -> None:
    terminal.press("ctrl+c")
    terminal.expect_exit(130)
    terminal.restored()


def test_pdb_with_line_editing_and_history(terminal: Terminal, url: str) -> None:
    visit = Visit(f"{url}/stop/one")
    terminal.wait_for("(Pdb)")
    enter(terminal, "p total + 58")
    terminal.wait_for(re.compile(r"^99\n\(Pdb\)", re.M))
    terminal.wait_quiet()
    terminal.press("up")
    terminal.wait_quiet()
    terminal.press("backspace", "backspace")
    enter(terminal, "1")
    terminal.wait_for(re.compile(r"^\(Pdb\) p total \+ 1\n42$", re.M))
    enter(terminal, "total = 99")
    enter(terminal, "c")
    assert visit.text() == "one: 100"
    terminal.wait_for(BACK)
    terminal.wait_for("GET    200")
    assert get(url).status == 200


def test_stepping_and_stopping_again(terminal: Terminal, url: str) -> None:
    visit = Visit(f"{url}/stop-in-loop")
    for count in range(1, 4):
        terminal.wait_for(re.compile(rf"(\(Pdb\)[^§]*){{{count}}}"))
        enter(terminal, "c")
    assert visit.text() == "the last was 2"


def test_stepping_to_the_end_gives_the_terminal_back(terminal: Terminal, url: str) -> None:
    visit = Visit(f"{url}/stop/one")
    terminal.wait_for("(Pdb)")
    enter(terminal, "q")
    terminal.wait_for(BACK)
    assert "BdbQuit" in visit.text()


def test_two_breakpoints_wait_for_each_other(terminal: Terminal, url: str) -> None:
    first = Visit(f"{url}/stop/one")
    terminal.wait_for("(Pdb)")
    second = Visit(f"{url}/stop/two")
    enter(terminal, "p 'the ' + name")
    terminal.wait_for("'the one'")
    enter(terminal, "c")
    assert first.text() == "one: 42"
    terminal.wait_for(re.compile(r"(?s)terminal again.*\(Pdb\)"))
    enter(terminal, "p 'the ' + name")
    terminal.wait_for("'the two'")
    enter(terminal, "c")
    assert second.text() == "two: 42"


def test_a_save_waits_until_the_debugger_has_ended(own: Terminal, own_url: str, asks: Path) -> None:
    before = get(own_url).text
    visit = Visit(f"{own_url}/stop/one")
    own.wait_for("(Pdb)")
    source = asks / "asks.py"
    source.write_text(source.read_text().replace("generation of", "another generation of"))
    own.wait_quiet(0.8)
    enter(own, "p total + 1000")
    own.wait_for("1041")
    assert get(own_url).text == before
    enter(own, "c")
    assert visit.text() == "one: 42"
    own.wait_for("serves again", 20)
    assert get(own_url).text.startswith("another generation of")
    leave(own)


def test_a_save_does_not_end_the_second_of_two_sessions(
    own: Terminal, own_url: str, asks: Path
) -> None:
    first = Visit(f"{own_url}/stop/one")
    own.wait_for("(Pdb)")
    second = Visit(f"{own_url}/stop/two")
    source = asks / "asks.py"
    source.write_text(source.read_text().replace("generation of", "another generation of"))
    own.wait_quiet(0.8)  # both the second one and the save wait
    enter(own, "c")
    assert first.text() == "one: 42"
    own.wait_for(re.compile(r"(?s)terminal again.*\(Pdb\)"))
    enter(own, "p 'the ' + name")
    own.wait_for("'the two'")
    enter(own, "c")
    assert second.text() == "two: 42"
    own.wait_for("serves again", 20)
    leave(own)


def test_other_requests_continue_and_their_lines_come_later(terminal: Terminal, url: str) -> None:
    visit = Visit(f"{url}/stop/one")
    terminal.wait_for("(Pdb)")
    assert get(f"{url}/missing").status == 404
    terminal.wait_quiet()
    assert "/missing" not in terminal.text()
    enter(terminal, "c")
    visit.text()
    terminal.wait_for("/missing")


def test_ctrl_c_stops_code_in_the_debugger_and_not_the_server(terminal: Terminal, url: str) -> None:
    visit = Visit(f"{url}/spin")
    terminal.wait_for("(Pdb)")
    enter(terminal, "!while True: pass")
    terminal.wait_quiet()
    terminal.press("ctrl+c")
    terminal.wait_for("KeyboardInterrupt")
    enter(terminal, "c")
    assert visit.text() == "spun"


def test_ctrl_z_does_not_stop_a_debugger_that_no_shell_would_continue(
    terminal: Terminal, url: str
) -> None:
    visit = Visit(f"{url}/stop/one")
    terminal.wait_for("(Pdb)")
    terminal.press("ctrl+z")
    terminal.wait_quiet()
    enter(terminal, "")
    enter(terminal, "p total + 58")
    terminal.wait_for(re.compile(r"^99$", re.M))
    enter(terminal, "c")
    assert visit.text() == "one: 42"


def test_input_and_getpass(terminal: Terminal, url: str) -> None:
    visit = Visit(f"{url}/ask")
    terminal.wait_for("your name?")
    enter(terminal, "Ada")
    assert visit.text() == "hello Ada"
    visit = Visit(f"{url}/secret")
    terminal.wait_for("say friend:")
    enter(terminal, "mellon")
    assert visit.text() == "6 characters"
    terminal.wait_for("/secret")
    assert "mellon" not in terminal.text()


@pytest.mark.parametrize(
    ("key", "error"), [("ctrl+d", "EOFError"), ("ctrl+c", "KeyboardInterrupt")]
)
def test_the_traceback_of_a_question_shows_no_file_of_ours(
    terminal: Terminal, url: str, key: str, error: str
) -> None:
    visit = Visit(f"{url}/told/input")
    terminal.wait_for("input?")
    terminal.wait_quiet()
    terminal.press(key)
    assert visit.text() == f"{error} in asks.py, after None"
    visit = Visit(f"{url}/told/getpass")
    terminal.wait_for("getpass?")
    terminal.wait_quiet()
    terminal.press(key)
    assert re.sub("( getpass.py)+", "", visit.text()) == f"{error} in asks.py, after None"
    terminal.wait_for(re.compile(rf"{re.escape(BACK)}.*{re.escape(BACK)}", re.S))


def test_pdb_s_own_set_trace(terminal: Terminal, url: str) -> None:
    visit = Visit(f"{url}/set-trace")
    terminal.wait_for("(Pdb)")
    enter(terminal, "p inner * 2")
    terminal.wait_for("'withinwithin'")
    enter(terminal, "c")
    assert visit.text() == "within"
    terminal.wait_for(BACK)


def test_leaving_in_the_middle_of_a_debugging_session(own: Terminal, own_url: str) -> None:
    Visit(f"{own_url}/stop/one")
    own.wait_for("(Pdb)")
    own.send_signal(signal.SIGTERM)
    own.expect_exit(143)
    own.restored()


def test_without_a_terminal_it_says_so(devtui: Devtui, asks: Path, free_port: int) -> None:
    process: subprocess.Popen[str] = devtui.start("asks", "--plain", "--port", free_port, cwd=asks)
    assert process.stdout is not None
    assert any("not for production" in line for line in process.stdout)
    for target, call in (("stop/x", "breakpoint()"), ("ask", "input()"), ("secret", "getpass()")):
        answer = get(f"http://127.0.0.1:{free_port}/{target}")
        assert answer.status == 500
        assert f"{call} needs a terminal, and there is no terminal here" in answer.text
    for name in ("input", "getpass"):
        answer = get(f"http://127.0.0.1:{free_port}/told/{name}")
        assert answer.text == "EOFError in asks.py, after None"


OTHER = app_source("errors/other_debugger.py")


@pytest.mark.parametrize("named", ["0", "pdb.set_trace", "other.stop", "other.debug"])
def test_the_variable_pythonbreakpoint_is_respected(
    devtui: Devtui, asks: Path, free_port: int, own_url: str, named: str
) -> None:
    (asks / "other.py").write_text(OTHER)
    terminal = devtui(
        "asks", "--plain", "--port", free_port, cwd=asks, environment={"PYTHONBREAKPOINT": named}
    )
    terminal.wait_for("not for production", 20)
    visit = Visit(f"{own_url}/stop/one")
    if named == "pdb.set_trace":
        terminal.wait_for("(Pdb)")
        enter(terminal, "c")
    elif named == "other.debug":
        terminal.wait_for("(other)")
        if sys.version_info >= (3, 13):
            enter(terminal, "s")
        terminal.wait_for("total += 1")  # it stops in the view, not in devtui
        enter(terminal, "print('shown', total)")
        terminal.wait_for("shown 41")
        enter(terminal, "c")
        terminal.wait_for(BACK)
    elif named == "other.stop":
        terminal.wait_for("another debugger")
        terminal.wait_for("ready?")
        enter(terminal, "ab")
        terminal.wait_for("abab")
    assert visit.text() == "one: 42"
    leave(terminal)
