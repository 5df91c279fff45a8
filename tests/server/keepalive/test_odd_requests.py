"""Requests whose head or framing is not what it should be, as RFC 9112 wants them answered."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator

import pytest

from devtui.config.settings import Settings
from devtui.events import LogWritten
from tests.support.live import Live, Serve
from tests.support.processes import DEADLINE
from tests.support.projects import app_environment, app_source, write

pytestmark = pytest.mark.e2e

SOURCE = app_source("keepalive/odd_requests.py")


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


@pytest.mark.parametrize("fields", [[], ["Connection: keep-alive"], ["X-A: a", " folded"]])
def test_a_client_of_http_1_0_gets_no_chunks(live: Live, fields: list[str]) -> None:
    """It would take them for a part of the body (RFC 9112, section 6.1)."""
    received = answer(live, head("GET /streamed HTTP/1.0", *fields))
    assert received.endswith(b"\r\nConnection: close\r\n\r\nfirst,second")
    assert b"chunked" not in received


def test_a_client_of_http_1_0_is_not_told_to_go_on(live: Live) -> None:
    """It would take that for the response (RFC 9110, section 10.1.1)."""
    fields = "Expect: 100-continue", "Content-Length: 3"
    assert answer(live, head("POST /read HTTP/1.0", *fields) + b"abc").startswith(b"HTTP/1.1 200")


def test_a_client_with_an_odd_head_hears_once_that_it_may_send(live: Live) -> None:
    with live.connect() as client:
        client.sendall(
            head("POST /read HTTP/1.1", "Expect: 100-continue", "Content-Length: 3", "X-A: a", " b")
        )
        assert client.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"abc")
        assert until_closed(client).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "field",
    [
        "Content-Length: +4",
        "Content-Length: 4, 5",
        "Content-Length: 4\r\nContent-Length: 5",
        "Content-Length:",
        "Content-Length : 4",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked, gzip",
        "Transfer-Encoding: \x0bchunked",
        "Content-Length: 4\r\nTransfer-Encoding: identity",
    ],
)
def test_a_body_without_a_certain_end_is_refused(live: Live, field: str) -> None:
    """RFC 9112, sections 5.1 and 6.3."""
    received = answer(live, head("POST /refused HTTP/1.1", field) + head("GET / HTTP/1.1"))
    assert received.startswith(b"HTTP/1.1 400 ")
    assert received.count(b"HTTP/1.1 ") == 1
    assert live.row("/refused").status == 400


@pytest.mark.parametrize(
    "field",
    [
        "Content-Length: 4, 4",
        "Content-Length: 4\r\nContent-Length: 4",
        "Content-Length: 9\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding:\r\n chunked",
    ],
)
def test_a_body_with_a_doubtful_head_is_answered(live: Live, field: str) -> None:
    received = answer(live, head("POST / HTTP/1.1", field) + b"4\r\nabcd\r\n0\r\n\r\n")
    assert received.endswith(b"fine")


@pytest.mark.parametrize(
    ("line", "field", "body"),
    [
        ("POST /all HTTP/1.1", "X-A: a\r\n b\r\nContent-Length: 4", b"4:abcd"),
        ("POST http://localhost/all HTTP/1.1", "Content-Length: 4", b"4:abcd"),
        (
            "POST /all HTTP/1.1",
            "Upgrade: h2c\r\nConnection: upgrade\r\nContent-Length: 4",
            b"4:abcd",
        ),
        ("POST /all HTTP/1.1", "Content-Length: 4, 4", b"4:abcd"),
        ("POST /all HTTP/1.1", "Content-Length: 4\r\nContent-Length: 4", b"4:abcd"),
        ("POST /all HTTP/1.1", "X-A: a\r\n b", b":"),
        ("POST /all HTTP/1.0", "X-A: a\r\n b", b":"),
        ("POST /all HTTP/1.1", "X-A: a\r\n b\r\nTransfer-Encoding: chunked", b":d"),
        ("POST /all HTTP/1.1", "Content-Length: 9\r\nTransfer-Encoding: chunked", b":d"),
    ],
)
def test_a_body_ends_where_an_odd_head_says(live: Live, line: str, field: str, body: bytes) -> None:
    """An app that reads to the end must not wait for more, as long as the client is there."""
    sent = b"1\r\nd\r\n0\r\n\r\n" if "chunked" in field else b"abcdefgh"
    assert answer(live, head(line, field) + sent).endswith(b"\r\n\r\n" + body)


@pytest.mark.parametrize("field", ["Host: b", "Host: localhost", "Host:"])
def test_two_hosts_are_refused(live: Live, field: str) -> None:
    """RFC 9112, section 3.2: one part of a chain of servers could trust the other one."""
    for version in ("1.0", "1.1"):
        received = answer(live, head(f"GET /refused HTTP/{version}", field))
        assert received.startswith(b"HTTP/1.1 400 A request needs one Host field")


@pytest.mark.parametrize("field", ["", "Host: a/b\r\n", "Host: a b\r\n", "Host: \x80\r\n"])
def test_a_request_without_a_host_is_refused(live: Live, field: str) -> None:
    received = answer(live, f"GET /refused HTTP/1.1\r\n{field}\r\n".encode("latin-1"))
    assert received.startswith(b"HTTP/1.1 400 A request needs one Host field")


@pytest.mark.parametrize(
    "fields",
    ["Xb", "Xb\r\nContent-Length: 4", ": b", "X-A: a\rb", "X-A: a\rContent-Length: 4",
     "X-A: a\0b", "From a", "X-A: b\r\nFrom a", "X-A: a\r"],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["text/plain", "message/rfc822", "multipart/a; boundary=a"])
def test_a_head_with_a_line_that_is_no_field_is_refused(live: Live, fields: str, kind: str) -> None:
    """The standard parser drops such a line, or it and all that follow, the body's length too."""
    received = answer(
        live, head("POST /refused HTTP/1.1", fields, f"Content-Type: {kind}", "X-Last: a")
    )
    assert received.startswith(b"HTTP/1.1 400 ")
    assert b"200 OK" not in received


