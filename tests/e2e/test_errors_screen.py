"""Errors in the dashboard: frames, locals, evaluation; also hung requests and breakpoints."""

from __future__ import annotations

import os
import re
import signal
import sys
from pathlib import Path

import pytest

from tests.support.client import Visit, get
from tests.support.driver import there
from tests.support.terminal.dashboard_page import wait_serving
from tests.support.terminal.starter import Devtui
from tests.support.terminal.terminal import Terminal

# Code objects have qualified names since Python 3.11.
QUALIFIED = sys.version_info >= (3, 11)
MEAN = "Cart.mean" if QUALIFIED else "mean"
DISPATCH = "in Flask.dispatch_request" if QUALIFIED else "in dispatch_request"

pytestmark = pytest.mark.e2e


@pytest.fixture
def url(free_port: int) -> str:
    return f"http://127.0.0.1:{free_port}"


@pytest.fixture
def terminal(devtui: Devtui, apps: Path, free_port: int) -> Terminal:
    started = devtui("failing", "--port", free_port, cwd=apps / "errors")
    wait_serving(started, free_port, 20)
    return started


def open_error(terminal: Terminal, url: str, target: str, wanted: str) -> None:
    assert get(url + target).status == 500
    terminal.press("4")
    terminal.wait_for(wanted)
    terminal.wait_quiet()
    terminal.press("enter")
    terminal.wait_for("Error  ")
    terminal.wait_for(f"GET {target}")
    terminal.wait_for("❱")
    terminal.wait_quiet()


def enter(terminal: Terminal, text: str) -> None:
    terminal.type(text)
    terminal.press("enter")


def leave(terminal: Terminal) -> None:
    terminal.press("ctrl+q")
    terminal.expect_exit(0)
    terminal.restored()


def test_an_error_is_read_and_looked_into(terminal: Terminal, url: str) -> None:
    """One program for all that an opened error offers, each step where the last one ended."""
    open_error(terminal, url, "/divide/a", "ZeroDivisionError")
    its_library_frames_unfold(terminal)
    its_locals_are_masked_until_the_user_asks(terminal)
    terminal.press("x")
    terminal.wait_for(f"evaluate in {MEAN}")
    tab_completes_and_the_next_text_is_not_a_command(terminal)
    code_is_evaluated_in_the_frame(terminal)
    several_lines_are_typed(terminal)
    ctrl_c_stops_an_endless_evaluation_and_nothing_else(terminal, url)
    terminal.press("escape")
    terminal.wait_gone("evaluate in")
    frames_of_an_older_generation_are_reported_as_gone(terminal)
    leave(terminal)


def its_library_frames_unfold(terminal: Terminal) -> None:
    text = terminal.text()
    assert "GET /divide/a" in text
    assert re.search(r"▸ \d+ frames in flask", text)
    assert f"in {MEAN}" in text
    assert "return total / len(self.prices)" in text
    assert "api_token =" in text  # the lines around are there too
    assert DISPATCH not in text
    terminal.press("home", "enter")
    terminal.wait_for(DISPATCH)
    terminal.press("enter")
    terminal.wait_gone(DISPATCH)
    terminal.press("escape")
    terminal.wait_for("1 Requests")
    terminal.press("enter")  # opened again, it begins at the user's frame
    terminal.wait_for("❱")
    terminal.wait_quiet()


def its_locals_are_masked_until_the_user_asks(terminal: Terminal) -> None:
    terminal.wait_for(re.compile(r"total\s+0\s+int"))  # the error shows them at once
    terminal.wait_for(re.compile(r"api_token\s+••••"))
    assert "tok-12345" not in terminal.text()
    terminal.press("m")
    terminal.wait_for("'tok-12345'")
    terminal.press("m")
    terminal.wait_gone("'tok-12345'")


def tab_completes_and_the_next_text_is_not_a_command(terminal: Terminal) -> None:
    terminal.type("self.pri")
    terminal.press("tab")
    terminal.wait_for(">>> self.prices")
    terminal.type(".copy()q")
    terminal.wait_for(">>> self.prices.copy()q")
    terminal.press("backspace")
    terminal.press("enter")
    terminal.wait_for(re.compile(r">>> self\.prices\.copy\(\)\W+\[\]"))


