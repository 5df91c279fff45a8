"""The script's own requests: answered before the app, without a row, and for its pages alone."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from devtui.events import RequestFinished
from devtui.session.live.live_pages import MAX_CONNECTIONS
from tests.support.live import Live, Serve
from tests.support.processes import DEADLINE, eventually

APP = """\
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/html")])
    return [b"<title>x</title>of the app"]
"""
UPGRADE = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\n"
DOCUMENT = {"Sec-Fetch-Dest": "document"}
OWN = UPGRADE + "Origin: http://127.0.0.1\r\n"


@pytest.fixture
def live(serve: Serve) -> Live:
    live = serve(APP)
    live.serving()
    return live


def first_line(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n" not in data:
        got = connection.recv(4096)
        assert got, f"closed after {data!r}"
        data += got
    return data.partition(b"\r\n")[0]


def ask(live: Live, target: str, more: str = UPGRADE) -> socket.socket:
    connection = live.connect()
    connection.sendall(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n{more}\r\n".encode())
    return connection


def key_of(live: Live) -> str:
    page = live.get("/", headers=DOCUMENT).text
    found = re.search('src="(/.devtui/live.js[^"]*)" data-key="([^"]+)" data-version="1.0"', page)
    assert found is not None, page
    script = live.get(found[1])
    assert script.status == 200
    assert "WebSocket" in script.text
    return found[2]


def test_the_script_s_requests_make_no_rows_and_the_app_s_do(live: Live) -> None:
    key = key_of(live)
    with ask(live, f"/.devtui/live?key={key}") as connection:
        assert first_line(connection) == b"HTTP/1.1 101 Switching Protocols"
        assert live.get("/.devtui/of-the-app").text.endswith("of the app")
        live.row("/.devtui/of-the-app")
    assert [row.target for row in live.all(RequestFinished)] == ["/", "/.devtui/of-the-app"]


@pytest.mark.parametrize(
    ("more", "line"),
    [
        (UPGRADE, b"HTTP/1.1 403 Forbidden"),
        (UPGRADE + "Origin: http://evil.example\r\n", b"HTTP/1.1 403 Forbidden"),
        (OWN, b"HTTP/1.1 101 Switching Protocols"),
        ("", b"HTTP/1.1 426 Upgrade Required"),
    ],
)
def test_only_the_app_s_pages_can_connect(live: Live, more: str, line: bytes) -> None:
    with ask(live, "/.devtui/live?key=guessed", more) as connection:
        assert first_line(connection) == line


def test_a_proxy_that_does_not_pass_on_websockets_is_said_once(live: Live) -> None:
    """It leaves out the headers that are for one connection, and passes on the others."""
    for _ in range(2):
        with ask(live, "/.devtui/live?key=x", "Sec-WebSocket-Key: x\r\n") as connection:
            assert first_line(connection) == b"HTTP/1.1 426 Upgrade Required"
    reason = "a proxy in front of devtui does not pass on WebSockets (Upgrade)."
    assert live.line("does not follow").text == f"A page of the app does not follow saves: {reason}"
    live.visit("/")
    assert len(live.lines("does not follow")) == 1


@pytest.mark.parametrize(
    "data", [b"no frame at all", b"\x81\x84....\x00\x00\x00\x00", b"\xff" * 20]
)
def test_a_page_that_sends_nonsense_is_disconnected(live: Live, data: bytes) -> None:
    with ask(live, "/.devtui/live", OWN) as connection:
        assert first_line(connection).startswith(b"HTTP/1.1 101")
        connection.sendall(data)
        connection.settimeout(DEADLINE)
        while connection.recv(4096):
            continue
    assert live.session.live.count == 0


def test_one_client_cannot_take_all_connections(live: Live) -> None:
    with ExitStack() as stack:
        for _ in range(MAX_CONNECTIONS):
            connection = stack.enter_context(ask(live, "/.devtui/live", OWN))
            assert first_line(connection).startswith(b"HTTP/1.1 101")
        refused = stack.enter_context(ask(live, "/.devtui/live", OWN))
        assert refused.recv(4096) == b""
    live.line(f"{MAX_CONNECTIONS} pages are open: no more of them follow saves.")

    def opens() -> bool:
        with ask(live, "/.devtui/live", OWN) as connection:
            return connection.recv(4096).startswith(b"HTTP/1.1 101")

    assert eventually(opens)


LOGGING = """\
import logging
logging.basicConfig(level=logging.INFO)

def app(environ, start_response):
    logging.getLogger("shop").warning("asked for %s", environ["PATH_INFO"])
    start_response("200 OK", [("Content-Type", "text/html")])
    return [b"<title>x</title>of the app"]
"""


def said(text: str) -> bytes:
    """Return a frame as a browser sends it, with a mask that changes nothing."""
    return bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text.encode()


def messages(connection: socket.socket) -> Iterator[dict[str, Any]]:
    """Read the messages of the session, each of one short frame."""
    with connection.makefile("rb") as stream:
        assert b" 101 " in stream.readline()
        while stream.readline() != b"\r\n":
            continue
        connection.sendall(said("1.0 t0"))
        while True:
            _, length = stream.read(2)
            size = int.from_bytes(stream.read(2), "big") if length == 126 else length
            yield json.loads(stream.read(size))


@pytest.mark.parametrize(
    ("host", "query", "why"),
    [
        ("127.0.0.1", "key={key}", ""),
        ("evil.example", "key={key}", "a name that leads to this machine"),
        ("127.0.0.1", "key=guessed", "a program that knows only where the app is"),
    ],
)
def test_the_log_is_for_the_developer_s_own_pages(
    serve: Serve, host: str, query: str, why: str
) -> None:
    live = serve(LOGGING, live_console=True)
    live.serving()
    found = re.search('data-key="([^"]+)"', live.get("/", headers=DOCUMENT).text)
    assert found is not None
    head = f"GET /.devtui/live?{query.format(key=found[1])} HTTP/1.1\r\nHost: {host}\r\n"
    with live.connect() as connection:
        connection.sendall(f"{head}{UPGRADE}Origin: http://{host}\r\n\r\n".encode())
        received = messages(connection)
        if not why:
            assert next(received) == {
                "do": "log",
                "entries": [["warn", "WARNING:shop:asked for /"]],
                "left_out": 0,
                "heard": "n1",
            }
            return
        heard: list[dict[str, Any]] = []
        asking = threading.Thread(target=lambda: heard.append(next(received)))
        asking.start()
        live.line("A page gets no log in its console")
        live.get("/more")
        live.line("asked for /more")
        live.call(live.session.restart)
        asking.join(DEADLINE)
        assert [message["do"] for message in heard] == ["reload"]


def test_without_live_everything_is_the_app_s(serve: Serve) -> None:
    live = serve(APP, live=False)
    live.serving()
    page = live.get("/", headers={"Sec-Fetch-Dest": "document"})
    assert page.text == "<title>x</title>of the app"
    assert live.get("/.devtui/live.js").text == page.text


def test_without_live_an_older_page_that_tries_again_makes_no_rows(serve: Serve) -> None:
    live = serve(APP, live=False)
    live.serving()
    with ask(live, "/.devtui/live?key=of-an-earlier-session") as connection:
        assert first_line(connection) == b"HTTP/1.1 404 Not Found"
    live.visit("/")
    assert [row.target for row in live.all(RequestFinished)] == ["/"]
