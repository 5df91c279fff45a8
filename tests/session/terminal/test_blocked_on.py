"""What a process waits for, asked of real processes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from devtui.session.terminal import blocked_on
from tests.support.processes import eventually

pytestmark = pytest.mark.skipif(not os.path.exists("/proc/self/syscall"), reason="no /proc here")

# Programs that wait for their standard input, each in another call.
WAITS = {
    "select": "import select; select.select([0], [], [], 60)",
    "poll": "import select; p = select.poll(); p.register(2, 0); p.register(0, 1); p.poll(60000)",
    "epoll": "import select; e = select.epoll(); e.register(0, select.EPOLLIN); e.poll(60)",
    "a second thread": (
        "import select, threading, time; "
        "threading.Thread(target=select.select, args=([0], [], [], 60), daemon=True).start(); "
        "time.sleep(60)"
    ),
}


Start = Callable[[str], int]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start Python code with a pipe as its input; return its pid."""
    started = []

    def run(code: str) -> int:
        started.append(subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE))
        return started[-1].pid

    yield run
    for process in started:
        process.kill()
        process.communicate()


def polls(pid: int) -> set[int]:
    try:
        return blocked_on.polls(pid)
    except blocked_on.Unreadable:
        return set()


def test_a_read_is_one(start: Start) -> None:
    pid = start("import os; os.read(0, 1)")
    assert eventually(lambda: blocked_on.reads(pid) == {0})
    assert polls(pid) == set()


@pytest.mark.parametrize("code", WAITS.values(), ids=WAITS)
def test_each_way_to_wait_for_input_is_known(start: Start, code: str) -> None:
    pid = start(code)
    assert eventually(lambda: 0 in polls(pid))
    assert blocked_on.reads(pid) == set()


@pytest.mark.parametrize(
    "code",
    [
        "import os, time; print(flush=True); time.sleep(60)",
        "import select; print(flush=True); select.select([], [], [0], 60)",
        "import select as s; p = s.poll(); p.register(0, 2); print(flush=True); p.poll(60000)",
    ],
    ids=["sleeps", "selects something else", "polls for something else"],
)
def test_one_that_does_not_wait_for_input_is_none(code: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            assert eventually(lambda: in_a_call(process.pid))
            assert blocked_on.polls(process.pid) == set()
            assert blocked_on.reads(process.pid) == set()
        finally:
            process.kill()


def in_a_call(pid: int) -> bool:
    with open(f"/proc/{pid}/syscall", encoding="ascii") as file:
        return file.read().strip() != "running"


def test_a_process_that_has_ended_is_unreadable() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    with pytest.raises(blocked_on.Unreadable):
        blocked_on.polls(process.pid)


def test_ones_own_thread_is_seen() -> None:
    read, write = os.pipe()
    thread = threading.Thread(target=os.read, args=(read, 1))
    thread.start()
    try:
        assert eventually(lambda: read in blocked_on.reads(os.getpid()))
    finally:
        os.write(write, b"x")
        thread.join(10)
        os.close(read)
        os.close(write)
