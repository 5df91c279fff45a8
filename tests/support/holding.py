"""Real holders of a port: small programs that take one, started and ended by their pid."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.support.processes import alive, eventually, free_port
from tests.support.projects import app_source

# Each program prints `ready` when it holds the port that it was given, and then stays.
_HEAD = app_source("ports/holding.py")

V4 = "s = hold('127.0.0.1'); stay()"
V4_ANY = "s = hold('0.0.0.0'); stay()"
V6 = "s = hold('::1'); stay()"
DUAL = "s = hold('::', v6_only=0); stay()"
V6_ONLY = "s = hold('::', v6_only=1); stay()"
BOTH_LOOPBACKS = "s = hold('127.0.0.1'); t = hold('::1'); stay()"
SHARED = "s = hold('127.0.0.1', share=True); stay()"
SILENT = "s = hold('127.0.0.1', listen=False); stay()"
DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN); s = hold('127.0.0.1'); stay()"
PARENT_AND_CHILD = "s = hold('127.0.0.1'); os.fork(); stay()"
AS_NOBODY = "os.setgid(65534); os.setuid(65534); s = hold('127.0.0.1'); stay()"


@dataclass
class Holding:
    """A program that runs, and the port it holds."""

    process: subprocess.Popen[str]
    port: int

    @property
    def pid(self) -> int:
        return self.process.pid


@contextmanager
def running(
    command: list[str], folder: Path | None = None, environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Run a program; at the end kill it and what it started, by their ids."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[str]) -> None:
    """Kill the program first, so that it starts nothing more, and then what it has started."""
    try:
        below = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        below = []
    kills: list[Callable[[], None]] = [process.kill, *(one.kill for one in below)]
    for kill in kills:
        try:
            kill()
        except psutil.NoSuchProcess:
            continue
    process.wait(20)
    # Whatever process adopts orphans may be slow to reap them: a zombie is as good as gone.
    assert eventually(lambda: not any(alive(one.pid) for one in below))
    if process.stdout is not None:
        process.stdout.close()


@contextmanager
def holding(program: str, port: int | None = None, folder: Path | None = None) -> Iterator[Holding]:
    """Run one of the programs above, and wait until it holds the port."""
    port = port or free_port()
    command = [sys.executable, "-c", _HEAD + program, str(port)]
    with running(command, folder) as process:
        read_until(process, "ready", times=2 if "fork" in program else 1)
        yield Holding(process, port)


def read_until(process: subprocess.Popen[str], text: str, times: int = 1) -> None:
    """Read the program's output until the text came that many times. Fails after ten seconds."""
    assert process.stdout is not None
    seen = ""
    deadline = time.monotonic() + 10
    while seen.count(text) < times:
        left = deadline - time.monotonic()
        ready, _, _ = select.select([process.stdout], [], [], max(left, 0))
        data = os.read(process.stdout.fileno(), 4096) if ready else b""
        assert data, f"the program never said {text!r} but: {seen}"
        seen += data.decode()
