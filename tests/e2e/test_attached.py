"""`devtui ctl attach`: a second terminal on a running devtui."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from devtui.control.client.link import living
from tests.support.client import Visit, get
from tests.support.processes import DEADLINE, eventually
from tests.support.projects import app_source, write
from tests.support.terminal.dashboard_page import BARE, request_row, wait_serving
from tests.support.terminal.starter import Devtui
from tests.support.terminal.terminal import Terminal

pytestmark = pytest.mark.e2e

SOURCE = (
    app_source("agents.py")
    + """

@app.get("/break")
def stop():
    breakpoint()
    return "on"
"""
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pytest.importorskip("flask", reason="Flask is not installed")
    write(tmp_path / "shop", {"app.py": SOURCE})
    return tmp_path / "shop"


def answers_in(folder: Path) -> bool:
    """Whether a devtui of the folder can be reached."""
    return any(one.record["folder"] == str(folder.resolve()) for one in living())


@pytest.fixture
def plain(devtui: Devtui, folder: Path, free_port: int) -> Iterator[subprocess.Popen[str]]:
    """A devtui without a terminal."""
    started = devtui.start("app", "--port", free_port, "--plain", cwd=folder)
    assert started.stdout is not None
    reading = threading.Thread(target=started.stdout.read, daemon=True)
    reading.start()
    assert eventually(lambda: answers_in(folder))
    yield started
    started.terminate()
    started.wait(DEADLINE)
    reading.join(DEADLINE)


@pytest.fixture
def listener() -> Iterator[int]:
    """The port of a program that is not devtui: this one."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def attach(devtui: Devtui, folder: Path, size: tuple[int, int]) -> Terminal:
    assert eventually(lambda: answers_in(folder))
    return devtui("ctl", "attach", cwd=folder, size=size)


def leave_error(terminal: Terminal) -> None:
    """Close the prompt, and then the error."""
    terminal.press("escape")
    terminal.wait_gone("evaluate in")
    terminal.press("escape")
    terminal.wait_for("1 Requests")


def test_two_terminals_show_and_do_the_same(devtui: Devtui, folder: Path, free_port: int) -> None:
    first = devtui("app", "--port", free_port, cwd=folder)
    url = wait_serving(first, free_port, 20)
    assert get(f"{url}/").status == 200
    second = attach(devtui, folder, (80, 24))
    second.wait_for("ATTACHED, SERVING")
    second.wait_for("closes this")
    second.wait_for("detach")
    second.wait_for(request_row("GET", "/", 200))  # from before
    first.wait_for("attached: 1 dashboard")
    assert get(f"{url}/bad").status == 500
    for terminal in (first, second):
        terminal.wait_for(request_row("GET", "/bad", 500))
    # Frames, locals and code.
    second.press("4")
    second.wait_for("ValueError")
    second.wait_quiet()
    second.press("enter")
    second.wait_for("evaluate")
    second.press("l")
    second.wait_for(re.compile(r"password\s+••••"))
    second.press("x")
    second.wait_for("evaluate in bad")
    second.type("sum(numbers) * 7")
    second.press("enter")
    second.wait_for(re.compile(r"42\b"))
    first.press("2")
    first.wait_for("attached dashboard: evaluate code in a frame")
    leave_error(second)
    # Restart, from the second.
    second.press("r")
    for terminal in (first, second):
        terminal.press("3")
        terminal.wait_for("restarted by hand")
    assert "agent:" not in first.text()
    # A debugger gets the first terminal.
    visit = Visit(f"{url}/break")
    first.wait_for("(Pdb")
    second.wait_for("breakpoint() has the terminal of process")
    first.type("c")
    first.press("enter")
    assert visit.text() == "on"
    second.wait_gone("has the terminal")
    first.wait_for("attached: 1")
    for terminal in (first, second):
        terminal.press("1")
    # Leave the second, and the first stays; then both again, and the first leaves.
    second.press("q")
    second.expect_exit(0)
    second.restored()
    first.wait_gone("attached: 1")
    assert get(f"{url}/count").status == 200
    second = attach(devtui, folder, (120, 40))
    second.wait_for(request_row("GET", "/count", 200))
    first.press("ctrl+q")
    first.expect_exit(0)
    second.wait_for("ATTACHED, STOPPED")
    second.wait_for("The session has ended: this screen waits for the next devtui of this folder")
    second.press("r")
    second.wait_for("waits for the next devtui of this folder.")
    assert request_row("GET", "/count", 200).search(second.text())  # the screen stays
    again = devtui("app", "--port", free_port, cwd=folder)
    wait_serving(again, free_port, 20)
    second.wait_for("ATTACHED, SERVING", 20)
    second.wait_for("Another devtui runs here now")
    assert get(f"{url}/long").status == 200
    second.wait_for(request_row("GET", "/long", 200))
    for terminal in (second, again):
        terminal.press("ctrl+q")
        terminal.expect_exit(0)


