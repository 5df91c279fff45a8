"""A page whose server is gone tries again without a storm; the test keeps its clock."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from devtui.session.live import websocket
from tests.support.live import Live, Serve
from tests.support.pages import SIGN, connected, follow, holds, reported, shows, take_in
from tests.support.processes import DEADLINE
from tests.support.projects import write

pytestmark = pytest.mark.e2e

APP = """\
from flask import Flask

app = Flask(__name__)

@app.get("/")
def index():
    return "<!doctype html><title>x</title><h1>first</h1>"
"""

# The page's time stands still. What it wants to do later waits until the test has it done.
CLOCK = """
let now = 0;
const waiting = new Map();
let last = 0;
performance.now = () => now;
window.setTimeout = (act, pause) => { waiting.set(last += 1, { act, pause }); return last; };
window.clearTimeout = (number) => void waiting.delete(number);
window.setInterval = (act) => { window.tick = act; };
const SILENCE = 5000;
const all = () => [...waiting.values()].map((one) => one.pause);
window.pauses = () => all().filter((pause) => pause !== SILENCE);
window.listens = () => all().includes(SILENCE);
window.pass = (milliseconds) => { now += milliseconds; };
window.goOn = () => {
  const acts = [...waiting.values()].map((one) => one.act);
  waiting.clear();
  acts.forEach((act) => act());
};
"""

# Whatever else has the script connect.
NUDGES = """
document.dispatchEvent(new Event("visibilitychange"));
dispatchEvent(new Event("pageshow"));
"""

GROWING = [0, 250, 500, 1000, 2000, 4000, 8000, 10000, 10000]


class Attempts:
    """The WebSockets of a page, as Chromium reports them."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self._told: list[str] = []
        reports = page.context.new_cdp_session(page)
        for kind in ("Created", "Closed"):
            reports.on(f"Network.webSocket{kind}", lambda _, kind=kind: self._told.append(kind))
        reports.send("Network.enable")

    @property
    def told(self) -> list[str]:
        take_in(self._page)
        return self._told

    def wait_for(self, kind: str, count: int) -> None:
        """Wait until that many have been opened, or have ended."""
        assert reported(self._page, lambda: self._told.count(kind) >= count), self._told


class Successor:
    """Another server at the port: it takes connections, and ends each of them soon."""

    def __init__(self, port: int, welcomes: bool) -> None:
        self._socket = socket.create_server(("127.0.0.1", port))
        self._socket.settimeout(DEADLINE)
        self._welcomes = welcomes

    def __enter__(self) -> Successor:
        return self

    def __exit__(self, *raised: object) -> None:
        self._socket.close()

    def accept(self) -> socket.socket:
        """Take the next connection, and read what it asks for."""
        connection, _ = self._socket.accept()
        connection.settimeout(DEADLINE)
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(4096)
        assert head.startswith(b"GET /.devtui/live?")
        if self._welcomes:
            _, _, key = head.partition(b"Sec-WebSocket-Key: ")
            connection.sendall(websocket.accept(key.partition(b"\r\n")[0].decode()))
        return connection

    def has_another(self) -> bool:
        """Whether one more connection waits."""
        self._socket.setblocking(False)
        try:
            self._socket.accept()[0].close()
        except BlockingIOError:
            return False
        finally:
            self._socket.settimeout(DEADLINE)
        return True


class Relay:
    """Passes connections on to a port, until the open ones fall silent without an end."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._open: list[socket.socket] = []
        self._silent: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Relay:
        self._start(self._accept)
        return self

    def __exit__(self, *raised: object) -> None:
        for one in (self._socket, *self._open):
            with suppress(OSError):  # it has ended
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join(DEADLINE)
            assert not thread.is_alive()

    def fall_silent(self) -> None:
        """Lose what the open connections send from now on, also that they end."""
        self._silent |= set(self._open)

    def _start(self, act: Callable[..., None], *arguments: socket.socket) -> None:
        thread = threading.Thread(target=act, args=arguments)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):  # the test has ended
            while True:
                client, _ = self._socket.accept()
                server = socket.create_connection(("127.0.0.1", self._to))
                self._open += client, server
                self._start(self._copy, client, server)
                self._start(self._copy, server, client)

    def _copy(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):  # one of the two has ended
            while data := source.recv(65536):
                if source not in self._silent:
                    target.sendall(data)
            if source not in self._silent:
                target.shutdown(socket.SHUT_WR)


@pytest.fixture
def live(serve: Serve) -> Live:
    live = serve(APP)
    live.serving()
    return live


def pause(page: Any) -> int:
    """Wait until the page waits to try again, and return for how long."""
    holds(page, "pauses().length > 0")
    (found,) = page.evaluate("pauses()")
    return int(found)


@pytest.mark.parametrize("successor", ["none", "closes", "welcomes and closes"])
def test_a_page_tries_once_at_a_time_and_ever_more_seldom(
    live: Live, page: Any, successor: str
) -> None:
    page.add_init_script(CLOCK)
    attempts = Attempts(page)
    follow(live, page)
    page.evaluate("pass(60_000)")
    assert attempts.told == ["Created"]
    port = live.session.settings.port
    live.close()
    with ExitStack() as stack:
        server = None
        if successor != "none":
            server = stack.enter_context(Successor(port, "welcomes" in successor))
        found, signs = [], []
        for number in range(1, len(GROWING) + 1):
            found.append(pause(page))
            signs.append("The server is gone" in page.evaluate(SIGN))
            if signs[-1]:
                page.get_by_role("button", name="Dismiss").click()
            page.evaluate("goOn()")
            if server is not None:
                connection = server.accept()
                page.evaluate(NUDGES)
                assert page.evaluate("pauses()") == []
                assert not server.has_another()
                connection.close()
            attempts.wait_for("Closed", number + 1)
        pause(page)
        assert attempts.told == ["Created", "Closed"] * (len(GROWING) + 1)
        assert server is None or not server.has_another()
    assert found == GROWING
    assert signs[:3] == [False, False, True]
    if "welcomes" not in successor:
        assert not any(signs[3:]), "it stays dismissed"


@pytest.mark.parametrize(
    "nudge",
    [
        "document.dispatchEvent(new Event('visibilitychange'))",
        "dispatchEvent(new Event('online'))",
        "tick()",
    ],
)
def test_a_connection_that_is_dead_without_an_end_is_given_up(
    live: Live, folder: Path, page: Any, nudge: str
) -> None:
    """As after a laptop slept, or when it came into another network."""
    page.add_init_script(CLOCK)
    attempts = Attempts(page)
    with Relay(live.session.settings.port) as relay:
        page.goto(relay.url)
        connected(live)
        page.evaluate(nudge)
        holds(page, "!listens()")  # somebody has answered
        assert attempts.told == ["Created"]
        relay.fall_silent()
        write(folder, {"app.py": APP.replace("first", "second")})
        live.reloaded()
        assert page.evaluate(f"{nudge}; listens()")
        page.evaluate("pass(60_000); goOn()")
        assert pause(page) == 0
        page.evaluate("goOn()")
        attempts.wait_for("Created", 2)
        shows(page, "second")
