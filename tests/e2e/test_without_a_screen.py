"""Plain lines and JSON lines, and how devtui chooses between them."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.client import get
from tests.support.terminal.dashboard_page import HELLO
from tests.support.terminal.starter import Devtui, next_event

pytestmark = pytest.mark.e2e


@pytest.fixture(autouse=True)
def hello(tmp_path: Path) -> Path:
    """Write the application into the current folder of the program."""
    path = tmp_path / "hello.py"
    path.write_text(HELLO)
    return path


def next_line(process: subprocess.Popen[str], pattern: str) -> str:
    """Read lines up to one that matches. The test's timeout is the deadline."""
    assert process.stdout is not None
    for line in process.stdout:
        if re.search(pattern, line):
            return line
    raise AssertionError(f"the output ended without {pattern!r}")


def test_json_has_every_event(devtui: Devtui, hello: Path, free_port: int) -> None:
    process = devtui.start("hello", "--port", free_port, "--json")
    assert next_event(process, "app_loaded")["app"] == "hello:app"
    serving = next_event(process, "serving")
    assert serving["url"] == f"http://127.0.0.1:{free_port}"
    assert serving["pid"] != process.pid
    assert get(f"{serving['url']}/missing").status == 404
    started = next_event(process, "request_started")
    finished = next_event(process, "request_finished")
    assert finished["id"] == started["id"]
    assert (finished["method"], finished["target"]) == ("GET", "/missing")
    assert finished["status"] == 404
    assert finished["size_bytes"] > 0
    hello.write_text(HELLO.replace("World", "Moon"))
    assert next_event(process, "files_changed")["paths"] == [str(hello)]
    assert next_event(process, "reloaded")["duration_ms"] > 0
    assert get(serving["url"]).text == "<p>Hello, Moon!</p>"
    process.send_signal(signal.SIGTERM)
    assert next_event(process, "server_exited")["expected"] is True
    assert process.wait(20) == 143


def test_a_second_signal_does_not_wait(devtui: Devtui, hello: Path, free_port: int) -> None:
    hello.write_text(HELLO + "\n@app.get('/slow')\ndef slow():\n    import time; time.sleep(60)\n")
    process = devtui.start("hello", "--port", free_port, "--json", "--grace", "60")
    next_event(process, "serving")
    with socket.create_connection(("127.0.0.1", free_port)) as client:
        client.sendall(b"GET /slow HTTP/1.0\r\n\r\n")
        next_event(process, "request_started")
        process.send_signal(signal.SIGINT)
        told = next_event(process, "log_written")["text"]
        assert told == (
            "devtui waits 60 s for running requests (1), then exits. "
            "Press ctrl+c again to exit at once."
        )
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130


@pytest.mark.parametrize("option", [[], ["--plain"]])
def test_a_pipe_gets_plain_lines(devtui: Devtui, free_port: int, option: list[str]) -> None:
    process = devtui.start("hello", "--port", free_port, *option)
    next_line(process, rf"http://127\.0\.0\.1:{free_port}")
    get(f"http://127.0.0.1:{free_port}/missing")
    assert "\x1b" not in next_line(process, r"GET.*404|404.*GET|/missing.*404")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130


@pytest.mark.parametrize("how", ["dumb", "plain"])
def test_a_terminal_gets_plain_lines(devtui: Devtui, free_port: int, how: str) -> None:
    option = ["--plain"] if how == "plain" else []
    environment = {"TERM": "dumb"} if how == "dumb" else {}
    terminal = devtui("hello", "--port", free_port, *option, environment=environment)
    terminal.wait_for(f"http://127.0.0.1:{free_port}", 20)
    get(f"http://127.0.0.1:{free_port}/missing")
    terminal.wait_for("/missing")
    terminal.press("ctrl+c")
    terminal.expect_exit(130)
    assert not terminal.used("1049")
    if how == "dumb":
        assert b"\x1b" not in terminal.raw


def test_the_session_ends_when_its_reader_exits(devtui: Devtui, free_port: int) -> None:
    process = devtui.start("hello", "--port", free_port, "--json")
    next_event(process, "serving")
    assert process.stdout is not None
    process.stdout.close()
    with suppress(ConnectionError):  # The session ends at this request's first event.
        get(f"http://127.0.0.1:{free_port}/")
    assert process.wait(20) == 141
    devtui.assert_gone()
