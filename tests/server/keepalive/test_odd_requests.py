"""Requests whose head or framing is not what it should be, as RFC 9112 wants them answered."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from devtui.config.settings import Settings
from tests.support.live import Live
from tests.support.projects import app_environment, write

pytestmark = pytest.mark.e2e

SOURCE = """\
def app(environ, start_response):
    if environ["PATH_INFO"] == "/raised":
        raise RuntimeError("at once")
    if environ["PATH_INFO"] == "/streamed":
        start_response("200 OK", [])
        return iter([b"first,", b"second"])
    if environ["PATH_INFO"] == "/read":
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH", 0)))
    start_response("200 OK", [("Content-Length", "4")])
    return [b"fine"]
"""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("odd")
    write(folder, {"app.py": SOURCE})
    environment = app_environment()
    with Live(Settings(app="app", folder=folder, port=0, environment=environment)) as live:
        live.serving()
        yield live


def head(line: str, *fields: str) -> bytes:
    return "\r\n".join([line, "Host: localhost", *fields, "", ""]).encode("latin-1")


def until_closed(client: socket.socket) -> bytes:
    return b"".join(iter(lambda: client.recv(65536), b""))


def answer(live: Live, data: bytes, ends: bool = False) -> bytes:
    """Send the data; return all that comes until the server closes the connection."""
    with live.connect() as client:
        client.sendall(data)
        if ends:
            client.shutdown(socket.SHUT_WR)
        return until_closed(client)


@pytest.mark.parametrize("count", [1, 5])
def test_empty_lines_between_requests_cost_none_of_them(live: Live, count: int) -> None:
    request = head("GET / HTTP/1.1")
    last = head("GET / HTTP/1.1", "Connection: close")
    received = answer(live, request + b"\r\n" * count + last)
    assert received.count(b"HTTP/1.1 200") == 2


@pytest.mark.parametrize(
    ("line", "size"), [("HEAD /raised HTTP/1.1", 0), ("GET /three words HTTP/1.1", None)]
)
def test_a_row_has_the_bytes_that_were_sent(live: Live, line: str, size: int | None) -> None:
    received = answer(live, head(line, "Connection: close"))
    row = live.row(line.split()[1])
    sent = len(received.partition(b"\r\n\r\n")[2])
    assert row.size_bytes == sent == (sent if size is None else size)
