"""How much load devtui withstands, and what it costs, next to its peers in the same run.

    python -m tests.benchmarks.load [--seconds 60] [--venv FOLDER]
                                    [--only screen|memory|throughput|idle]

`screen`: a stream of real events, 5,000 requests a second, and how long a key takes meanwhile,
against the same keys before it. `memory`: 100,000 requests with 20 statements each, a million lines
and 1,000 errors, then the long list. `throughput`: requests a second, against `flask run` with its
log in a file, against Werkzeug's server with none, and against waitress. `idle`: the share of a
core that 5,000 watched files and a screen take, against `flask run --debug`. Each figure is printed
with its target; it ends with 1 if one is missed. It needs `wrk` for `throughput`, and a machine
that does nothing else.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import psutil

from tests.benchmarks.peers import make_venv
from tests.benchmarks.programs import (
    environment,
    family_seconds,
    folder_of,
    free_port,
    middle_ratio,
    seconds_between,
    started,
    telling_of_others,
    wait_served,
)
from tests.benchmarks.replay import Replay, replaying
from tests.benchmarks.watched import Watched

HERE = Path(__file__).parent
RATE = 5_000
DROPPED = 0.05  # of all events at most: dropping events must not be the way to quick keys
ROUNDS = 15  # many and short, by turns: a shared machine is quicker for one than for the next
ROUND_SECONDS = 2
CONNECTIONS = 32
CALLS = 20
REST_SECONDS = 0.4

HELLO = """\
from flask import Flask

app = Flask(__name__)

@app.get("/")
def index():
    return "<p>hello world</p>"
"""
SILENT = """\
import sys
from werkzeug.serving import WSGIRequestHandler, run_simple
from hello import app

class Handler(WSGIRequestHandler):
    def log_request(self, *arguments):
        pass

run_simple("127.0.0.1", int(sys.argv[1]), app, threaded=True, request_handler=Handler)
"""


def main() -> int:
    """Measure what was asked for, and print it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=int, default=60, help="how long the stream lasts")
    options.add_argument("--venv", type=Path, default=Path(tempfile.gettempdir(), "devtui-bench"))
    options.add_argument("--only", choices=("screen", "memory", "throughput", "idle"))
    given = options.parse_args()
    python = make_venv(given.venv.absolute())
    where = f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{datetime.date.today()}, {where}, load {os.getloadavg()[0]:.1f}", flush=True)
    parts: dict[str, Callable[[], bool]] = {
        "screen": lambda: screen(python, given.seconds),
        "memory": lambda: memory(python),
        "throughput": lambda: throughput(python),
        "idle": lambda: idle(python),
    }
    with telling_of_others():
        met = [part() for name, part in parts.items() if given.only in (None, name)]
    return 0 if all(met) else 1


def told(what: str, value: float, unit: str, wanted: float, *, least: bool = False) -> bool:
    """Print a figure with its bound; return whether it is met."""
    met = value >= wanted if least else value <= wanted
    bound = f"at {'least' if least else 'most'} {wanted:g}"
    print(
        f"  {'ok    ' if met else 'MISSED'} {what}: {value:.2f}{unit} (wanted: {bound})", flush=True
    )
    return met


# -- the screen under a stream of events ----------------------------------------------------------


def screen(python: Path, seconds: int) -> bool:
    """Keys while a stream of events comes in; nothing is lost without being counted."""
    print(f"screen: {RATE:,} requests a second for {seconds} s")
    with replaying(python) as replay:
        for _ in range(50):  # so that the list has more rows than its pane
            replay.ask("GET", "/")
        replay.watched.wait_quiet()
        quiet = replay.key_times(10)
        before, began = replay.cpu_seconds(), time.monotonic()
        replay.begin(requests=RATE * seconds, rate=RATE, lines=0, errors=0)
        # The last of the stream is left out: keys that outlive it would be quick again.
        times = replay.key_times(seconds - 1)
        replay.wait_done(seconds)
        took = time.monotonic() - began
        share = (replay.cpu_seconds() - before) / took * 100
        counts = replay.leave()
    middle, late = statistics.median(times), percentile(times)
    print(f"  {len(times)} keys: {middle:.0f} ms in the middle, {late:.0f} at the 95th percentile, "
          f"{max(times):.0f} at most; {percentile(quiet):.0f} with nothing going on")  # fmt: skip
    print(f"  {took - seconds:+.1f} s late, the dashboard took {share:.0f} % of a core; {counts}")
    return all(
        (
            told("a key's effect, 95th percentile", late, " ms", 50),
            told("the same / with nothing going on", late / percentile(quiet), "", 10),
            told("events lost and not counted", counts.lost, "", 0),
            told("events dropped / sent", counts.dropped / counts.sent, "", DROPPED),
        )
    )


