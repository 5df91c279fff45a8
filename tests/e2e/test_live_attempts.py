"""A page whose server is gone tries again without a storm; the test keeps its clock."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import Any

import pytest

from devtui.session.live import websocket
from tests.support.live import Live, Serve
from tests.support.pages import SIGN, follow, holds, reported, take_in
from tests.support.processes import DEADLINE

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
window.pauses = () => [...waiting.values()].map((one) => one.pause);
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
