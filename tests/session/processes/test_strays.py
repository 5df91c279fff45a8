"""What has left the server's process group: found by its pipes and by its parent, and ended."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from devtui.session.processes.strays import Leftovers
from tests.support.processes import alive, eventually


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def start(code: str, **options: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
        [sys.executable, "-c", code], start_new_session=True, **options
    )


SLEEP = "import time; time.sleep(600)"
DEAF = (
    "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "print('deaf', flush=True); time.sleep(600)"
)


def test_who_holds_a_pipe_is_ended_and_nobody_else(pipe: tuple[int, int]) -> None:
    leftovers = Leftovers()
    leftovers.watch(pipe[0])
    with start(SLEEP, stdout=pipe[1]) as ours, start(SLEEP, stdout=subprocess.DEVNULL) as other:
        try:
            leftovers.end()
            assert eventually(lambda: not alive(ours.pid))
            assert alive(other.pid)
            assert alive(os.getpid())  # which holds both ends
        finally:
            ours.kill()
            other.kill()


def test_another_program_in_a_session_of_its_own_stays(pipe: tuple[int, int]) -> None:
    """A browser that an app opens writes to the app's output, and is nobody's to end."""
    leftovers = Leftovers()
    leftovers.watch(pipe[0])
    with subprocess.Popen(["sleep", "600"], stdout=pipe[1], start_new_session=True) as browser:
        try:
            leftovers.end()
            assert alive(browser.pid)
        finally:
            browser.kill()


def test_who_is_deaf_to_sigterm_is_killed(pipe: tuple[int, int]) -> None:
    leftovers = Leftovers()
    leftovers.watch(pipe[0])
    with start(DEAF, stdout=pipe[1]) as process:
        try:
            with os.fdopen(pipe[0], "rb", closefd=False) as output:
                assert output.readline() == b"deaf\n"
            leftovers.end()
            assert process.wait(10) == -9
        finally:
            process.kill()


FORKS = """\
import os, sys, time
if os.fork() == 0:
    os.setsid()
    os.close(1)
    sys.stderr.write(f"{os.getpid()}\\n")
    sys.stderr.close()
    os.close(0)
time.sleep(600)
"""


def test_a_fork_that_has_let_go_of_all_is_known_by_its_parent() -> None:
    leftovers = Leftovers()
    with start(FORKS, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) as server:
        assert server.stderr is not None
        child = int(server.stderr.readline())
        try:
            leftovers.note(server.pid)
            server.kill()
            server.wait(10)
            assert alive(child)
            leftovers.end()
            assert eventually(lambda: not alive(child))
        finally:
            server.kill()
            if alive(child):
                os.kill(child, 9)
