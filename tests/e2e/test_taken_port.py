"""A taken port in a real terminal: devtui names the holder, and each choice leads to the app."""

from __future__ import annotations

import fcntl
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import gettempdir

import pytest

from tests.support import processes
from tests.support.client import get
from tests.support.terminal.dashboard_page import BARE, wait_serving
from tests.support.terminal.starter import Devtui
from tests.support.terminal.terminal import Terminal, clean_environment

pytestmark = pytest.mark.e2e

GREETING = "<p>Hello, World!</p>"

# Like `python -m http.server`, except that it ignores SIGTERM.
DEAF = """\
import runpy, signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
sys.argv = ["http.server", *sys.argv[1:]]
runpy.run_module("http.server", run_name="__main__")
"""

Hold = Callable[..., "subprocess.Popen[bytes]"]


@contextmanager
def file_server(
    folder: Path, port: int, *, deaf: bool = False
) -> Iterator[subprocess.Popen[bytes]]:
    """Start `python -m http.server PORT` and wait until it listens."""
    program = ["-c", DEAF] if deaf else ["-m", "http.server"]
    process = subprocess.Popen(
        [sys.executable, *program, str(port)],
        cwd=folder,
        env=clean_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        listens = processes.eventually(lambda: not processes.can_bind(port), 10)
        assert listens, f"it never listened; it ended with {process.poll()}"
        yield process
    finally:
        process.kill()
        process.wait(20)


@pytest.fixture
def hold(tmp_path: Path) -> Iterator[Hold]:
    """Return a function that starts a holder of a port; end the holder after the test."""
    folder = tmp_path / "files"
    folder.mkdir()
    with ExitStack() as stack:

        def start(port: int, *, deaf: bool = False) -> subprocess.Popen[bytes]:
            return stack.enter_context(file_server(folder, port, deaf=deaf))

        yield start


@pytest.fixture(autouse=True)
def hello(tmp_path: Path) -> None:
    """Write the application into the current folder of the program."""
    (tmp_path / "hello.py").write_text(BARE)


@pytest.fixture
def port() -> Iterator[int]:
    """Return port 5000 if it is free and no other test uses it, else any free port."""
    with Path(gettempdir(), "devtui-test-port-5000").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            usual = processes.can_bind(5000, "0.0.0.0")
        except BlockingIOError:
            usual = False
        yield 5000 if usual else processes.free_port()


def see_holder(terminal: Terminal, process: subprocess.Popen[bytes], port: int) -> None:
    """Wait until the screen shows everything about the holder."""
    terminal.wait_for(f"Port {port} on 127.0.0.1 is taken by another program.", 20)
    terminal.wait_for(re.compile(rf"python\S* \(pid {process.pid}\)"))
    terminal.wait_for(re.compile(r"folder +\S*/files"))


def serves(url: str) -> None:
    assert get(url).text == GREETING


def test_one_key_and_a_yes_take_the_port_back(devtui: Devtui, hold: Hold, port: int) -> None:
    holder = hold(port)
    terminal = devtui("hello", "--port", port)
    see_holder(terminal, holder, port)
    terminal.wait_for("Python's own file server (python -m http.server)")
    terminal.wait_for(f"-m http.server {port}")
    terminal.press("s")
    terminal.wait_for("Stop this process?")
    assert holder.poll() is None
    terminal.press("y")
    serves(wait_serving(terminal, port))
    assert holder.wait(20) == -15
    terminal.wait_for(f"({holder.pid}) exited after")
    terminal.press("k")
    terminal.wait_for("devtui itself serves here: generation 1, pid ")
    terminal.press("escape")
    terminal.wait_gone("devtui itself serves here")
    terminal.press("q")
    terminal.expect_exit(0)
    terminal.restored()


def test_the_next_free_port_by_its_number(devtui: Devtui, hold: Hold, port: int) -> None:
    holder = hold(port)
    terminal = devtui("hello", "--port", port)
    see_holder(terminal, holder, port)
    found = terminal.wait_for(re.compile(r"take the next free port: (\d+)"))
    terminal.press("n")
    devtui.ports.remove(port)
    devtui.ports.append(int(found[1]))
    serves(wait_serving(terminal, int(found[1])))
    assert holder.poll() is None


def test_another_port_typed(devtui: Devtui, hold: Hold, port: int) -> None:
    holder = hold(port)
    terminal = devtui("hello", "--port", port)
    see_holder(terminal, holder, port)
    other = processes.free_port()
    terminal.press("p")
    terminal.wait_for("Change the port")
    terminal.type(str(other))
    terminal.wait_for(f"Port {other} is free")
    terminal.press("enter")
    devtui.ports.remove(port)
    devtui.ports.append(other)
    serves(wait_serving(terminal, other))
    assert holder.poll() is None


def test_a_holder_that_ignores_sigterm(devtui: Devtui, hold: Hold, port: int) -> None:
    holder = hold(port, deaf=True)
    terminal = devtui("hello", "--port", port)
    see_holder(terminal, holder, port)
    terminal.press("s")
    terminal.wait_for("Stop this process?")
    terminal.press("y")
    terminal.wait_for(re.compile(r"0\.\d s +asking python\S* \(\d+\) to exit \(SIGTERM\)"))
    terminal.wait_for(re.compile(r"[12]\.\d s +stopping …"))
    serves(wait_serving(terminal, port))
    assert holder.wait(20) == -9
    terminal.wait_for("ignored SIGTERM and was killed.")


def test_try_again_after_the_holder_has_exited(devtui: Devtui, hold: Hold, port: int) -> None:
    holder = hold(port)
    terminal = devtui("hello", "--port", port)
    see_holder(terminal, holder, port)
    terminal.press("t")
    terminal.wait_for("is still not available")
    holder.terminate()
    holder.wait(20)
    terminal.press("t")
    serves(wait_serving(terminal, port))


def test_a_move_to_a_taken_port_may_take_it(devtui: Devtui, hold: Hold, free_port: int) -> None:
    terminal = devtui("hello", "--port", free_port)
    wait_serving(terminal, free_port)
    other = processes.free_port()
    holder = hold(other)
    terminal.press("p")
    terminal.wait_for("Change the port")
    terminal.type(str(other))
    terminal.wait_for(f"(pid {holder.pid}): enter")
    terminal.press("enter")
    see_holder(terminal, holder, other)
    serves(f"http://127.0.0.1:{free_port}/")
    terminal.press("s")
    terminal.wait_for("Stop this process?")
    terminal.press("y")
    devtui.ports.append(other)
    serves(wait_serving(terminal, other))


def test_leaving_the_port_to_the_holder(devtui: Devtui, hold: Hold, port: int) -> None:
    holder = hold(port)
    terminal = devtui("hello", "--port", port)
    see_holder(terminal, holder, port)
    terminal.press("q")
    terminal.expect_exit(1)
    terminal.restored()
    assert holder.poll() is None
    devtui.ports.remove(port)


def test_without_a_screen(devtui: Devtui, hold: Hold, port: int) -> None:
    holder = hold(port)
    plain = devtui.start("hello", "--port", port, "--plain")
    said, _ = plain.communicate(timeout=20)
    assert plain.returncode == 1
    assert f"(pid {holder.pid})" in said
    assert f"to stop it: devtui --who --stop --port {port}" in said
    as_json = devtui.start("hello", "--port", port, "--json")
    events, _ = as_json.communicate(timeout=20)
    assert as_json.returncode == 1
    (busy,) = [event for event in map(json.loads, events.splitlines()) if "holders" in event]
    assert (busy["type"], busy["port"]) == ("port_busy", port)
    assert [found["pid"] for found in busy["holders"]] == [holder.pid]
    terminal = devtui("--who", "--stop", "--port", port)
    terminal.wait_for(re.compile(rf"Stop python\S* \(pid {holder.pid}\)\? \[y/N\]"), 20)
    terminal.type("y\r")
    terminal.expect_exit(0)
    assert holder.wait(20) == -15
    assert f"Port {port} on 127.0.0.1 is free." in terminal.text()


def test_devtui_warns_of_another_program_at_localhost(
    devtui: Devtui, tmp_path: Path, free_port: int
) -> None:
    if not processes.can_bind(free_port, "::1"):
        pytest.skip("this machine has no IPv6 loopback address")
    command = [sys.executable, "-m", "http.server", "--bind", "::1", str(free_port)]
    with subprocess.Popen(
        command, cwd=tmp_path, env=clean_environment(), stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    ) as other:  # fmt: skip
        try:
            assert processes.eventually(lambda: not processes.can_bind(free_port, "::1"), 10)
            terminal = devtui("hello", "--port", free_port)
            wait_serving(terminal, free_port)
            terminal.wait_for(f"http://localhost:{free_port} may reach")
            terminal.press("k")
            terminal.wait_for("devtui itself serves here")
            terminal.wait_for(re.compile(rf"python\S* \(pid {other.pid}\)"))
        finally:
            other.kill()
