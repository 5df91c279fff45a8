"""How long a save of a view takes to be served in applications that others wrote, in one run.

    python -m tests.benchmarks.real [--runs 5] [--venvs FOLDER] [--only NAME]

Installs each application from PyPI into an environment of its own, once per FOLDER, makes a project
of it as its documentation says, and saves a view under the plain server and under devtui. Each save
waits until all processes are idle. The figures are medians, and the ratio is that of the plain
server to devtui. Ends with 1 if a required ratio is missed.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path

import psutil

from tests.benchmarks.peers import REPOSITORY
from tests.benchmarks.programs import folder_of, free_port, started
from tests.benchmarks.real_apps import APPS, App
from tests.support.client import get

DEADLINE = 90.0
REST_SECONDS = 1.0
RESTING = 0.05  # of a core
POLL_SECONDS = 0.002


def make_venv(folder: Path, packages: tuple[str, ...]) -> Path:
    """The interpreter of an environment with these packages and devtui."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [str(python), "-m", "pip", "install", "-q"]
        subprocess.run([*pip, "-U", "pip"], check=True)
        subprocess.run([*pip, *packages, "-e", str(REPOSITORY)], check=True)
    where = "import devtui, os; print(os.path.dirname(os.path.dirname(devtui.__file__)))"
    found = subprocess.check_output([str(python), "-c", where], cwd=folder, text=True).strip()
    assert Path(found) == REPOSITORY, f"{folder} has the devtui of {found}: remove the folder"
    return python


def _rest(pid: int) -> None:
    """Wait until the processes are idle."""
    end, before = time.monotonic() + DEADLINE, -1.0
    while time.monotonic() < end:
        now = 0.0
        top = psutil.Process(pid)
        for process in [top, *top.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                now += times.user + times.system
        if 0 <= now - before < RESTING * REST_SECONDS:
            return
        before = now
        time.sleep(REST_SECONDS)


def _seconds_until(url: str, text: str) -> float:
    began = time.perf_counter()
    while time.perf_counter() - began < DEADLINE:
        with suppress(OSError, HTTPException):  # the plain server cuts answers when it restarts
            if text in get(url, timeout=DEADLINE).text:
                return time.perf_counter() - began
        time.sleep(POLL_SECONDS)
    raise AssertionError(f"{text} never came from {url}")


def measure(app: App, python: Path, folder: Path, command: tuple[str, ...], runs: int) -> float:
    """The median time from a save to the response with it, in milliseconds."""
    port = free_port()
    url = f"http://127.0.0.1:{port}{app.target}"
    words = [str(python), *(word.format(port=port) for word in command)]
    file = folder / app.file
    times = []
    with started(words, folder, folder / "server.log") as popen:
        _seconds_until(url, "mark-")
        for run in range(runs + 2):  # the first saves tell devtui which file is worked on
            _rest(popen.pid)
            # A reloader that looks once a second may be at any point of that second.
            time.sleep(run / (runs + 2))
            found = re.search(r"MARK = (\d+)", file.read_text())
            assert found is not None
            number = int(found[1]) + 1
            fresh = file.with_name("fresh.tmp")
            fresh.write_text(file.read_text().replace(found[0], f"MARK = {number}"))
            os.replace(fresh, file)
            took = _seconds_until(url, f"mark-{number}-")
            if run >= 2:
                times.append(took * 1000)
    return statistics.median(times)


def main() -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--venvs", type=Path, default=Path(tempfile.gettempdir()) / "devtui-real")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    missed = 0
    print(f"{platform.system()}, Python {platform.python_version()}, {os.cpu_count()} processors")
    print(
        "| application | plain, ms | devtui, ms | ratio | wanted |\n| --- | --- | --- | --- | --- |"
    )
    for app in APPS:
        if options.only.lower() not in app.name.lower():
            continue
        venv = options.venvs / re.sub(r"\W+", "-", app.name.lower())
        python = make_venv(venv, app.packages)
        with folder_of({}) as folder:
            app.make(folder, python)
            plain = measure(app, python, folder, app.plain, options.runs)
            words = ("-m", "devtui", app.app, "--plain", "-p", "{port}")
            ours = measure(app, python, folder, words, options.runs)
        missed += plain / ours < app.least
        print(
            f"| {app.name} | {plain:,.0f} | {ours:,.0f} | {plain / ours:.1f} | {app.least:g} |",
            flush=True,
        )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