def percentile(times: list[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(times, n=20, method="inclusive")[-1]


# -- memory, and the long list --------------------------------------------------------------------


def memory(python: Path) -> bool:
    """Memory after many events, and the list of 100,000 rows."""
    print(f"memory: 100,000 requests with {CALLS} calls each, a million lines, 1,000 errors")
    with replaying(python, CALLS) as replay:
        fresh = replay.resident_mib()
        replay.begin(requests=100_000, rate=0, lines=10, errors=1_000)
        replay.wait_done(580)
        replay.watched.wait_quiet(1.0)
        full = replay.resident_mib()
        keys = list_times(replay)
        worst = replay.resident_mib()
        counts = replay.leave()
    print(f"  {fresh:.0f} MiB fresh, {full:.0f} after it, {worst:.0f} after filtering; {counts}")
    print("  " + ", ".join(f"{what} {ms:.0f} ms" for what, ms in keys))
    return all(
        (
            told("resident in the dashboard", max(full, worst), " MiB", 150),
            told("the same / fresh", max(full, worst) / fresh, "", 3.5),
            told("events lost and not counted", counts.lost, "", 0),
            *(told(what, ms, " ms", 100) for what, ms in keys),
        )
    )


def list_times(replay: Replay) -> list[tuple[str, float]]:
    """Filter, scroll and open in the list of requests; milliseconds by what was done."""
    watched = replay.watched
    watched.press("1", "f")
    watched.wait_quiet()
    watched.press("/")
    watched.wait_quiet()
    times = []
    for key, shown in (("i", "i"), ("t", "it"), ("e", "ite"), ("m", "item")):
        effect = watched.shows(rb"[\d,]+ of [\d,]+")
        times.append((f"filter {shown!r}", watched.key_ms(key, effect)))
        watched.wait_quiet(REST_SECONDS)
    watched.press("escape")
    watched.wait_quiet()
    for key in ("home", "end"):
        times.append((key, watched.key_ms(key, watched.cursor_moves())))
        watched.wait_quiet(REST_SECONDS)
    for what in ("open", "open again"):
        times.append((what, watched.key_ms("enter", watched.shows(b"general"))))
        watched.press("escape")
        watched.wait_quiet(REST_SECONDS)
    return times


# -- the cost to the app --------------------------------------------------------------------------


def throughput(python: Path) -> bool:
    """Requests a second of the same app on three servers, by turns."""
    print(f"throughput: wrk with {CONNECTIONS} connections, {ROUNDS} rounds of {ROUND_SECONDS} s")
    if shutil.which("wrk") is None:
        print("  MISSED: there is no wrk (apt-get install wrk)")
        return False
    ports = {name: free_port() for name in ("flask run", "no log", "waitress", "devtui")}
    flask = [python, "-m", "flask", "--app", "hello", "run", "-p", ports["flask run"]]
    silent = [python, "silent.py", ports["no log"]]
    waitress = [python, "-m", "waitress", f"--listen=127.0.0.1:{ports['waitress']}", "hello:app"]
    devtui = [python, "-m", "devtui", "--no-debug", "-p", ports["devtui"], "hello"]
    rates: dict[str, list[float]] = {name: [] for name in ports}
    with ExitStack() as stack:
        folder = stack.enter_context(folder_of({"hello.py": HELLO, "silent.py": SILENT}))
        stack.enter_context(started(flask, folder, folder / "flask.log"))
        stack.enter_context(started(silent, folder, folder / "silent.log"))
        stack.enter_context(started(waitress, folder, folder / "waitress.log"))
        watched = stack.enter_context(Watched([*map(str, devtui)], folder, environment()))
        for port in ports.values():
            wait_served(port)
        watched.wait_quiet(1.0)
        for number in range(ROUNDS + 1):
            for name, port in ports.items():
                rate = wrk(port, ROUND_SECONDS if number else 1)
                if number:  # the first was to warm up
                    rates[name].append(rate)
    middle = {name: statistics.median(found) for name, found in rates.items()}
    print("  " + ", ".join(f"{name} {rate:,.0f} a second" for name, rate in middle.items()))
    met = [
        told(f"devtui / {name}", middle_ratio(rates["devtui"], rates[name]), "", least, least=True)
        for name, least in (("flask run", 2), ("no log", 1), ("waitress", 1))
    ]
    return all(met)


def wrk(port: int, seconds: int) -> float:
    """Requests a second, as wrk counts them."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", f"http://127.0.0.1:{port}/"]
    told_by_wrk = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"Requests/sec:\s+([\d.]+)", told_by_wrk)
    assert found is not None, told_by_wrk
    return float(found[1])


# -- at rest --------------------------------------------------------------------------------------


def idle(python: Path, seconds: float = 30) -> bool:
    """The share of a core that is taken while nothing happens, with 5,000 files to watch."""
    print(f"idle: 5,000 files, {seconds:g} s")
    files = {f"pkg{number // 50}/m{number}.py": "x = 1\n" for number in range(5_000)}
    ports = {"devtui": free_port(), "flask run --debug": free_port()}
    flask = [python, "-m", "flask", "--app", "hello", "run", "--debug",
             "-p", ports["flask run --debug"]]  # fmt: skip
    devtui = [python, "-m", "devtui", "-p", ports["devtui"], "hello"]
    with ExitStack() as stack:
        folder, theirs = (
            stack.enter_context(folder_of({**files, "hello.py": HELLO})) for _ in range(2)
        )
        peer = stack.enter_context(started(flask, theirs, theirs / "flask.log"))
        watched = stack.enter_context(Watched([*map(str, devtui)], folder, environment()))
        for port in ports.values():
            wait_served(port)
        time.sleep(5)  # the standby warms up, the watchers settle
        programs = {"devtui": watched.process, "flask run --debug": psutil.Process(peer.pid)}
        before = {name: family_seconds(program) for name, program in programs.items()}
        written, began = watched.written_bytes, time.monotonic()
        time.sleep(seconds)
        took = time.monotonic() - began
        share = {
            name: seconds_between(before[name], family_seconds(program)) / took * 100
            for name, program in programs.items()
        }
        written = watched.written_bytes - written
    print("  " + ", ".join(f"{name} {percent:.2f} %" for name, percent in share.items())
          + f"; {written / took:,.0f} bytes a second to the terminal")  # fmt: skip
    ratio = share["devtui"] / max(share["flask run --debug"], 0.01)
    print(f"  devtui / flask run --debug: {ratio:.2f}")
    return told("of a core", share["devtui"], " %", 1)


if __name__ == "__main__":
    sys.exit(main())
