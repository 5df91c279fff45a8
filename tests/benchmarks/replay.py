"""The real dashboard, and a stream of real events into it."""

from __future__ import annotations

import http.client
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.programs import DEADLINE, environment, folder_of, free_port, wait_served
from tests.benchmarks.watched import Watched

HERE = Path(__file__).parent

# What a browser sends.
HEADERS = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "en-US,en;q=0.5",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Connection": "keep-alive",
    "Referer": "http://127.0.0.1:5000/",
    "Cookie": "session=eyJfZnJlc2giOmZhbHNlfQ.Zm9vYmFyYmF6.abcdefghijklmnopqrstuvwxyz",
}


@dataclass(frozen=True)
class Counts:
    """The events that the server process sent, and those that the dashboard received or dropped."""

    sent: int
    taken: int
    dropped: int

    def __str__(self) -> str:
        return f"{self.sent:,} events sent, {self.taken:,} taken in, {self.dropped:,} dropped"

    @property
    def lost(self) -> int:
        """Events neither received nor counted. A few dropped ones may not be replayed ones."""
        return max(self.sent - self.taken - self.dropped, 0)


class Replay:
    """The real dashboard in a terminal, serving `replayed.py`."""

    def __init__(self, watched: Watched, port: int, folder: Path) -> None:
        self.watched = watched
        self._port = port
        self._folder = folder

    def ask(self, method: str, target: str, body: str | None = None) -> bytes:
        """One request as a browser makes it, and the response's body."""
        form = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=DEADLINE)
        try:
            connection.request(method, target, body, {**HEADERS, **form})
            return connection.getresponse().read()
        finally:
            connection.close()

    def record(self, calls: int) -> None:
        """Make the requests that are replayed later, each with so many calls."""
        self.ask("GET", f"/record?calls={calls}")
        for _ in range(3):
            self.ask("GET", "/")
            self.ask("GET", "/items/7?colour=green")
            self.ask("POST", "/cart", "item=7&count=2")
        for target in ("/broken", "/missing"):
            self.ask("GET", target)

    def begin(self, **numbers: int) -> None:
        """Begin to replay; it goes on in the background."""
        self.ask("GET", "/replay?" + "&".join(f"{name}={n}" for name, n in numbers.items()))

    def wait_done(self, timeout: float) -> None:
        """Wait until the replay has sent everything."""
        end = time.monotonic() + timeout + DEADLINE
        while not json.loads(self.ask("GET", "/sent"))["done"]:
            assert time.monotonic() < end, "the replay does not end"
            time.sleep(0.5)

    def key_times(self, seconds: float) -> list[float]:
        """Press keys for so long, a few times a second: up, and back to the newest."""
        watched, times = self.watched, []
        end = time.monotonic() + seconds
        bottom = watched.cursor_row
        while time.monotonic() < end:
            for key, row in (("up", bottom - 1), ("f", bottom)):
                times.append(watched.key_ms(key, lambda row=row: watched.cursor_row == row))
                # Not in step with the refreshes.
                time.sleep(0.1 + 0.037 * (len(times) % 3))
        return times

    def resident_mib(self) -> float:
        """The resident memory of the dashboard's process."""
        return float(self.watched.process.memory_info().rss) / 2**20

    def cpu_seconds(self) -> float:
        """The processor time of the dashboard's process so far."""
        times = self.watched.process.cpu_times()
        return float(times.user + times.system)

    def leave(self) -> Counts:
        """Leave the dashboard, and compare what was sent with what came."""
        sent = json.loads(self.ask("GET", "/sent"))["events"]
        self.watched.wait_quiet(1.0)
        self.watched.press("q")
        self.watched.wait_exit()
        counts = json.loads((self._folder / "counts.json").read_text())
        return Counts(sent, counts["events"], counts["dropped"])


@contextmanager
def replaying(python: Path, calls: int = 0) -> Iterator[Replay]:
    """A dashboard that serves `replayed.py` and has seen the requests that it replays.

    Each of them has so many calls.
    """
    with folder_of({}) as folder:
        shutil.copy(HERE / "replayed.py", folder)
        port = free_port()
        given = (python, HERE / "counted.py", folder / "counts.json", "--no-reload", "-p", port)
        with Watched(
            [*map(str, given), "--no-reload", "replayed"], folder, environment()
        ) as watched:
            wait_served(port)
            watched.wait_for(rb"SERVING")
            watched.wait_quiet()
            replay = Replay(watched, port, folder)
            replay.record(calls)
            watched.wait_quiet()
            yield replay
