"""How long `devtui ctl status` takes, and how much later than the reload `wait` answers.

    python -m tests.benchmarks.control [--runs 20]

Both are medians. `wait` is asked right after a save, as an agent does. The time of the reload is
what devtui reports, from the write of the file. Ends with 1 if a bound is missed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from devtui.control.client.link import CtlError, link
from tests.support.processes import free_port
from tests.support.projects import says, write

MOST_TIMES_CLICK = 1.5
MOST_MS_LATER = 40.0

# Until the process that is started ahead has come to rest.
REST_SECONDS = 1.5


def main() -> int:
    """Measure, and print both."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=20)
    runs: int = options.parse_args().runs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        write(folder, {"app.py": says("start")})
        command = [sys.executable, "-m", "devtui", "app", "--plain", "--port", str(free_port())]
        session = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
        try:
            _until_it_answers(folder)
            times_click = _status(folder, runs)
            later_ms = _wait(folder, runs)
        finally:
            session.terminate()
            session.wait(30)
    return 0 if times_click <= MOST_TIMES_CLICK and later_ms <= MOST_MS_LATER else 1


def _until_it_answers(folder: Path) -> None:
    ends = time.monotonic() + 30
    while True:
        try:
            link(None, folder=str(folder)).ask("wait", {}, 30.0)
            return
        except CtlError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.05)


def _status(folder: Path, runs: int) -> float:
    program = os.path.join(os.path.dirname(sys.executable), "devtui")
    ctl = _median_ms(lambda: _run([program, "ctl", "status"], folder), runs)
    click = _median_ms(lambda: _run([sys.executable, "-c", "import click"], folder), runs)
    print(f"ctl status {ctl:.0f} ms, import click {click:.0f} ms: {ctl / click:.2f} times")
    return ctl / click


def _wait(folder: Path, runs: int) -> float:
    later, whole = [], []
    for number in range(runs + 1):
        time.sleep(REST_SECONDS)
        since = link(None, folder=str(folder)).ask("status", {})["generation"]
        began = time.perf_counter()
        write(folder, {"app.py": says(f"text {number}")})
        found = link(None, folder=str(folder)).ask("wait", {"since": since}, 30.0)
        took = (time.perf_counter() - began) * 1000
        assert found["outcome"] == "served", found
        whole.append(took)
        later.append(took - found["reload"]["seen_ms"] - found["reload"]["duration_ms"])
    median = statistics.median(later[1:])
    print(f"wait {statistics.median(whole[1:]):.0f} ms, {median:.0f} ms later than the reload "
          f"({min(later[1:]):.0f} to {max(later[1:]):.0f})")  # fmt: skip
    return float(median)


def _run(command: list[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def _median_ms(action: Callable[[], None], runs: int) -> float:
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        action()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


if __name__ == "__main__":
    sys.exit(main())