def code_is_evaluated_in_the_frame(terminal: Terminal) -> None:
    enter(terminal, "self.prices")
    terminal.wait_for(re.compile(r">>> self\.prices\W+\[\]"))
    enter(terminal, "total = 41; print('out', total)")
    terminal.wait_for("out 41")
    enter(terminal, "total + 1")
    terminal.wait_for(re.compile(r">>> total \+ 1\W+42"))
    enter(terminal, "nope")
    terminal.wait_for("NameError: name 'nope' is not defined")
    terminal.press("up", "up")
    terminal.wait_quiet()
    terminal.type(" + 100")
    terminal.press("enter")
    terminal.wait_for("142")


def several_lines_are_typed(terminal: Terminal) -> None:
    enter(terminal, "for number in range(3):")
    terminal.type("print('line', number)")
    terminal.press("enter")
    terminal.wait_for("line 2")


def ctrl_c_stops_an_endless_evaluation_and_nothing_else(terminal: Terminal, url: str) -> None:
    enter(terminal, "while True: pass")
    terminal.wait_for("ctrl+c stops it")
    terminal.press("ctrl+c")
    terminal.wait_for("KeyboardInterrupt")
    terminal.wait_gone("ctrl+c stops it")
    assert get(url).text == "fine"
    enter(terminal, "1 + 1")
    terminal.wait_for(re.compile(r">>> 1 \+ 1\W+2"))
    terminal.type("half a line")
    terminal.wait_for(">>> half a line")
    terminal.press("ctrl+c")  # nothing runs, so it clears the line
    terminal.wait_gone("half a line")
    terminal.press("ctrl+c")
    terminal.wait_for("escape leaves the prompt")
    assert get(url).text == "fine"


def frames_of_an_older_generation_are_reported_as_gone(terminal: Terminal) -> None:
    terminal.press("r")
    terminal.wait_quiet(0.5)
    terminal.press("x")  # it is grey, and says why in the prompt
    terminal.wait_for("belonged to generation 1")


def test_a_server_that_hangs_is_told_and_waited_for(terminal: Terminal, url: str) -> None:
    pid = int(there(re.search(r"pid (\d+)", terminal.text()))[1])
    open_error(terminal, url, "/divide/a", "ZeroDivisionError")
    terminal.press("x")
    code_that_holds_the_interpreter_cannot_be_stopped(terminal, pid)
    variables_come_once_a_suspended_server_continues(terminal, pid)
    restarting_helps_a_suspended_one(terminal, url, pid)
    leave(terminal)


def code_that_holds_the_interpreter_cannot_be_stopped(terminal: Terminal, pid: int) -> None:
    enter(terminal, "import ctypes; ctypes.PyDLL(None).sleep(12) or 'awake'")
    terminal.wait_for("ctrl+c stops it")
    terminal.press("ctrl+c")
    terminal.wait_for("The code waits, or runs in a library that is not Python")
    terminal.type("os")
    terminal.press("tab")
    terminal.wait_for(f"Server process {pid} does not answer: it is busy in code")
    terminal.wait_for(re.compile(r"KeyboardInterrupt|'awake'"))  # it could be stopped after that
    terminal.wait_gone("ctrl+c stops it")


def variables_come_once_a_suspended_server_continues(terminal: Terminal, pid: int) -> None:
    terminal.press("ctrl+c", "escape")
    terminal.wait_gone("evaluate in")
    os.kill(pid, signal.SIGSTOP)
    terminal.press("m")
    terminal.wait_for(f"kill -CONT {pid} continues it, r restarts it")
    terminal.press("x")
    terminal.wait_for("escape and then r restarts it")
    assert "'tok-12345'" not in terminal.text()
    os.kill(pid, signal.SIGCONT)
    terminal.wait_for("'tok-12345'")
    terminal.wait_gone("continues it, r restarts it")


def restarting_helps_a_suspended_one(terminal: Terminal, url: str, pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)
    enter(terminal, "'on'")
    terminal.wait_for(re.compile("escape and then r restarts it.*escape and then r", re.S))
    terminal.press("escape")
    terminal.wait_gone("evaluate in")
    terminal.press("r")
    terminal.wait_quiet(0.5)
    terminal.press("escape")
    terminal.wait_for("SERVING")
    assert get(url).text == "fine"