def test_one_without_a_screen_and_kill_of_either_side(
    devtui: Devtui, folder: Path, free_port: int, plain: subprocess.Popen[str]
) -> None:
    second = attach(devtui, folder, (120, 40))
    url = wait_serving(second, free_port, 20)
    assert get(f"{url}/bad").status == 500
    second.wait_for(request_row("GET", "/bad", 500))
    third = attach(devtui, folder, (80, 24))
    third.wait_for(request_row("GET", "/bad", 500))
    for terminal in (second, third):
        terminal.wait_for("attached: 2 dashboards")
    # An attached one is killed: the session goes on.
    third.send_signal(signal.SIGKILL)
    second.wait_for("attached: 1 dashboard")
    assert get(f"{url}/").status == 200
    second.wait_for(request_row("GET", "/", 200))
    # The port screen moves the server.
    second.press("p")
    second.wait_for("Move it to port")
    second.press("0", "enter")
    second.wait_gone(f":{free_port}")
    second.wait_for(re.compile(r"http://127\.0\.0\.1:\d+"))
    # The session is killed: the screen stays, and says so.
    plain.kill()
    second.wait_for("ATTACHED, STOPPED")
    assert "/bad" in second.text()
    second.press("q")
    second.expect_exit(0)
    second.restored()


def test_an_app_that_does_not_load_is_seen_and_fixed(
    devtui: Devtui, tmp_path: Path, free_port: int
) -> None:
    folder = tmp_path / "shop"
    write(folder, {"app.py": BARE})
    first = devtui("app", "--port", free_port, cwd=folder)
    wait_serving(first, free_port, 20)
    write(folder, {"app.py": BARE + "1 / 0\n"})
    first.wait_for("SERVING THE ERROR")
    second = attach(devtui, folder, (80, 24))
    second.wait_for("ATTACHED, SERVING THE ERROR")
    second.wait_for("ZeroDivisionError")
    write(folder, {"app.py": BARE})
    second.wait_for(re.compile("ATTACHED, SERVING(?! THE)"))
    second.press("ctrl+c")
    second.expect_exit(0)
    first.press("ctrl+q")
    first.expect_exit(0)


def test_a_suspended_one_blocks_nobody(
    devtui: Devtui, folder: Path, free_port: int, plain: subprocess.Popen[str]
) -> None:
    second = attach(devtui, folder, (80, 24))
    url = wait_serving(second, free_port, 20)
    attached = psutil.Process(second.pid)
    attached.suspend()
    for _ in range(300):
        assert get(f"{url}/long").status == 200
    attached.resume()
    second.wait_for(re.compile(r"Requests 300\b"), 20)
    second.press("ctrl+q")
    second.expect_exit(0)


def test_what_the_environment_forbids(
    devtui: Devtui, folder: Path, free_port: int, listener: int
) -> None:
    first = devtui("app", "--port", free_port, cwd=folder, environment={"DEVTUI_CONTROL_EVAL": "0"})
    url = wait_serving(first, free_port, 20)
    assert get(f"{url}/bad").status == 500
    second = attach(devtui, folder, (120, 40))
    second.wait_for(request_row("GET", "/bad", 500))
    second.press("i")
    second.wait_for("hides the PIN")
    second.press("4")
    second.wait_for("ValueError")
    second.wait_quiet()
    second.press("enter")
    second.wait_for(re.compile(r"password\s+••••"))
    second.press("x")
    second.wait_for("evaluate in bad")
    second.type("1 + 1")
    second.press("enter")
    second.wait_for("refuses evaluation in this devtui")
    leave_error(second)
    second.press("k")
    second.wait_for("escape back   q detach")
    second.press("k")
    second.wait_for("Who holds a port?")
    second.type(str(listener))
    second.press("enter")
    second.wait_for(f"Port {listener}")
    second.wait_for("must not be stopped from other")
    for terminal in (second, first):
        terminal.press("ctrl+q")
        terminal.expect_exit(0)


def test_a_reader_of_json_that_stops_keeps_nobody_waiting(
    devtui: Devtui, folder: Path, free_port: int
) -> None:
    stopped = devtui.start("app", "--port", free_port, "--json", cwd=folder)
    second = attach(devtui, folder, (80, 24))
    url = wait_serving(second, free_port, 20)
    for _ in range(20):  # more than a pipe holds
        assert get(f"{url}/long").status == 200
    second.wait_for("Requests 20")
    second.press("r")
    second.press("3")
    second.wait_for("restarted by hand")
    second.press("q")
    second.expect_exit(0)
    stopped.send_signal(signal.SIGTERM)
    assert stopped.wait(DEADLINE) == 143


def test_what_it_says_where_it_cannot(devtui: Devtui, folder: Path, free_port: int) -> None:
    command = [sys.executable, "-m", "devtui", "ctl", "attach"]

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=DEADLINE, env=os.environ
        )

    nothing = run()
    assert nothing.returncode == 3
    assert "No devtui runs in" in nothing.stderr
    first = devtui("app", "--port", free_port, cwd=folder)
    wait_serving(first, free_port, 20)
    assert eventually(lambda: answers_in(folder))
    piped = run()
    assert piped.returncode == 2
    assert "needs a terminal" in piped.stderr
    first.press("ctrl+q")
    first.expect_exit(0)
