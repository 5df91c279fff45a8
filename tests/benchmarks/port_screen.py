"""How long it takes from the failed bind to the holder on the screen, among many processes.

    python -m tests.benchmarks.port_screen [--processes 500] [--descriptors 20] [--runs 15]

Starts that many idle processes with that many open descriptors each, and a holder. Each run is in a
fresh interpreter, because a session looks once: a person also waits for the import of psutil. Two
times are measured up to the screen, in a real pseudo-terminal: at the start of the program, which
imports Textual meanwhile, and for a port that is typed while the app is served. Prints
milliseconds. Ends with 1 if the median for a typed port, or for the first look, is over the target.
"""

from __future__ import annotations

import argparse
import os
import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.projects import app_source
from tests.support.terminal.emulation import Screen
from tests.support.terminal.terminal import Terminal

TARGET_MS = 150

_MEASURE = app_source("benchmarks/port_survey.py")


_SCREEN = app_source("benchmarks/port_screen.py")
_FAILED = re.compile(rb"failed at (\d+)\x07")


class Stopwatch(Screen):
    """A screen that notes when a text first arrives.

    While it waits it draws nothing: that would take longer than the measured time.
    """

    def __init__(self, columns: int, lines: int) -> None:
        super().__init__(columns, lines)
        self.wanted = b""
        self.seen_ns = 0
        self._last = b""

    def feed(self, chunk: bytes) -> bytes:
        data = self._last + chunk
        if self.wanted and not self.seen_ns and self.wanted in data:
            self.seen_ns = time.monotonic_ns()
        self._last = chunk[-40:]
        return b"" if self.wanted else super().feed(chunk)

    def wait(self, seconds: float) -> int:
        """Wait for the text; return when it came, by the monotonic clock."""
        deadline = time.monotonic() + seconds
        while not self.seen_ns:
            assert time.monotonic() < deadline, f"never came: {self.wanted!r}"
            time.sleep(0.002)
        return self.seen_ns


@contextmanager
def crowd(count: int, descriptors: int) -> Iterator[None]:
    """Run idle processes, which end when their pipe is closed, however that happens."""
    read, write = os.pipe()
    pids = []
    for _ in range(count):
        pid = os.fork()
        if pid == 0:
            os.close(write)
            kept = [os.dup(read) for _ in range(descriptors)]
            os.read(read, 1)
            os._exit(0 if kept else 1)
        pids.append(pid)
    try:
        yield
    finally:
        os.close(write)
        os.close(read)
        for pid in pids:
            os.waitpid(pid, 0)


def measure(port: int) -> tuple[float, float, float]:
    """Milliseconds of one fresh interpreter: to the import's end, to knowing, of a second look."""
    command = [sys.executable, "-c", _MEASURE, str(port)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    imported, known, again = map(float, done.stdout.split())
    return imported, known, again


def to_the_screen(port: int) -> tuple[float, float]:
    """Milliseconds from the failed bind to the holder on the screen: at the start, and by `p`."""
    holder = f"(pid {os.getpid()})".encode()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        other = free.getsockname()[1]
    started = _until_shown(port, holder, type_port=None)
    typed = _until_shown(other, holder, type_port=port)
    return started, typed


def _until_shown(port: int, holder: bytes, type_port: int | None) -> float:
    command = [sys.executable, "-c", _SCREEN, str(port)]
    stopwatch = Stopwatch(120, 40)
    stopwatch.wanted = holder if type_port is None else b""
    with Terminal(command, screen=stopwatch) as terminal:
        if type_port is not None:
            terminal.wait_for("SERVING", 30)
            terminal.press("p")
            terminal.wait_for("Change the port")
            terminal.type(str(type_port))
            terminal.wait_for(f"{os.getpid()}): enter")
            terminal.wait_quiet()
            stopwatch.wanted = b"move here"  # the dialog named the holder already
            terminal.press("enter")
        seen = stopwatch.wait(30)
        failed = _FAILED.findall(terminal.raw)[-1]
        terminal.press("q" if type_port is None else "ctrl+q")
        terminal.wait_exit(20)
    return (seen - int(failed)) / 1e6


def main() -> int:
    """Measure and print; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--processes", type=int, default=500)
    parser.add_argument("--descriptors", type=int, default=20)
    parser.add_argument("--runs", type=int, default=15)
    options = parser.parse_args()
    # The crowd first: it must not inherit the socket.
    with crowd(options.processes, options.descriptors), socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        runs = [(*measure(port), *to_the_screen(port)) for _ in range(options.runs)]
    print(f"{options.processes} more processes with {options.descriptors} descriptors each,")
    print(f"{options.runs} runs; milliseconds from the failed bind{'median':>27} {'worst':>8}")
    labels = (
        "imports done",
        "holders known (first look)",
        "a second look",
        "at the start: on the screen, in its first frame",
        "of a typed port: on the screen",
    )
    for label, values in zip(labels, zip(*runs, strict=True), strict=True):
        print(f"  {label:<52}{statistics.median(values):>15.1f} {max(values):>8.1f}")
    median = max(statistics.median(run[place] for run in runs) for place in (1, 4))
    print(f"target: {TARGET_MS} ms: {'met' if median < TARGET_MS else 'MISSED'}")
    return 0 if median < TARGET_MS else 1


if __name__ == "__main__":
    raise SystemExit(main())
