"""Tests of the harness itself, with small programs."""

import re
import signal
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from devtui.control import place
from tests.support.projects import app_source
from tests.support.terminal.terminal import Terminal

pytestmark = pytest.mark.e2e

ECHO_BYTES = """
import os, sys, termios, tty
tty.setraw(0)
print("ready", end="\\r\\n", flush=True)
while (data := os.read(0, 100)) != b"q":
    print(data, end="\\r\\n", flush=True)
"""


def python(code: str, **options: object) -> Terminal:
    return Terminal([sys.executable, "-c", code], **options)  # type: ignore[arg-type]


def test_it_is_a_controlling_terminal_of_the_wanted_size() -> None:
    code = "import os; open('/dev/tty').close(); print(os.get_terminal_size(), os.isatty(2))"
    with python(code, size=(91, 17)) as terminal:
        terminal.wait_for("columns=91, lines=17) True")
        assert terminal.wait_exit() == 0


def test_the_environment_is_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_DEBUG", "1")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    code = "import os; print(sorted(n for n in os.environ if n[:3] in ('FLA', 'DEV', 'PYT')))"
    with python(code) as terminal:
        terminal.wait_for(f"['{place.VARIABLE}']")


def test_keys_and_mouse_arrive_as_a_terminal_sends_them() -> None:
    with python(ECHO_BYTES) as terminal:
        terminal.wait_for("ready")
        terminal.press("up")
        terminal.wait_for(r"b'\x1b[A'")
        terminal.press("ctrl+c")
        terminal.wait_for(r"b'\x03'")
        terminal.press("shift+r")
        terminal.wait_for("b'R'")
        terminal.click(4, 9)
        terminal.wait_for(r"b'\x1b[<0;5;10M\x1b[<0;5;10m'")
        terminal.press("q")
        assert terminal.wait_exit() == 0
        with pytest.raises(ValueError, match="no key is called 'entr'"):
            terminal.press("entr")


def test_a_resize_reaches_the_program_and_the_screen() -> None:
    code = """
import os, signal
# A blocked signal stays pending if it arrives before we wait for it.
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGWINCH})
print("ready", flush=True)
signal.sigwait({signal.SIGWINCH})
os.write(1, b"\\x1b[2J\\x1b[H" + b"x" * os.get_terminal_size()[0])
"""
    with python(code) as terminal:
        terminal.wait_for("ready")
        terminal.resize(100, 30)
        terminal.wait_for("x" * 100)
        assert terminal.wait_exit() == 0


def test_sequences_that_pyte_does_not_know_leave_no_trace() -> None:
    code = app_source("terminal/unknown_sequences.py")
    with python(code) as terminal:
        assert terminal.wait_exit() == 0
        assert terminal.text().strip() == "ABC─"


def test_a_frame_is_shown_at_once() -> None:
    code = r"""
import os, tty
tty.setraw(0)
os.write(1, b"\x1b[?2026$p")
answer = os.read(0, 100)
os.write(1, b"\x1b[2J\x1b[H" + repr(answer).encode())
os.read(0, 1)
os.write(1, b"\x1b[?2026h\x1b[2J\x1b[H")
os.write(1, b"new\x1b[?2026l")
os.read(0, 1)
"""
    with python(code) as terminal:
        terminal.wait_for(r"b'\x1b[?2026;2$y'")
        terminal.press("a")
        terminal.wait_gone("2026")
        assert terminal.text().strip() == "new"
        terminal.press("a")
        assert terminal.wait_exit() == 0


def test_leaving_the_alternate_screen_restores_the_main_one() -> None:
    code = r"""
print("before\x1b[?1049h\x1b[?25l\x1b[Hinside", end="", flush=True)
input()
print("\x1b[?25h\x1b[?1049l after", end="")
"""
    with python(code) as terminal:
        terminal.wait_for("inside")
        assert "before" not in terminal.text()
        with pytest.raises(AssertionError, match="alternate screen, hidden cursor"):
            terminal.restored()
        terminal.press("enter")
        assert terminal.wait_exit() == 0
        assert terminal.text().startswith("before after")
        assert terminal.used("1049")
        terminal.restored()


def test_a_wait_that_fails_shows_the_screen() -> None:
    with python("print('something else', flush=True); input()") as terminal:
        terminal.wait_for("something else")
        with pytest.raises(AssertionError, match=r"no 'this' on the screen \(0.2 s\)\n\+-+") as hit:
            terminal.wait_for("this", timeout=0.2)
        assert "something else" in str(hit.value)
        with pytest.raises(AssertionError, match="still"):
            terminal.wait_gone("something", timeout=0.2)
        terminal.press("enter")
        terminal.wait_exit()
        with pytest.raises(AssertionError, match="the program ended"):
            terminal.wait_for(re.compile("this"), timeout=30)


def test_waiting_for_quiet() -> None:
    # This pause is far longer than any that a busy machine causes.
    with python("import time\nwhile True: print('.', flush=True); time.sleep(0.01)") as terminal:
        terminal.wait_for(".")
        with pytest.raises(AssertionError, match="without output"):
            terminal.wait_quiet(30, timeout=0.2)
    with python("print('once', flush=True); input()") as terminal:
        terminal.wait_for("once")
        terminal.wait_quiet(0.2, timeout=20)


@pytest.mark.parametrize("how", ["signal", "hang up"])
def test_the_status_is_the_shell_s(how: str) -> None:
    # The program reads nothing: a reader gets an error before the signal, and may exit because of
    # that.
    with python("import signal; print('ready', flush=True); signal.pause()") as terminal:
        terminal.wait_for("ready")
        if how == "signal":
            terminal.send_signal(signal.SIGTERM)
            assert terminal.wait_exit() == 143
        else:
            terminal.hang_up()
            assert terminal.wait_exit() == 129


def test_a_picture_has_every_cell_in_its_place(tmp_path: Path) -> None:
    code = r"print('\x1b[1;38;2;255;0;16;44m<b>\x1b[0m  ok \x1b[7m日本\x1b[0m│█')"
    with python(code, size=(20, 3)) as terminal:
        terminal.wait_exit()
        root = ElementTree.fromstring(terminal.svg(tmp_path / "screen.svg", title="a <test>"))
    texts = {
        element.text: element.attrib for element in root.iter("{http://www.w3.org/2000/svg}text")
    }
    assert set(texts) == {"<b>", "ok", "日本"}
    assert texts["<b>"]["fill"] == "#ff0010"
    assert float(texts["ok"]["x"]) == pytest.approx(5 * 8.4)
    assert float(texts["日本"]["textLength"]) == pytest.approx(4 * 8.4)


def test_a_picture_becomes_a_png(tmp_path: Path) -> None:
    try:
        subprocess.run(["rsvg-convert", "--version"], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("rsvg-convert is not installed")
    with python("print('hello')") as terminal:
        terminal.wait_exit()
        terminal.png(tmp_path / "screen.png")
    assert (tmp_path / "screen.png").read_bytes().startswith(b"\x89PNG")
