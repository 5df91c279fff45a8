"""A soak test: requests, saves, broken code, keys and sizes at once, with no leak.

`DEVTUI_SOAK_SECONDS=60 python -m pytest -n 0 tests/faults/apps/test_soak.py` runs for a minute.
"""

from __future__ import annotations

import os
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

import psutil
import pytest

from tests.support import processes
from tests.support.client import get, post
from tests.support.projects import app_source
from tests.support.terminal.dashboard_page import wait_serving
from tests.support.terminal.starter import Devtui
from tests.support.terminal.terminal import Terminal

SECONDS = float(os.environ.get("DEVTUI_SOAK_SECONDS") or 0)

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(SECONDS * 2 + 120),
    pytest.mark.skipif(not SECONDS, reason="DEVTUI_SOAK_SECONDS says for how long; it does not"),
]

APP = app_source("faults/soak.py")

TARGETS = ("/", "/", "/", "/slow", "/error", "/stream", "/talk", "/missing", "/form")
CLIENTS = 3
PAUSE = 0.05  # between two requests of a client, to leave processor time to others
USUAL = (100, 30)

MIB = 1 << 20
MOST_MEMORY = 150 * MIB
MORE_MEMORY = 60 * MIB  # compared to the end of the warm-up: the store of rows fills
MORE_DESCRIPTORS = 8  # the number varies a little from moment to moment