@pytest.mark.parametrize(
    ("line", "status"), [("GET / HTTP/2.0", 505), ("GET / http/1.1", 400), ("hello", 400)]
)
def test_a_client_that_speaks_another_version_gets_a_whole_error(
    live: Live, line: str, status: int
) -> None:
    """Only a client that names no version gets a body without a head (HTTP/0.9)."""
    received = answer(live, head(line))
    assert received.startswith(b"HTTP/1.1 %d " % status)


@pytest.mark.parametrize("cut", [1, 2, 3, 20])
def test_an_app_does_not_see_half_a_head(live: Live, cut: int) -> None:
    """What the client did not send may change what the request means."""
    received = answer(live, head("POST /half HTTP/1.1", "X-A: bcdefghijkl")[:-cut], ends=True)
    assert received.startswith(b"HTTP/1.1 400 ")
    assert live.row("/half").status == 400


@pytest.mark.parametrize("count", [1, 5])
def test_empty_lines_between_requests_cost_none_of_them(live: Live, count: int) -> None:
    request = head("GET / HTTP/1.1")
    last = head("GET / HTTP/1.1", "Connection: close")
    received = answer(live, request + b"\r\n" * count + last)
    assert received.count(b"HTTP/1.1 200") == 2


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("GET / HTTP/1.1\r\n" + "X-A: b\r\n" * 300_000, 431),
        ("GET /" + "a" * 3_000_000, 414),
        ("POST /a b HTTP/1.1\r\n\r\n" + "a" * 3_000_000, 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nX-A: a\r\n b\r\n\r\n" + "a" * 3_000_000, 200),
    ],
    ids=["fields", "target", "body", "body of an odd head"],
)
def test_a_client_reads_the_answer_although_it_sends_more(
    live: Live, line: str, status: int
) -> None:
    """A connection that is closed with unread bytes is reset (RFC 9112, section 9.6)."""
    assert answer(live, line.encode()).startswith(b"HTTP/1.1 %d " % status)


def test_the_connection_is_closed_although_the_client_sends_more(live: Live) -> None:
    """The client that waits for the end must not have to end first."""
    with live.connect() as client:
        client.sendall(head("POST / HTTP/1.1", "Content-Length: 3", "X-A: a", " b") + b"abc")
        received = client.recv(65536)
        client.sendall(b"more")
        received += until_closed(client)
    assert received.endswith(b"fine")


@pytest.mark.parametrize(
    ("line", "size"), [("HEAD /raised HTTP/1.1", 0), ("GET /three words HTTP/1.1", None)]
)
def test_a_row_has_the_bytes_that_were_sent(live: Live, line: str, size: int | None) -> None:
    received = answer(live, head(line, "Connection: close"))
    row = live.row(line.split()[1])
    sent = len(received.partition(b"\r\n\r\n")[2])
    assert row.size_bytes == sent == (sent if size is None else size)


def test_an_app_without_poll_is_served(serve: Serve) -> None:
    """eventlet removes `select.poll`."""
    live = serve("import select\ndel select.poll\n" + SOURCE)
    live.serving()
    with live.connect() as client:
        for number in range(3):
            client.sendall(head(f"GET /{number} HTTP/1.1"))
            assert client.recv(65536).endswith(b"fine")
            assert live.row(f"/{number}").cut == ""
    assert not any("Traceback" in line.text for line in live.all(LogWritten))


def test_the_log_shows_where_a_stream_broke_and_no_line_of_ours(live: Live) -> None:
    assert answer(live, head("GET /broken HTTP/1.1")).endswith(b"first,\r\n")
    live.line("RuntimeError: in the middle")
    shown = [line.text for line in live.all(LogWritten) if line.text.startswith("  File ")]
    assert [line for line in shown if "in broken" in line]
    assert [line for line in shown if "devtui" in line and "app.py" not in line] == []


def test_each_request_on_a_unix_socket_has_the_same_client(serve: Serve) -> None:
    with tempfile.TemporaryDirectory() as short, socket.socket(socket.AF_UNIX) as client:
        live = serve(SOURCE, host=f"unix://{short}/a")
        live.serving()
        client.settimeout(DEADLINE)
        client.connect(f"{short}/a")
        for number in range(2):
            client.sendall(head(f"GET /{number} HTTP/1.1"))
            assert client.recv(65536).endswith(b"fine")
    assert {live.row(f"/{number}").client for number in range(2)} == {"unix"}
