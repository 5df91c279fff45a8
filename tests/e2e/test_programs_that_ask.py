"""Programs of the app that ask on the terminal, in a real terminal."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from tests.support import processes
from tests.support.client import Visit, get
from tests.support.projects import APPS
from tests.support.terminal.dashboard_page import request_row, wait_serving
from tests.support.terminal.starter import Devtui
from tests.support.terminal.terminal import Terminal

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


@pytest.fixture(scope="module", params=["screen", "lines"])
def shown(request: pytest.FixtureRequest) -> str:
    """Whether devtui has a screen or writes lines."""
    return str(request.param)


def start(devtui: Devtui, folder: Path, port: int, shown: str) -> Terminal:
    plain = ("--plain",) if shown == "lines" else ()
    terminal = devtui("terminal_users", *plain, "--port", port, cwd=folder, standby=True)
    if shown == "lines":
        terminal.wait_for("not for production")
    else:
        wait_serving(terminal, port)
    return terminal


@pytest.fixture(scope="module")
def shared(shown: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Terminal, str]]:
    """One devtui, and its URL, for the tests after which it has the terminal as before."""
    folder, port = tmp_path_factory.mktemp("shared"), processes.free_port()
    shutil.copy(APPS / "errors" / "terminal_users.py", folder)
    with ExitStack() as stack:
        starter = Devtui(uuid.uuid4().hex, folder, stack)
        terminal = start(starter, folder, port, shown)
        yield terminal, f"http://127.0.0.1:{port}"
        leave(terminal, shown)
        starter.assert_gone()


@pytest.fixture
def terminal(shared: tuple[Terminal, str], shown: str) -> Terminal:
    """The terminal of the shared devtui, without what earlier tests have left there."""
    terminal, _ = shared
    terminal.wipe()
    if shown == "screen":
        terminal.press("c")
        terminal.wait_gone(re.compile(r"GET +200"))
    return terminal


@pytest.fixture
def url(shared: tuple[Terminal, str]) -> str:
    return shared[1]


@pytest.fixture
def own(devtui: Devtui, apps: Path, free_port: int, shown: str) -> Terminal:
    """The terminal of a devtui for one test."""
    return start(devtui, apps / "errors", free_port, shown)


@pytest.fixture
def own_url(free_port: int) -> str:
    return f"http://127.0.0.1:{free_port}"


def asks(terminal: Terminal, program: str) -> None:
    """Wait until the program has the terminal."""
    terminal.wait_for(
        re.compile(rf"--- {program} \(pid \d+\) asks on the terminal; ctrl\+c ends it")
    )


def is_back(terminal: Terminal, shown: str, target: str) -> None:
    """Wait until devtui has the terminal again and has shown the request."""
    if shown == "lines":
        terminal.wait_for("devtui has the terminal again")
        terminal.wait_for(re.compile(rf"GET    200 .*{re.escape(target)}"))
    else:
        terminal.wait_for(request_row("GET", target, 200))
        terminal.wait_for("SERVING")


def leave(terminal: Terminal, shown: str) -> None:
    terminal.press("ctrl+c")
    terminal.expect_exit(130 if shown == "lines" else 0)
    terminal.restored()


def test_a_program_that_prompts_has_the_terminal_until_it_is_done(
    terminal: Terminal, url: str, shown: str
) -> None:
    visit = Visit(f"{url}/prompts")
    terminal.wait_for("your name?")
    asks(terminal, "python.*")
    assert get(url).text == "answered"
    terminal.type("Ada\r")
    terminal.wait_for("your secret?")
    terminal.type("mellon\r")
    assert visit.text() == "Ada has a secret of 6 characters\n"
    is_back(terminal, shown, "/prompts")
    assert "mellon" not in terminal.text()


@pytest.mark.parametrize("target", ["silent", "polls", "itself", "stdin", "inherits"])
def test_a_program_that_only_waits_gets_the_terminal_too(
    terminal: Terminal, url: str, shown: str, target: str
) -> None:
    visit = Visit(f"{url}/{target}")
    asks(terminal, {"silent": "sh", "inherits": "sh"}.get(target, ".*"))
    terminal.type("something\r")
    assert "something" in visit.text()
    is_back(terminal, shown, f"/{target}")


def test_a_program_that_the_app_gives_up_gives_the_terminal_back(
    terminal: Terminal, url: str, shown: str
) -> None:
    visit = Visit(f"{url}/silent?timeout=2")
    asks(terminal, "sh")
    assert visit.text() == "too late"
    is_back(terminal, shown, "/silent?timeout=2")
    assert get(url).text == "answered"


def test_ctrl_c_ends_the_program_and_not_the_server(
    terminal: Terminal, url: str, shown: str
) -> None:
    visit = Visit(f"{url}/silent")
    asks(terminal, "sh")
    terminal.press("ctrl+c")
    assert visit.text() == ""
    is_back(terminal, shown, "/silent")
    assert get(url).text == "answered"


@pytest.mark.parametrize("target", ["/stdin", "/itself", "/fd0"])
def test_ctrl_c_ends_the_input_of_the_server_itself(
    terminal: Terminal, url: str, shown: str, target: str
) -> None:
    """No signal ends its read: the thread is not the main one."""
    visit = Visit(f"{url}{target}")
    asks(terminal, "python[0-9.]*")
    terminal.type("begun")
    terminal.press("ctrl+c")
    assert visit.text() == "read "
    is_back(terminal, shown, target)


def test_a_program_asks_after_a_question(terminal: Terminal, url: str, shown: str) -> None:
    """Its read must not keep devtui waiting, which takes the terminal back just then."""
    visit = Visit(f"{url}/then")
    terminal.wait_for("your name?")
    terminal.type("ada\r")
    asks(terminal, "sh")
    terminal.type("something\r")
    assert visit.text() == "ada, and something"
    is_back(terminal, shown, "/then")


def test_text_written_to_the_terminal_is_in_the_log(
    own: Terminal, own_url: str, shown: str
) -> None:
    assert get(f"{own_url}/scribble").text == "scribbled"
    own.wait_for(re.compile(r"err .*]52;c;c2NyaWJibGU=.*scribbled *│?$", re.M))
    own.wait_for("a progress bar")
    assert b"\x1b]52;c;c2Ny" not in own.raw
    assert b"\x1b[?1049l" not in own.raw
    assert get(f"{own_url}/opens").text == "opened"
    leave(own, shown)


def test_a_child_that_inherits_the_terminal_does_not_ask(
    own: Terminal, own_url: str, shown: str
) -> None:
    """It has it open, beside the question of another: multiprocessing starts such children."""
    child = int(get(f"{own_url}/leaves").text)
    try:
        own.wait_for("a long task:")
        three_looks = 1.5
        assert not processes.eventually(lambda: "asks on" in own.text(), three_looks)
        leave(own, shown)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def test_git_asks_for_a_name_and_a_password(terminal: Terminal, url: str, shown: str) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    visit = Visit(f"{url}/git")
    terminal.wait_for(re.compile(r"^Username for", re.M))
    terminal.type("ada\r")
    terminal.wait_for(re.compile(r"^Password for", re.M))
    terminal.type("mellon\r")
    assert "403" in visit.text()
    is_back(terminal, shown, "/git")


def test_a_save_waits_for_the_answer(own: Terminal, own_url: str, shown: str, apps: Path) -> None:
    visit = Visit(f"{own_url}/silent")
    asks(own, "sh")
    source = apps / "errors" / "terminal_users.py"
    source.write_text(source.read_text().replace('"answered"', '"answered anew"'))
    own.wait_quiet(0.8)
    own.type("something\r")
    assert visit.text() == "it was something\n"
    own.wait_for("serves again" if shown == "lines" else "3 Reloads 1")
    assert get(own_url).text == "answered anew"
    leave(own, shown)


def test_without_a_terminal_programs_cannot_open_it(
    devtui: Devtui, apps: Path, free_port: int
) -> None:
    process = devtui.start("terminal_users", "--port", free_port, cwd=apps / "errors")
    ready(process)
    answer = get(f"http://127.0.0.1:{free_port}/opens").text
    assert answer == "OSError No such device or address"


def test_with_json_programs_cannot_open_the_terminal(
    devtui: Devtui, apps: Path, free_port: int, own_url: str
) -> None:
    terminal = devtui("terminal_users", "--json", "--port", free_port, cwd=apps / "errors")
    terminal.wait_for('"type":"serving"')
    assert get(f"{own_url}/opens").text == "OSError No such device or address"
    terminal.press("ctrl+c")
    terminal.expect_exit(130)


def test_with_json_a_program_that_waits_for_input_loses_the_terminal(
    devtui: Devtui, apps: Path, free_port: int, own_url: str
) -> None:
    terminal = devtui(
        "terminal_users",
        *("--port", free_port),
        cwd=apps / "errors",
        environment={"DEVTUI_JSON": "1"},
    )
    terminal.wait_for('"type":"serving"')
    assert get(f"{own_url}/opens").text == "opened"
    assert get(f"{own_url}/silent", timeout=40).text == "it was\n"
    assert get(f"{own_url}/opens").text.startswith("OSError")
    assert get(own_url).text == "answered"
    terminal.press("ctrl+c")
    terminal.expect_exit(130)


def test_a_suspended_server_is_shown_and_restarted(
    devtui: Devtui, apps: Path, free_port: int
) -> None:
    terminal = devtui("terminal_users", "--port", free_port, cwd=apps / "errors", size=(80, 24))
    url = wait_serving(terminal, free_port)
    (server,) = [
        child
        for child in psutil.Process(terminal.pid).children(recursive=True)
        if f"pid {child.pid}" in terminal.text()
    ]
    os.kill(server.pid, signal.SIGSTOP)
    terminal.wait_for("SUSPENDED")
    terminal.wait_for("suspended by a signal: r restarts it")
    os.kill(server.pid, signal.SIGCONT)
    terminal.wait_for("SERVING")
    assert get(url).text == "answered"
    os.kill(server.pid, signal.SIGSTOP)
    terminal.wait_for("SUSPENDED")
    terminal.press("r")
    terminal.wait_for("SERVING")
    assert get(url).text == "answered"
    leave(terminal, "screen")


def ready(process: subprocess.Popen[str]) -> None:
    """Wait until devtui serves."""
    assert process.stdout is not None
    assert any("not for production" in line for line in process.stdout)
