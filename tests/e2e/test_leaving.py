"""Every way to end a session leaves no process, a free port and a clean terminal."""

from __future__ import annotations

import re
import signal
import sys
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path

import psutil
import pytest

from tests.support import processes
from tests.support.client import get
from tests.support.projects import app_source
from tests.support.terminal.dashboard_page import BARE, wait_serving
from tests.support.terminal.starter import Devtui
from tests.support.terminal.terminal import Terminal

pytestmark = pytest.mark.e2e

CHATTY = app_source("processes/chatty.py")

DIES = """\
def app(environ, start_response):
    import os
    os._exit(3)
"""

IGNORING = """\
import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.fixture
def terminal(devtui: Devtui, free_port: int, tmp_path: Path) -> Terminal:
    """Start a session that serves a small application and has answered a request."""
    (tmp_path / "hello.py").write_text(BARE)
    terminal = devtui("hello", "--port", free_port, standby=True)
    url = wait_serving(terminal, free_port)
    assert get(url).status == 200
    terminal.wait_for(re.compile(r"GET\s+200"))
    assert terminal.used("1049")
    return terminal


@pytest.mark.parametrize("key", ["q", "ctrl+q", "ctrl+c"])
def test_by_a_key(devtui: Devtui, terminal: Terminal, key: str) -> None:
    terminal.press(key)
    terminal.expect_exit(0)
    terminal.restored()
    devtui.assert_gone()


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)],
)
def test_by_a_signal(
    devtui: Devtui, terminal: Terminal, number: signal.Signals, status: int
) -> None:
    terminal.send_signal(number)
    terminal.expect_exit(status)
    terminal.restored()
    devtui.assert_gone()


def test_by_closing_the_terminal(devtui: Devtui, terminal: Terminal) -> None:
    terminal.hang_up()
    terminal.expect_exit(129)
    devtui.assert_gone()


def test_by_closing_the_terminal_during_heavy_drawing(
    devtui: Devtui, free_port: int, tmp_path: Path
) -> None:
    (tmp_path / "chatty.py").write_text(CHATTY)
    terminal = devtui("chatty:app", "--port", free_port, standby=True)
    wait_serving(terminal, free_port)
    with pytest.raises(
        TimeoutError
    ):  # a request in flight gets its grace period, and drawing goes on
        get(f"http://127.0.0.1:{free_port}", timeout=0.5)
    terminal.hang_up()
    terminal.expect_exit(129)
    devtui.assert_gone()


def test_by_closing_a_terminal_whose_shell_sends_no_signal(
    devtui: Devtui, free_port: int, tmp_path: Path
) -> None:
    # The kernel sends SIGHUP only to the session leader, and this leader does not pass it on.
    (tmp_path / "hello.py").write_text(BARE)
    below = ("sh", "-c", 'trap "" HUP; "$@"; exit', "sh")
    terminal = devtui("hello", "--port", free_port, below=below, standby=True)
    wait_serving(terminal, free_port)
    terminal.hang_up()
    terminal.expect_exit(129)
    devtui.assert_gone()


def test_after_being_stopped_and_continued(devtui: Devtui, terminal: Terminal) -> None:
    terminal.send_signal(signal.SIGSTOP)
    stopped = psutil.Process(terminal.pid)
    assert processes.eventually(lambda: stopped.status() == psutil.STATUS_STOPPED)
    terminal.send_signal(signal.SIGCONT)
    terminal.press("?")
    terminal.wait_for("All keys")
    terminal.press("escape")
    terminal.wait_gone("All keys")
    terminal.press("q")
    terminal.expect_exit(0)
    terminal.restored()
    devtui.assert_gone()


def test_by_being_killed(devtui: Devtui, terminal: Terminal) -> None:
    terminal.send_signal(signal.SIGKILL)
    terminal.expect_exit(137)
    devtui.assert_gone()


def test_while_a_request_runs(devtui: Devtui, free_port: int, tmp_path: Path) -> None:
    (tmp_path / "stuck.py").write_text(
        "import time\n"
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [])\n"
        "    yield b'begun'\n"
        "    time.sleep(3600)\n"
    )
    terminal = devtui("stuck:app", "--port", free_port, standby=True)
    wait_serving(terminal, free_port)
    with pytest.raises(TimeoutError):
        get(f"http://127.0.0.1:{free_port}", timeout=0.5)
    terminal.press("q")
    terminal.expect_exit(0)
    terminal.restored()
    devtui.assert_gone()


def test_when_sigchld_is_ignored(devtui: Devtui, free_port: int, tmp_path: Path) -> None:
    """Some launchers ignore SIGCHLD, and their children inherit that."""
    (tmp_path / "hello.py").write_text(DIES)
    below = (sys.executable, "-c", IGNORING)
    terminal = devtui("hello", "--port", free_port, below=below, standby=True)
    wait_serving(terminal, free_port)
    with suppress(OSError, HTTPException):
        get(f"http://127.0.0.1:{free_port}/")
    terminal.wait_for("CRASHED")
    terminal.press("r")
    wait_serving(terminal, free_port)
    terminal.press("q")
    terminal.expect_exit(0)
