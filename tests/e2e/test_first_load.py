"""Failing loads: the traceback appears at once, a fix helps, and leaving without one exits 1."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.client import get
from tests.support.terminal.dashboard_page import BARE, wait_serving
from tests.support.terminal.starter import Devtui

pytestmark = pytest.mark.e2e

BROKEN = BARE.replace("def app(environ, start_response):", "def app(:")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a module that does not compile."""
    path = tmp_path / "hello.py"
    path.write_text(BROKEN)
    return path


def test_a_fix_starts_the_server(devtui: Devtui, source: Path, free_port: int) -> None:
    terminal = devtui("hello", "--port", free_port)
    terminal.wait_for("SyntaxError", 20)
    terminal.wait_for(re.compile(r"\bfailed\b", re.I))
    with pytest.raises(ConnectionRefusedError):
        get(f"http://127.0.0.1:{free_port}")
    source.write_text(BARE)
    url = wait_serving(terminal, free_port)
    assert get(url).text == "<p>Hello, World!</p>"
    terminal.press("q")
    terminal.expect_exit(0)


def test_leaving_unfixed_exits_with_1_and_the_traceback(
    devtui: Devtui, source: Path, free_port: int
) -> None:
    terminal = devtui("hello", "--port", free_port)
    terminal.wait_for("SyntaxError", 20)
    terminal.press("q")
    terminal.expect_exit(1)
    terminal.restored()
    after = terminal.raw.rpartition(b"\x1b[?1049l")[2].decode()
    assert "SyntaxError" in after
    assert "hello.py" in after


def test_ctrl_c_leaves_where_devtui_asks_for_the_app(
    devtui: Devtui, tmp_path: Path, free_port: int
) -> None:
    terminal = devtui("--port", free_port, cwd=tmp_path)
    terminal.wait_for("Which app?", 20)
    terminal.press("ctrl+c")
    terminal.expect_exit(1)
    terminal.restored()


@pytest.mark.parametrize(
    ("end", "told"),
    [
        ("os._exit(9)", "with status 9"),
        ("os._exit(0)", "with status 0"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "by SIGSEGV"),
    ],
)
def test_leaving_after_a_crash_exits_with_1_and_the_reason(
    devtui: Devtui, tmp_path: Path, free_port: int, end: str, told: str
) -> None:
    (tmp_path / "hello.py").write_text(f"import os, signal\n{end}\n")
    terminal = devtui("hello", "--port", free_port)
    terminal.wait_for(re.compile(r"\bcrashed\b", re.I), 20)
    terminal.press("q")
    terminal.expect_exit(1)
    terminal.restored()
    assert told in terminal.raw.rpartition(b"\x1b[?1049l")[2].decode()


@pytest.mark.parametrize("option", ["--plain", "--json"])
def test_without_a_screen_it_ends_at_once(
    devtui: Devtui, source: Path, free_port: int, option: str
) -> None:
    process = devtui.start("hello", "--port", free_port, option)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "SyntaxError" in err
    assert "SyntaxError" in out or option == "--plain"


def test_a_reload_that_fails_keeps_the_server_up(
    devtui: Devtui, source: Path, free_port: int
) -> None:
    source.write_text(BARE)
    terminal = devtui("hello", "--port", free_port)
    url = wait_serving(terminal, free_port)
    source.write_text(BROKEN)
    terminal.wait_for(re.compile("serving the error", re.I))
    answer = get(url)
    assert answer.status == 500
    assert "SyntaxError" in answer.text
    terminal.press("4")
    terminal.wait_for("SyntaxError")
    source.write_text(BARE)
    wait_serving(terminal, free_port)
    assert get(url).text == "<p>Hello, World!</p>"
