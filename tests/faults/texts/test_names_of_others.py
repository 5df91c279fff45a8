"""Untrusted names of folders, files, modules and processes do not act on the terminal."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.client import get
from tests.support.projects import write
from tests.support.terminal.dashboard_page import wait_serving
from tests.support.terminal.starter import Devtui
from tests.support.terminal.terminal import Terminal, clean_environment

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform != "linux", reason="file names are any bytes on Linux alone"),
]

EVIL = "\x1b]0;PWNED\x07\x1b[31;5;7m\u202e\u200b"
RAW = b"\xff\x9b31m"  # not UTF-8, and a control character for some terminals

FORBIDDEN = [b"\x1b]0;PWNED", b"\x1b[31;5;7m", b"\x9b31m", "\u202e".encode(), "\u200b".encode()]

APP = """\
def app(environ, start_response):
    exec(compile("1 / 0", environ["PATH_INFO"] + {evil!r} + ".py", "exec"), {{}})
"""

HOLDER = """\
import ctypes, signal, socket, sys
ctypes.CDLL(None).prctl(15, b"\\x1b[31;5;7m\\x9b31m", 0, 0, 0)
s = socket.socket()
s.bind(("127.0.0.1", int(sys.argv[1])))
s.listen()
print("ready", flush=True)
signal.pause()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a project in a folder with such a name."""
    path = tmp_path / EVIL
    write(path, {"app.py": APP.format(evil=EVIL)})
    return path


@contextmanager
def holder(folder: Path, port: int) -> Iterator[None]:
    command: list[str | bytes] = [sys.executable, "-c", HOLDER, str(port), EVIL, RAW]
    process = subprocess.Popen(
        command, cwd=folder, env=clean_environment(), stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield
    finally:
        process.kill()
        process.communicate(timeout=20)


def assert_harmless(terminal: Terminal) -> None:
    assert not [sequence for sequence in FORBIDDEN if sequence in terminal.raw]


def test_on_the_port_screen_and_as_the_project(
    devtui: Devtui, free_port: int, folder: Path
) -> None:
    with holder(folder, free_port):
        terminal = devtui("--port", free_port, cwd=folder)
        terminal.wait_for(re.compile(r"pid \d+"))
        terminal.wait_for("PWNED")
        terminal.press("q")
        terminal.wait_exit()
    assert_harmless(terminal)


def test_on_the_dashboard(devtui: Devtui, free_port: int, folder: Path) -> None:
    terminal = devtui("--port", free_port, cwd=folder)
    wait_serving(terminal, free_port)
    assert get(f"http://127.0.0.1:{free_port}/").status == 500
    terminal.press("4")
    terminal.wait_for("ZeroDivisionError")
    terminal.press("enter")
    terminal.wait_for("division by zero")
    (folder / (EVIL + "b.py")).write_text("x = '\\d'\n")
    write(folder, {"app.py": "#" + APP.format(evil=EVIL)})
    terminal.press("escape")
    terminal.press("3")
    terminal.wait_for("app.py")
    terminal.press("q")
    terminal.expect_exit(0)
    assert_harmless(terminal)


@pytest.mark.parametrize("option", ["--plain", "--who"])
def test_in_lines(devtui: Devtui, free_port: int, folder: Path, option: str) -> None:
    with holder(folder, free_port):
        terminal = devtui("--port", free_port, option, EVIL + "app", cwd=folder)
        terminal.wait_exit()
    assert "taken" in terminal.text()
    assert_harmless(terminal)


def test_json_has_the_whole_name(free_port: int, folder: Path) -> None:
    with holder(folder, free_port):
        done = subprocess.run(
            [sys.executable, "-m", "devtui", "--who", "--json", "--port", str(free_port)],
            cwd=folder, env=clean_environment(), capture_output=True, timeout=30, check=False,
        )  # fmt: skip
    (found,) = json.loads(done.stdout)["holders"]
    assert EVIL in found["command"]
    assert b"\x1b" not in done.stdout


@pytest.mark.parametrize("how", ["--who", "--plain"])
@pytest.mark.parametrize("fault", ["a wrong name", "another user's"])
def test_messages_about_env_files_of_an_evil_folder(
    tmp_path: Path, free_port: int, how: str, fault: str
) -> None:
    pytest.importorskip("dotenv", reason="python-dotenv is not installed")
    folder = tmp_path / f"x{EVIL}"
    write(folder, {".env": "'a=b'=1\n" if fault == "a wrong name" else "A=1\n"})
    if fault == "another user's":
        if os.geteuid() != 0:
            pytest.skip("only root can give files to another user")
        os.chown(folder / ".env", 12345, 12345)
    done = subprocess.run(
        [sys.executable, "-m", "devtui", how, "--port", str(free_port)],
        cwd=folder,
        env=clean_environment(),
        capture_output=True,
        timeout=60,
    )
    said = done.stdout + done.stderr
    assert b"PWNED" in said
    assert not [raw for raw in FORBIDDEN if raw in said]
    assert b"devtui -e" not in said  # nobody could type that path