class Clients:
    """Sends a mix of requests from several threads and counts the results."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._may_send = threading.Event()
        self._may_send.set()
        self._busy = 0
        self._ended = False
        self._threads = [
            threading.Thread(target=self._run, args=(seed,), daemon=True) for seed in range(CLIENTS)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop sending and wait for the last responses."""
        self._ended = True
        self._may_send.set()
        for thread in self._threads:
            thread.join(20)
            assert not thread.is_alive(), "a request has no answer"

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Ensure that no request runs within the block."""
        self._may_send.clear()
        assert processes.eventually(lambda: self._busy == 0, 20), "a request has no answer"
        yield
        self._may_send.set()

    def _run(self, seed: int) -> None:
        chance = random.Random(seed)
        while not self._ended:
            with self._lock:
                self._busy += 1
            if self._may_send.is_set():
                outcome = self._send(chance.choice(TARGETS))
                with self._lock:
                    self.counts[outcome] += 1
            with self._lock:
                self._busy -= 1
            self._may_send.wait(20)
            time.sleep(PAUSE)  # the pace of a person, not a wait for an event

    def _send(self, target: str) -> str:
        try:
            if target == "/form":
                return str(post(self.url + target, {"text": "x" * 1000}, timeout=20).status)
            return str(get(self.url + target, timeout=20).status)
        except (OSError, HTTPException) as error:
            return f"cut: {type(error).__name__}"


class Person:
    """Presses every key, one after another, and waits for the effect of each."""

    def __init__(self, terminal: Terminal, source: Path, clients: Clients) -> None:
        self.terminal = terminal
        self.clients = clients
        self.version = 0
        self._source = source
        self._chance = random.Random(1)
        self._doings: tuple[Callable[[], None], ...] = (
            self.save,
            self.break_and_mend,
            self.look_at_the_panes,
            self.filter,
            self.open_a_request,
            self.open_an_error,
            self.scroll,
            self.clear_the_log,
            self.look_into_the_dialogs,
            self.restart,
            self.resize,
            self.move,
        )

    def work(self, seconds: float) -> None:
        """Do one thing after another for some time, each at least once."""
        deadline = time.monotonic() + seconds
        order = list(self._doings)
        while order or time.monotonic() < deadline:
            if not order:
                order = list(self._doings)
                self._chance.shuffle(order)
            order.pop()()

    def reloads(self) -> int:
        """Return how many reloads the dashboard has counted."""
        return int(self.terminal.wait_for(re.compile(r"3 Reloads ([\d,]+)"))[1].replace(",", ""))

    def rows(self) -> int:
        """Return how many requests the dashboard has counted."""
        found = self.terminal.wait_for(re.compile(r"1 Requests ([\d,]+)(?! of)"))
        return int(found[1].replace(",", ""))

    def reloaded(self, before: int) -> None:
        """Wait until there are more reloads than before, and the server answers."""
        assert processes.eventually(lambda: self.reloads() > before, 20), self.terminal.framed()
        self.terminal.wait_for(re.compile(r"\A.* SERVING  "), 20)

    def go(self, pane: str) -> None:
        self.terminal.press(pane[0])
        self.terminal.wait_for(f"─ {pane}")

    def open(self, key: str, word: str) -> None:
        """Press a key that opens something, wait for it, and close it."""
        self.terminal.press(key)
        self.terminal.wait_for(word)
        self.terminal.press("escape")
        self.terminal.wait_gone(word)

    # -- actions ------------------------------------------------------------------------

    def write(self, text: str) -> None:
        fresh = self._source.with_suffix(".new")
        fresh.write_text(text)
        os.replace(fresh, self._source)

    def save(self) -> None:
        self.version += 1
        before = self.reloads()
        self.write(APP.replace("version 0", f"version {self.version}"))
        self.reloaded(before)
        # One save can cause two reloads, so the first may belong to the previous save.
        assert processes.eventually(lambda: self.served() == self.version, 20)

    def served(self) -> int:
        """Return the version that the server runs; -1 if it serves an error."""
        answer = get(self.clients.url)
        self.clients.counts[str(answer.status)] += 1
        return int(answer.text.split()[1]) if answer.status == 200 else -1

    def break_and_mend(self) -> None:
        self.write(APP.replace("def version()", "def version("))
        self.terminal.wait_for("SERVING THE ERROR", 20)
        self.save()

    def look_at_the_panes(self) -> None:
        for pane in ("4 Errors", "2 Log", "3 Reloads", "1 Requests"):
            self.go(pane)

    def filter(self) -> None:
        self.go("1 Requests")
        self.terminal.press("/")
        self.terminal.wait_for("drop filter")
        self.terminal.type("slow")
        self.terminal.wait_for(re.compile(r"1 Requests [\d,]+ of"))
        self.terminal.press("escape")
        self.terminal.wait_gone("drop filter")

    def open_a_request(self) -> None:
        self.go("1 Requests")
        self.open("enter", "escape back")

    def open_an_error(self) -> None:
        assert get(f"{self.clients.url}/error").status == 500
        self.clients.counts["500"] += 1
        self.go("4 Errors")
        self.terminal.wait_for("KeyError")
        self.terminal.press("home")
        self.open("enter", "escape back")

    def scroll(self) -> None:
        self.go("1 Requests")
        self.terminal.press("home", "down", "pagedown", "up", "pageup")
        self.terminal.wait_for("new below")
        self.terminal.press("f")
        self.terminal.wait_gone("new below")

    def clear_the_log(self) -> None:
        self.go("2 Log")
        self.terminal.press("c")

    def look_into_the_dialogs(self) -> None:
        for key, word in (("?", "─ Keys ─"), ("k", "look again"), ("ctrl+p", "Search for")):
            self.open(key, word)

    def restart(self) -> None:
        before = self.reloads()
        self.terminal.press("r")
        self.reloaded(before)

    def resize(self) -> None:
        for _ in range(10):
            self.terminal.resize(self._chance.randint(1, 200), self._chance.randint(1, 60))
        self.terminal.resize(*USUAL)
        self.terminal.wait_for(re.compile(r"q leave\s*\Z"))

    def move(self) -> None:
        port = processes.free_port()
        with self.clients.resting():
            self.terminal.press("p")
            self.terminal.wait_for("Move it to port")
            self.terminal.press("end", *["backspace"] * 5)
            self.terminal.type(str(port))
            self.terminal.wait_for(f"  {port}")
            self.terminal.press("enter")
            self.clients.url = wait_serving(self.terminal, port, 20)
            self.terminal.wait_gone("Move it to port")


def test_nothing_leaks(devtui: Devtui, free_port: int, tmp_path: Path) -> None:
    source = tmp_path / "soak.py"
    source.write_text(APP)
    terminal = devtui("soak", "--port", free_port, size=USUAL, standby=True)
    clients = Clients(wait_serving(terminal, free_port, 20))
    person = Person(terminal, source, clients)
    dashboard = psutil.Process(terminal.pid)

    person.work(SECONDS / 4)
    warm = dashboard.memory_info().rss, dashboard.num_fds()
    person.work(SECONDS * 3 / 4)
    clients.stop()
    person.save()
    person.go("1 Requests")

    cut = sum(count for outcome, count in clients.counts.items() if outcome.startswith("cut"))
    answered = clients.counts.total() - cut
    settled = processes.eventually(lambda: answered <= person.rows() <= answered + cut, 10)
    found = dashboard.memory_info().rss, dashboard.num_fds()
    print(f"\n{dict(clients.counts)}, {person.rows()} rows, {person.reloads()} reloads")
    print(
        f"MiB and descriptors: {warm[0] / MIB:.0f}, {warm[1]}, now {found[0] / MIB:.0f}, {found[1]}"
    )
    dropped = re.search(r"([\d,]+) events were lost", terminal.text())
    assert settled or dropped, f"{answered} answered, {cut} cut, {person.rows()} rows"
    assert found[0] <= min(warm[0] + MORE_MEMORY, MOST_MEMORY)
    assert found[1] <= warm[1] + MORE_DESCRIPTORS
    # The dashboard, the server process, and the one that waits for the next save.
    assert processes.eventually(lambda: len(processes.marked(devtui.mark)) <= 3, 10), devtui.left()
    terminal.resize(*USUAL)
    terminal.wait_for(re.compile(r"\A.*SERVING(?s:.)*q leave\s*\Z"))

    terminal.press("ctrl+q")
    terminal.expect_exit(0, 20)
    terminal.restored()
    devtui.assert_gone()