def test_the_errors_of_many_requests_and_where_one_hangs(terminal: Terminal, url: str) -> None:
    repeated_errors_are_one_row(terminal, url)
    a_cause_and_its_request_and_back(terminal, url)
    where_a_hung_request_is(terminal, url)
    leave(terminal)


def repeated_errors_are_one_row(terminal: Terminal, url: str) -> None:
    for name in ("a", "b", "c"):
        assert get(f"{url}/divide/{name}").status == 500
    terminal.press("4")
    terminal.wait_for(re.compile(r"×3 ZeroDivisionError.*GET /divide/c"))
    terminal.wait_for("4 Errors 1")
    terminal.press("c")
    terminal.wait_for("4 Errors 0")


def a_cause_and_its_request_and_back(terminal: Terminal, url: str) -> None:
    open_error(terminal, url, "/chained", "LookupError")
    terminal.wait_for("caused by")
    terminal.wait_for("KeyError: 'tea'")
    terminal.press("g")
    terminal.wait_for("served by   generation 1")
    terminal.press("g")
    terminal.wait_for("caused by")
    terminal.press("escape")
    terminal.wait_for("1 Requests")


def where_a_hung_request_is(terminal: Terminal, url: str) -> None:
    terminal.press("1")
    visit = Visit(f"{url}/hang")
    terminal.wait_for("/hang")
    terminal.wait_quiet(0.05)
    terminal.press("s")
    terminal.wait_for("Where it is now")
    terminal.wait_for("in wait_for_the_release")
    terminal.wait_for("time.sleep(0.01)")
    terminal.wait_for(re.compile(r"running for [2-9]\.\d s"))
    assert get(f"{url}/release").status == 200
    assert visit.text() == "released"
    terminal.wait_for("Where it was last")
    terminal.wait_for("status 200")


def test_the_app_asks_and_stops_and_devtui_takes_the_terminal_back(
    devtui: Devtui, apps: Path, free_port: int, url: str
) -> None:
    terminal = devtui("asks", "--port", free_port, cwd=apps / "errors")
    wait_serving(terminal, free_port, 20)
    input_and_getpass_through_the_dashboard(terminal, url)
    a_breakpoint_takes_the_screen_and_gives_it_back(terminal, url)
    leaving_in_the_middle_of_a_breakpoint(terminal, url)


def input_and_getpass_through_the_dashboard(terminal: Terminal, url: str) -> None:
    visit = Visit(f"{url}/ask")
    terminal.wait_for("your name?")
    enter(terminal, "Ada")
    assert visit.text() == "hello Ada"
    terminal.wait_for("1 Requests 1")
    visit = Visit(f"{url}/secret")
    terminal.wait_for("say friend:")
    enter(terminal, "mellon")
    assert visit.text() == "6 characters"
    terminal.wait_for("1 Requests 2")


def a_breakpoint_takes_the_screen_and_gives_it_back(terminal: Terminal, url: str) -> None:
    for round_number in (1, 2):
        visit = Visit(f"{url}/stop/one")
        terminal.wait_for("breakpoint() in GET /stop/one has the terminal")
        terminal.wait_for("(Pdb)")
        terminal.wait_quiet()
        # New events are not drawn over the debugger.
        for _ in range(60):
            assert get(url).status == 200
        enter(terminal, "p total + 58")
        terminal.wait_for(re.compile(r"^99$", re.M))
        terminal.press("up")
        terminal.wait_quiet()
        terminal.press("backspace", "backspace")
        enter(terminal, "1")
        terminal.wait_for(re.compile(r"^42$", re.M))
        assert "Requests" not in terminal.text()
        enter(terminal, "c")
        assert visit.text() == "one: 42"
        terminal.wait_for(f"1 Requests {2 + 61 * round_number}")
    terminal.press("4")
    terminal.wait_for("No error.")


def leaving_in_the_middle_of_a_breakpoint(terminal: Terminal, url: str) -> None:
    Visit(f"{url}/stop/one")
    terminal.wait_for("breakpoint() in GET /stop/one has the terminal")
    terminal.wait_for("(Pdb)")
    terminal.send_signal(signal.SIGTERM)
    terminal.expect_exit(143)
    terminal.restored()
