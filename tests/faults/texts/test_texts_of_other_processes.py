"""The port screen and `--who` stay quick whatever other processes call themselves."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devtui.config.settings import Settings
from devtui.ports import containers, process_info, supervisors
from devtui.ports.bind import PortRefused
from devtui.ports.process_info import Ancestor, ProcessFacts, facts_of
from devtui.ports.survey import PendingSurvey
from devtui.session.processes import strays
from tests.support import processes
from tests.support.terminal.terminal import clean_environment

linux = pytest.mark.skipif(sys.platform != "linux", reason="it is read from Linux's /proc")

# Listens on the given port, says so, and waits; ignores further arguments.
HOLDER = """\
import signal, socket, sys
s = socket.socket()
s.bind(("127.0.0.1", int(sys.argv[1])))
s.listen()
print("ready", flush=True)
signal.pause()
"""

# This expression takes quadratic or cubic time.
WORDS = ("while ", "do ", "for ((", "; ", "\n", " ", "until\t", "\ndo\n", "for ")


@contextmanager
def started(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, start_new_session=True, env=clean_environment()
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        os.killpg(process.pid, 9)
        process.communicate(timeout=10)


def who(port: int) -> tuple[dict[str, object], float]:
    """Return the output of `devtui --who --json`, and how long it takes."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "devtui", "--who", "--json", "--port", str(port)],
        capture_output=True, text=True, timeout=30, env=clean_environment(), check=False,
    )  # fmt: skip
    assert done.stderr == ""
    (holder,) = json.loads(done.stdout)["holders"]
    return holder, time.monotonic() - began


@pytest.mark.e2e
@pytest.mark.parametrize(
    "script",
    [
        "# " + "while " * 700 + "do " * 1400,
        "\n" * 60_000,
        ": " + "for" + " " * 60_000,
        "# " + "while do " * 5_000,
    ],
    ids=["while and do", "lines", "spaces", "both"],
)
@pytest.mark.parametrize("between", [False, True])
def test_a_crafted_script_above_the_holder(script: str, between: bool) -> None:
    port = processes.free_port()
    holder = [sys.executable, "-c", HOLDER, str(port)]
    if between:
        run = "import subprocess, sys; sys.exit(subprocess.run(sys.argv[1:]).returncode)"
        holder = [sys.executable, "-c", run, *holder]
    with started(["sh", "-c", f'"$@"; true\n{script}\n', "sh", *holder]):
        found, seconds = who(port)
    assert found["listens"] is True
    assert seconds < 15


@linux
@pytest.mark.e2e
@pytest.mark.parametrize(
    "words",
    [["-x"] * 100_000, ["y" * 100_000] * 15, ["\n\x1b[31m"] * 1_000],
    ids=["many", "long", "escapes"],
)
def test_a_command_line_of_megabytes(words: list[str]) -> None:
    port = processes.free_port()
    with started([sys.executable, "-c", HOLDER, str(port), *words]) as process:
        found, seconds = who(port)
        facts = facts_of(process.pid)
    assert found["pid"] == process.pid
    assert len(str(found["command"])) <= process_info.MAX_BYTES + process_info.MAX_WORDS
    assert seconds < 15
    assert len(facts.command) <= process_info.MAX_WORDS


def test_options_without_end_are_read_once() -> None:
    began = time.monotonic()
    facts = ProcessFacts(pid=1, name="python", command=("python", *["-B"] * 1_000_000, "x.py"))
    assert process_info.program(facts) == "x"
    assert time.monotonic() - began < 10


@given(st.lists(st.sampled_from([*WORDS, "done", " done ", "do", "x"]), max_size=30))
def test_the_fast_search_finds_the_same_loops_as_the_slow_one(words: list[str]) -> None:
    script = "".join(words)
    slow = re.compile(r"(?:\b(?:while|until)\s|\bfor\s*\(\().*?\bdo\b(.*?)\bdone\b", re.DOTALL)
    # Runs of spaces count as one, which changes nothing.
    same = supervisors.one_space(script)
    found = ["".join(body.split()) for body in supervisors.endless_bodies(same)]
    assert found == ["".join(body.split()) for body in slow.findall(script)]


@pytest.mark.parametrize("child", [None, Ancestor(8, "python", ("python", "x.py"))])
@pytest.mark.parametrize("word", WORDS)
def test_no_script_takes_long(word: str, child: Ancestor | None) -> None:
    above = Ancestor(9, "sh", ("sh", "-c", word * 65_536))
    facts = ProcessFacts(
        pid=10, name="python", ancestors=(above,) if child is None else (child, above)
    )
    began = time.monotonic()
    supervisors.restarts_by(facts)
    assert time.monotonic() - began < 5


@linux
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", ()),
        (b"python\0-m\0flask\0", ("python", "-m", "flask")),
        (b"python\0\0x\0", ("python", "", "x")),
        (b"nginx: worker process", ("nginx:", "worker", "process")),
        (b"gunicorn: master [app]\0", ("gunicorn:", "master", "[app]")),
        (b"caf\xe9\0", ("caf\udce9",)),
    ],
)
def test_command_lines_are_split_as_by_psutil(data: bytes, words: tuple[str, ...]) -> None:
    assert process_info.split_command(data) == words


@linux
def test_a_process_is_described_as_by_psutil(tmp_path: Path) -> None:
    program = tmp_path / "a-program-with-a-long-name"
    program.symlink_to(sys.executable)
    with started([str(program), "-c", HOLDER, str(processes.free_port())]) as process:
        facts, theirs = facts_of(process.pid), psutil.Process(process.pid)
        assert (facts.name, list(facts.command)) == (theirs.name(), theirs.cmdline())
        assert facts.environment == theirs.environ()
    assert facts.parent is not None
    assert facts.parent.command == tuple(psutil.Process().cmdline())


def test_a_survey_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A holder's folder may be on a network drive that does not answer."""
    ends = threading.Event()
    monkeypatch.setattr("devtui.ports.survey.survey", lambda *given: ends.wait(60))
    look = PendingSurvey(Settings(port=5001), PortRefused("taken", busy=True))
    found = asyncio.run(asyncio.wait_for(look.result(0.2), 10))
    ends.set()
    assert str(found.refusal) == "taken"
    assert found.warnings == ("devtui could not find out within 0.2 seconds what holds port 5001.",)


def test_a_container_engine_that_answers_a_byte_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "s"
    done = threading.Event()
    with socket.socket(socket.AF_UNIX) as listener:
        there = os.open(tmp_path, os.O_RDONLY)  # the whole path is too long for a socket
        short = f"/proc/self/fd/{there}/{path.name}"
        listener.bind(short)
        listener.listen()

        def drip() -> None:
            connection = listener.accept()[0]
            with connection, contextlib.suppress(OSError):
                while not done.wait(0.05):
                    connection.sendall(b"H")

        thread = threading.Thread(target=drip)
        thread.start()
        monkeypatch.setattr(containers, "daemons", lambda: [short])
        began = time.monotonic()
        assert containers.publisher(5000) is None
        assert time.monotonic() - began < 5
        done.set()
        thread.join(10)
        os.close(there)


def test_a_long_row_of_processes_is_walked_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has started the next; there are more than Python's stack is deep."""

    def child_of(tasks: str) -> list[bytes]:
        pid = int(tasks.split("/")[2])
        return [b"%d " % (pid + 1)] if pid < 5_000 else []

    monkeypatch.setattr(strays, "children_of_threads", child_of)
    assert list(strays.descendants(1)) == list(range(2, 5_001))
