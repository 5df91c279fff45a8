"""How long it takes from the failed bind to knowing who holds the port, among many processes.

    python tests/benchmarks/port_screen.py [--processes 500] [--descriptors 20] [--runs 15]

Starts that many idle processes with that many open descriptors each, and a holder; then measures
in a fresh interpreter each time, since a session looks once: what a person waits for contains the
import of psutil. Prints milliseconds; ends with 1 where the median is over the target.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

TARGET_MS = 150

_MEASURE = """
import sys, time
from devtui.session.port import PortRefused, bind
from devtui.settings import Settings
settings = Settings(port=int(sys.argv[1]))
try:
    bind(settings)
except PortRefused as refusal:
    failed = time.perf_counter()
    from devtui.session.survey import survey
    imported = time.perf_counter()
    first = survey(settings, refusal)
    known = time.perf_counter()
    survey(settings, refusal)
    again = time.perf_counter()
assert len(first.blocking) == 1, first
print((imported - failed) * 1000, (known - failed) * 1000, (again - known) * 1000)
"""


@contextmanager
def crowd(count: int, descriptors: int) -> Iterator[None]:
    """Idle processes, that end when their pipe's other end is closed, however that happens."""
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
        runs = [measure(holder.getsockname()[1]) for _ in range(options.runs)]
    print(f"{options.processes} more processes with {options.descriptors} descriptors each,")
    print(f"{options.runs} runs; milliseconds from the failed bind{'median':>15} {'worst':>8}")
    labels = ("imports done", "holders known (first look)", "a second look")
    for label, values in zip(labels, zip(*runs, strict=True), strict=True):
        print(f"  {label:<40}{statistics.median(values):>15.1f} {max(values):>8.1f}")
    median = statistics.median(known for _, known, _ in runs)
    print(f"target: {TARGET_MS} ms: {'met' if median < TARGET_MS else 'MISSED'}")
    return 0 if median < TARGET_MS else 1


if __name__ == "__main__":
    raise SystemExit(main())
