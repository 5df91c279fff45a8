"""Run the measured programs in a folder of their own, and end them with all that they started."""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

DEADLINE = 20.0


@contextmanager
def started(
    command: Sequence[object], folder: Path, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program in the folder, with its output in a file, until the end of the block."""
    with log.open("wb") as file:
        popen = subprocess.Popen(
            [*map(str, command)], cwd=folder, env=environment(), stdout=file, stderr=file
        )
    try:
        yield popen
    finally:
        family = [popen.pid, *(p.pid for p in psutil.Process(popen.pid).children(recursive=True))]
        for pid in family:
            if psutil.pid_exists(pid):
                psutil.Process(pid).kill()
        popen.wait()


@contextmanager
def folder_of(files: dict[str, str]) -> Iterator[Path]:
    """A folder with these files."""
    folder = Path(tempfile.mkdtemp(prefix="devtui-load-"))
    try:
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def middle_ratio(times: Sequence[float], of: Sequence[float]) -> float:
    """The median of the ratios round by round.

    A shared machine can be slower for minutes, which affects both figures of one round. The ratio
    of two medians would compare a figure from a slow time with one from a quick time.
    """
    return statistics.median(ours / theirs for ours, theirs in zip(times, of, strict=True))


def environment() -> dict[str, str]:
    """Ours, without what changes how the programs behave."""
    hidden = (
        *("FLASK_", "DEVTUI_", "WERKZEUG_", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "NO_COLOR"),
        "VIRTUAL_ENV",  # devtui would run the app with that one's Python
    )
    return {key: value for key, value in os.environ.items() if not key.startswith(hidden)}


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def wait_served(port: int) -> None:
    """Wait until somebody answers there."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=DEADLINE).close()
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"nobody serves on port {port}")


def family_seconds(program: psutil.Process) -> dict[int, float]:
    """The processor time of a program and its children so far, by pid."""
    found = {}
    for one in (program, *program.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            found[one.pid] = float(times.user + times.system)
    return found


def seconds_between(before: dict[int, float], after: dict[int, float]) -> float:
    """The processor time between two results; without ended processes, but all of new ones."""
    return sum(seconds - before.get(pid, 0.0) for pid, seconds in after.items())


@contextmanager
def telling_of_others() -> Iterator[None]:
    """Print at the end how much time the host gave to other machines, if it reports that (Linux).

    Figures taken while that was much say more about the others than about devtui.
    """
    before = psutil.cpu_times()
    yield
    after = psutil.cpu_times()
    stolen = getattr(after, "steal", 0.0) - getattr(before, "steal", 0.0)
    print(f"\n{100 * stolen / max(sum(after) - sum(before), 0.01):.1f} % of the processors' time "
          "went to other machines on the same host")  # fmt: skip
