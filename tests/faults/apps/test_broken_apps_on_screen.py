"""The worst applications, as a user sees them: the screen, the keys, and leaving."""

from __future__ import annotations

import re
import signal
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path

import psutil
import pytest

from tests.support.client import get
from tests.support.processes import eventually
from tests.support.projects import app_source
from tests.support.terminal.dashboard_page import wait_reload, wait_serving
from tests.support.terminal.starter import Devtui
from tests.support.terminal.terminal import Terminal

pytestmark = pytest.mark.e2e

SOURCE = app_source("broken.py")

# Each fault, and the text that the dashboard shows before the restart.
FAULTS = {
    "binary_to_streams": "serving",
    "a_child_says_yes": "serving",
    "close_the_standard_ones": "serving",
    "join_the_dashboards_group": "serving",
    "trap_every_signal": "serving",
    "close_all": "crashed",
    "crash": "crashed",
    "keep_the_interpreter": "serving",
}


@pytest.fixture
def terminal(devtui: Devtui, free_port: int, tmp_path: Path) -> Terminal:
    """Run devtui with `apps/broken.py` in a terminal."""
    (tmp_path / "broken.py").write_text(SOURCE, encoding="utf-8")
    terminal = devtui("broken", "--port", free_port, standby=True)
    wait_serving(terminal, free_port)
    return terminal


def begin(port: int, name: str) -> None:
    """Make the app do a fault, whatever the response is."""
    # This one never answers, and takes a whole processor until it is ended.
    timeout = 0.2 if name == "keep_the_interpreter" else 1
    with suppress(HTTPException, OSError):
        get(f"http://127.0.0.1:{port}/{name}", timeout=timeout)


def assert_whole(terminal: Terminal, port: int) -> None:
    """Assert that the header, the panes and the keys are in their places."""
    lines = terminal.text().split("\n")
    assert f"127.0.0.1:{port}" in lines[0] + lines[1], terminal.framed()
    for title in ("1 Requests", "2 Log", "3 Reloads", "4 Errors"):
        assert title in terminal.text(), terminal.framed()
    assert "restart" in lines[-1].lower(), terminal.framed()
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", terminal.text())


def test_one_session_survives_them_all(terminal: Terminal, free_port: int) -> None:
    for generation, (name, state) in enumerate(FAULTS.items(), 2):
        begin(free_port, name)
        terminal.wait_for(re.compile(rf"\b{state}\b", re.I))
        terminal.press("2")
        terminal.press("?")
        terminal.wait_for("All keys")
        terminal.press("escape")
        terminal.wait_gone("All keys")
        assert_whole(terminal, free_port)
        terminal.press("r")
        wait_reload(terminal, generation, "restart", 20)
        assert get(f"http://127.0.0.1:{free_port}/").text == "well"
    terminal.press("q")
    terminal.expect_exit(0, 20)
    terminal.restored()


@pytest.mark.parametrize(
    ("name", "status"), [("terminate_the_dashboard", 143), ("interrupt_the_dashboard", 130)]
)
def test_a_signal_from_the_app_works_like_any_other(
    terminal: Terminal, free_port: int, name: str, status: int
) -> None:
    begin(free_port, name)
    terminal.expect_exit(status)
    terminal.restored()


def test_devtui_continues_after_the_app_stopped_it(terminal: Terminal, free_port: int) -> None:
    """The shell reports the stop, and `fg` continues devtui. The server answers all the time."""
    begin(free_port, "stop_the_dashboard")
    process = psutil.Process(terminal.pid)
    assert eventually(lambda: process.status() == psutil.STATUS_STOPPED)
    assert get(f"http://127.0.0.1:{free_port}/").text == "well"
    terminal.send_signal(signal.SIGCONT)
    terminal.press("r")
    wait_reload(terminal, 2, "restart")
    assert_whole(terminal, free_port)
    terminal.press("q")
    terminal.expect_exit(0)
    terminal.restored()
