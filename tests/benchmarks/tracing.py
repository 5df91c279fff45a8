"""What it costs to record calls: the same app with and without, side by side.

    python -m tests.benchmarks.tracing [--pairs 5] [--rounds 100] [--starts 9]

Two servers run at once and are asked in turn, so that a slow while is slow for both. A figure is
the median of the ratios, round by round, of several pairs of servers: two processes of the same
program differ by some percent, because Python arranges its tables by chance. `answer` is the time
until the client has the response; `processor` what the server process takes for a request, which
includes what it does afterwards. The start is from the command to the first answer.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil

from tests.benchmarks.programs import (
    folder_of,
    free_port,
    middle_ratio,
    started,
    telling_of_others,
    wait_served,
)
from tests.support.client import request
from tests.support.projects import app_source

WARM_UP = 20

APP = app_source("benchmarks/calls.py")

VIEWS = {
    "no calls": "/none",
    "100 statements of sqlite3": "/sqlite",
    "100 statements of SQLAlchemy": "/orm",
}


class Server(NamedTuple):
    """A devtui that runs, and its server process."""

    port: int
    process: psutil.Process

    def ask(self, path: str) -> tuple[float, float]:
        """The milliseconds of an answer, and those of the processor."""
        before = self.process.cpu_times()
        began = time.perf_counter()
        answer = request(f"http://127.0.0.1:{self.port}", target=path)
        took = time.perf_counter() - began
        assert answer.status == 200, answer.text
        after = self.process.cpu_times()
        used = after.user + after.system - before.user - before.system
        return took * 1000, used * 1000


@contextmanager
def serving(folder: Path, option: str) -> Iterator[Server]:
    port = free_port()
    command = [sys.executable, "-m", "devtui", "--plain", "--no-standby", option, "-p", port, "app"]
    with started(command, folder, folder / f"{option.strip('-')}.log") as popen:
        wait_served(port)
        request(f"http://127.0.0.1:{port}", target="/none")
        child = psutil.Process(popen.pid).children()[0]
        yield Server(port, child)


def start_ms(folder: Path, option: str) -> float:
    began = time.perf_counter()
    with serving(folder, option):
        return (time.perf_counter() - began) * 1000


class Times(NamedTuple):
    """The milliseconds of one request with and without, until the answer and of the processor."""

    traced: float
    without: float
    traced_used: float
    without_used: float


def ask_in_turn(traced: Server, without: Server, path: str, rounds: int) -> Iterator[Times]:
    for _ in range(WARM_UP):
        without.ask(path), traced.ask(path)
    for number in range(rounds):
        pair = [without, traced] if number % 2 else [traced, without]
        measured = {id(server): server.ask(path) for server in pair}
        plain, ours = measured[id(without)], measured[id(traced)]
        yield Times(ours[0], plain[0], ours[1], plain[1])


def compare_views(folder: Path, pairs: int, rounds: int) -> None:
    times: dict[str, list[Times]] = {name: [] for name in VIEWS}
    for _ in range(pairs):
        with serving(folder, "--no-trace") as without, serving(folder, "--trace") as traced:
            for name, path in VIEWS.items():
                times[name] += ask_in_turn(traced, without, path, rounds)
    for name, each in times.items():
        ratio = middle_ratio([it.traced for it in each], [it.without for it in each])
        used = sum(it.without_used for it in each)
        print(
            f"{name:32} answer x {ratio:.3f}"
            f" ({statistics.median(it.without for it in each):.2f} ms without)"
            f"   processor x {sum(it.traced_used for it in each) / max(used, 0.01):.3f}"
            f" ({used / len(each):.2f} ms without)"
        )


def compare_starts(folder: Path, starts: int) -> None:
    pairs = []
    for number in range(starts):
        options = ["--no-trace", "--trace"] if number % 2 else ["--trace", "--no-trace"]
        took = {option: start_ms(folder, option) for option in options}
        pairs.append((took["--trace"], took["--no-trace"]))
    difference = statistics.median(ours - plain for ours, plain in pairs)
    ratio = middle_ratio(*zip(*pairs, strict=True))
    print(f"{'the first start':32} answer x {ratio:.3f} ({difference:+.1f} ms)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--starts", type=int, default=9)
    arguments = parser.parse_args()
    with folder_of({"app.py": APP}) as folder, telling_of_others():
        compare_views(folder, arguments.pairs, arguments.rounds)
        compare_starts(folder, arguments.starts)


if __name__ == "__main__":
    main()
