"""Untrusted text never acts on the terminal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.client import send_raw
from tests.support.projects import app_source
from tests.support.terminal.dashboard_page import wait_serving
from tests.support.terminal.starter import Devtui
from tests.support.terminal.terminal import Terminal

pytestmark = pytest.mark.e2e

APP = app_source("log/hostile_text.py")

# The bytes that the terminal would have to receive for an attack to work.
FORBIDDEN = [
    b"\x1b]0;PWNED",
    b"\x1b]52;c;UFdORUQ=",
    b"\x1b]8;;http://pwned",
    b"\x1b[31;5;7m",
    b"\x1b[6n",
    b"\x9b31m",
    b"\xc2\x9b",
    "\u202e".encode(),
    "\u2066".encode(),
    "\u200b".encode(),
    b"\x1b[5m[blink]",
]


def open_and_leave(terminal: Terminal) -> None:
    """Open the selected row, see the exception, and go back."""
    terminal.press("enter")
    terminal.wait_gone("1 Requests")
    terminal.wait_for("ValueError: mark-one")
    terminal.press("escape")
    terminal.wait_for("1 Requests")  # escape and the next key at once would be alt+key


def test_no_escape_sequence_reaches_the_terminal(
    devtui: Devtui, free_port: int, tmp_path: Path
) -> None:
    (tmp_path / "evil.py").write_text(APP, encoding="utf-8")
    terminal = devtui("evil:app", "--port", free_port)
    wait_serving(terminal, free_port)
    targets = [
        b"/\x1b]0;PWNED-TARGET\x07\x1b[31;5;7m",
        b"/[red]markup[/red][@click=app.quit]x[/]",
        "/\u202e\u200b\u2066".encode(),
        b"/%1b%5d0;PWNED%07",
        b"/" + b"long" * 5000,
        b"/raise",
    ]
    for target in targets:
        send_raw(free_port, b"GET " + target + b" HTTP/1.0\r\nX-A: \x1b[31;5;7m[red]\r\n\r\n")
    terminal.wait_for(re.compile(r"500 .*/raise"))
    assert "[@click=app.quit]" in terminal.text()  # shown literally, not parsed as markup
    open_and_leave(terminal)
    terminal.press("2")
    terminal.wait_for("mark-one")
    terminal.press("4")
    open_and_leave(terminal)
    terminal.press("q")
    terminal.expect_exit(0)
    found = [sequence for sequence in FORBIDDEN if sequence in terminal.raw]
    assert not found
    terminal.restored()


def test_no_escape_sequence_is_in_plain_lines(
    devtui: Devtui, free_port: int, tmp_path: Path
) -> None:
    (tmp_path / "evil.py").write_text(APP, encoding="utf-8")
    terminal = devtui("evil:app", "--port", free_port, "--plain")
    terminal.wait_for(f"127.0.0.1:{free_port}", 20)
    send_raw(free_port, b"GET /raise/\x1b[31;5;7m HTTP/1.0\r\n\r\n")
    terminal.wait_for(re.compile(r"GET.*500|500.*GET|/raise.*500"))
    terminal.press("ctrl+c")
    terminal.wait_exit()
    assert b"mark-one" in terminal.raw
    assert not [sequence for sequence in FORBIDDEN if sequence in terminal.raw]
