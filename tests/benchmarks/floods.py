"""How long an app takes that writes a lot, under devtui and under `flask run`, in one run.

    python -m tests.benchmarks.floods [--rounds 5] [--lines 100000]

Each round starts every program once, on a terminal or with its output in a file, and has the app
write lines while it is imported, log records in one request, and print lines in another. The app
itself measures the time. The ratios are medians of the rounds. Ends with 1 if the app takes more
than 1.5 times as long on devtui's screen as on the terminal of `flask run`.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import pty
import statistics
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.benchmarks.programs import (
    environment,
    folder_of,
    free_port,
    middle_ratio,
    started,
    wait_served,
)
from tests.support.client import get
from tests.support.projects import app_source

MOST = 1.5

APP = app_source("benchmarks/floods.py")

KINDS = ("import", "log", "print")

# Name -> what comes after `python -m`, whether it has a terminal, and what it is compared with.
PROGRAMS: dict[str, tuple[list[str], bool, str]] = {
    "flask run, terminal": (["flask", "--app", "hello", "run", "-p"], True, ""),
    "devtui, screen": (["devtui", "hello", "--no-reload", "-p"], True, "flask run, terminal"),
    "flask run, file": (["flask", "--app", "hello", "run", "-p"], False, ""),
    "devtui --plain": (["devtui", "hello", "--no-reload", "--plain", "-p"], False,
                       "flask run, file"),
    "devtui --json": (["devtui", "hello", "--no-reload", "--json", "-p"], False,
                      "flask run, file"),
}  # fmt: skip


def main() -> int:
    """Measure and print; return 1 if the screen costs the app too much."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--lines", type=int, default=100_000)
    given = options.parse_args()
    times: dict[tuple[str, str], list[float]] = {}
    with folder_of({"hello.py": APP.replace("LINES", str(given.lines))}) as folder:
        for number in range(given.rounds):
            for name, (words, on_terminal, _) in PROGRAMS.items():
                for kind, seconds in measure(words, folder, on_terminal=on_terminal).items():
                    times.setdefault((name, kind), []).append(seconds)
            print(f"round {number + 1} of {given.rounds}, load {os.getloadavg()[0]:.1f}",
                  file=sys.stderr, flush=True)  # fmt: skip
    print(f"{given.lines:,} lines, seconds; {os.cpu_count()} cores, "
          f"Python {platform.python_version()}\n")  # fmt: skip
    print(f"{'':22}" + "".join(f"{kind:>18}" for kind in KINDS))
    met = True
    for name, (_, on_terminal, other) in PROGRAMS.items():
        cells = []
        for kind in KINDS:
            cell = f"{statistics.median(times[name, kind]):.2f}"
            if other:
                ratio = middle_ratio(times[name, kind], times[other, kind])
                cell += f" ({ratio:.2f} x)"
                met = met and not (on_terminal and ratio > MOST)
            cells.append(f"{cell:>18}")
        print(f"{name:22}" + "".join(cells))
    return 0 if met else 1


def measure(words: list[str], folder: Path, *, on_terminal: bool) -> dict[str, float]:
    """Start a program, have its app write, and return the seconds of each flood."""
    port = free_port()
    command = [sys.executable, "-m", *words, str(port)]
    run = on_a_terminal(command, folder) if on_terminal else started(
        command, folder, folder / "output"
    )  # fmt: skip
    with run:
        wait_served(port)
        return {kind: float(get(f"http://127.0.0.1:{port}/{kind}", timeout=120).text)
                for kind in KINDS}  # fmt: skip


@contextlib.contextmanager
def on_a_terminal(command: list[str], folder: Path) -> Iterator[None]:
    """Run a program in the block, on a terminal that reads all output."""
    terminal, theirs = pty.openpty()
    popen = subprocess.Popen(
        command,
        cwd=folder,
        env={**environment(), "TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    reader = threading.Thread(target=_read_all, args=(terminal,))
    reader.start()
    try:
        yield
    finally:
        family = [popen.pid, *(p.pid for p in psutil.Process(popen.pid).children(recursive=True))]
        for pid in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                psutil.Process(pid).kill()
        popen.wait()
        reader.join()
        os.close(terminal)


def _read_all(terminal: int) -> None:
    with contextlib.suppress(OSError):  # nobody has it open any more
        while os.read(terminal, 65536):
            pass


if __name__ == "__main__":
    sys.exit(main())
