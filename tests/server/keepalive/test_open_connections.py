"""Several requests on one connection, against the same ones on a connection of their own."""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPResponse

import h11
import psutil
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from devtui.config.settings import Settings
from devtui.events import RequestStarted
from tests.support.live import Live, Serve
from tests.support.processes import eventually
from tests.support.projects import app_environment, app_source, write

pytestmark = pytest.mark.e2e

SOURCE = app_source("keepalive/open_connections.py")


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("open")
    write(folder, {"app.py": SOURCE})
    environment = app_environment()
    with Live(Settings(app="app", folder=folder, port=0, environment=environment)) as live:
        live.serving()
        # From then on a connection is read and written with the interpreter's lock.
        assert eventually(lambda: live.get("/ctypes").text == "1")
        yield live


def head(target: str, *fields: str, method: str = "GET") -> bytes:
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", *fields]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode()


def answers(client: socket.socket, methods: list[str]) -> list[tuple[int, bytes, bool]]:
    """The status and the body of each response, and whether the connection stays open after it."""
    found = []
    with client.makefile("rb") as stream:
        for method in methods:
            response = HTTPResponse(_Read(stream), method=method)  # type: ignore[arg-type]
            response.begin()
            body = response.read()
            found.append((response.status, body, not response.will_close))
            if response.will_close:
                assert stream.read() == b""
                break
    return found


class _Read:
    """What `HTTPResponse` takes for a socket: all responses come from one stream."""

    def __init__(self, stream: object) -> None:
        self._stream = stream

    def makefile(self, mode: str) -> object:
        return _Open(self._stream)


class _Open:
    def __init__(self, stream: object) -> None:
        self._stream = stream

    def close(self) -> None:
        """Leave the connection open."""

    def flush(self) -> None:
        """There is nothing to flush."""

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


# -- what keeps a connection open, and what does not ---------------------------------------------


@pytest.mark.parametrize(
    ("request_", "method", "status", "body", "stays"),
    [
        (head("/"), "GET", 200, b"fine", True),
        (head("/", method="HEAD"), "HEAD", 200, b"", True),
        (head("/", "Connection: close"), "GET", 200, b"fine", False),
        (b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET", 200, b"fine", False),
        (head("/streamed"), "GET", 200, b"first,second", True),
        (head("/streamed", method="HEAD"), "HEAD", 200, b"", True),
        (head("/nothing"), "GET", 204, b"", True),
        (head("/old"), "GET", 304, b"", True),
        (head("/long"), "GET", 200, b"fine", True),
        (head("/closes"), "GET", 200, b"fine", False),
        (head("/keeps"), "GET", 200, b"fine", True),
        (head("/dated"), "GET", 200, b"fine", True),
        (head("/closes", method="HEAD"), "HEAD", 200, b"", False),
        (head("/raised"), "GET", 500, None, True),
        (head("/", "Content-Length: 3", method="POST") + b"abc", "POST", 200, b"fine", True),
        (head("/read", "Content-Length: 3", method="PUT") + b"abc", "PUT", 200, b"3:294", True),
        (head("/some", "Content-Length: 5", method="PUT") + b"abcde", "PUT", 200, b"abc", True),
        (head("/read", "Transfer-Encoding: chunked", method="PUT")
         + b"3\r\nabc\r\n0\r\nA: b\r\n\r\n", "PUT", 200, b"3:294", True),
        (head("/", "Transfer-Encoding: chunked", method="PUT") + b"3\r\nabc\r\n0\r\n\r\n",
         "PUT", 200, b"fine", True),
        (head("/", "Content-Length: 200000", method="PUT") + b"x" * 200_000,
         "PUT", 200, b"fine", False),
        (head("/read", "Content-Length: 200000", method="PUT") + b"x" * 200_000,
         "PUT", 200, b"200000:24000000", True),
        (head("/", "Content-Length: 3", "Content-Length: 3") + b"abc", "GET", 200, b"fine", False),
        (head("/", "X-A: a\r\n b"), "GET", 200, b"fine", False),
    ],
    # pytest puts the name into the environment, where 128 KiB are too much for a new process.
    ids=lambda value: repr(value)[:80] if isinstance(value, bytes) else None,
)  # fmt: skip
def test_what_keeps_a_connection_open(
    live: Live, request_: bytes, method: str, status: int, body: bytes | None, stays: bool
) -> None:
    with live.connect() as client:
        client.sendall(request_ + head("/thread") * stays)
        found = answers(client, [method, "GET"][: 1 + stays])
    assert found[0] == (status, found[0][1] if body is None else body, stays)
    assert [answer[0] for answer in found] == [status, 200][: 1 + stays]


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_each_field_is_sent_once(live: Live, version: str) -> None:
    """What the app says about the connection between it and others is not for our client."""
    sent = {}
    for target in ("/keeps", "/dated", "/nothing-of-a-length"):
        with live.connect() as client:
            client.sendall(f"GET {target} HTTP/{version}\r\nHost: a\r\n\r\n".encode())
            response = HTTPResponse(client, method="GET")
            response.begin()
            sent[target] = response.getheaders()
    for fields in sent.values():
        names = [name.lower() for name, _ in fields]
        assert len(names) == len(set(names)), fields
    assert ("Connection", "Keep-Alive") not in sent["/keeps"]
    assert {("Date", "Mon, 01 Jan 2001 00:00:00 GMT"), ("SERVER", "mine")} <= {*sent["/dated"]}
    # RFC 9110, section 8.6.
    assert "content-length" not in [name.lower() for name, _ in sent["/nothing-of-a-length"]]


@pytest.mark.parametrize("target", ["/broken", "/broken-of-a-length", "/short", "/own-chunks"])
def test_a_response_without_a_proper_end_closes_the_connection(live: Live, target: str) -> None:
    with live.connect() as client:
        client.sendall(head(target) * 2)
        received = b"".join(iter(lambda: client.recv(65536), b""))
    assert received.count(b"HTTP/1.1 ") == 1
    if target == "/short":
        assert live.row(target).cut == "its body is 6 bytes shorter than its Content-Length"


@pytest.mark.parametrize("body", [b"3\nabc\n0\n\n", b"3;a\rb\r\nabc\r\n0\r\n\r\n"])
def test_chunks_whose_end_is_in_doubt_close_the_connection(live: Live, body: bytes) -> None:
    """A proxy could take what follows for a part of the body, or the other way round."""
    with live.connect() as client:
        client.sendall(
            head("/read", "Transfer-Encoding: chunked", method="POST") + body + head("/")
        )
        received = b"".join(iter(lambda: client.recv(65536), b""))
    assert received.endswith(b"3:294")


@pytest.mark.parametrize("first", [b"", head("/read", "Content-Length: 3", method="POST") + b"abc"])
def test_an_empty_line_before_a_request_is_ignored(live: Live, first: bytes) -> None:
    methods = ["POST"] * bool(first)
    for pause in (False, True):
        with live.connect() as client:
            client.sendall(first + b"\r\n")
            if pause:
                assert [answer[0] for answer in answers(client, methods)] == [200] * len(methods)
                live.get("/")  # meanwhile the server has read the empty line
            client.sendall(head("/thread"))
            expected = ["GET"] if pause else [*methods, "GET"]
            assert [answer[0] for answer in answers(client, expected)] == [200] * len(expected)


def test_a_client_that_asks_first_hears_once_that_it_may_send(live: Live) -> None:
    with live.connect() as client:
        for _ in range(2):
            client.sendall(
                head("/read", "Expect: 100-continue", "Content-Length: 3", method="POST")
            )
            assert client.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
            client.sendall(b"abc")
            assert answers(client, ["POST"]) == [(200, b"3:294", True)]


# -- against the same requests alone -------------------------------------------------------------

TARGETS = ["/", "/read", "/some", "/streamed", "/nothing", "/old", "/long", "/raised", "/broken",
           "/short", "/closes"]  # fmt: skip


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, bytes]:
    method = draw(st.sampled_from(["GET", "POST", "HEAD"]))
    target = draw(st.sampled_from(TARGETS))
    fields = draw(st.lists(st.sampled_from(["X-A: b", "Accept: text/plain", "X-B:  "]), max_size=2))
    body = draw(st.binary(max_size=20) if draw(st.booleans()) else st.just(b"GET / HTTP/1.1\r\n"))
    kind = draw(st.sampled_from(["none", "none", "length", "chunks", "close", "both", "odd"]))
    if kind == "length":
        return method, head(target, *fields, f"Content-Length: {len(body)}", method=method) + body
    if kind == "chunks":
        chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
        coded = head(target, *fields, "Transfer-Encoding: chunked", method=method)
        return method, coded + chunk + b"0\r\n\r\n"
    if kind == "close":
        fields.append("Connection: close")
    elif kind == "both":
        fields += ["Content-Length: 0", "Transfer-Encoding: chunked"]
    elif kind == "odd":  # its app may read whatever follows
        target, fields = "/", [*fields, "X-A : b"]
    return method, head(target, *fields, method=method) + b"0\r\n\r\n" * (kind == "both")


VARIES = re.compile(rb"Date: [^\r]*\r\n")
ENDING = re.compile(rb"\r\n(Connection: close|X-A : b|Content-Length: 0\r\nTransfer-.*)\r\n")
# Werkzeug answers these itself, and sends the body that an app gives to a 204.
DOUBT = re.compile(rb"\r\n(X-A : b|Content-Length: 0\r\nTransfer-.*)\r\n")
ENDLESS = re.compile(rb"^([A-Z]+ /broken|(GET|POST) /short) ")


def alone(live: Live, request_: bytes) -> bytes:
    """The response on a connection whose client sends nothing more."""
    with live.connect() as client:
        client.sendall(request_)
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(65536), b""))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@example([("HEAD", head("/closes", method="HEAD"))], [])  # its app closes the connection itself
@given(st.lists(requests(), min_size=1, max_size=5), st.lists(st.integers(1, 60), max_size=4))
def test_responses_are_those_of_the_same_requests_alone(
    live: Live, asked: list[tuple[str, bytes]], cuts: list[int]
) -> None:
    """However the bytes are cut: each response is the same, and up to the first that closes.

    Only after the last one the client does not expect another response.
    """
    last = next((n for n, (_, data) in enumerate(asked) if ENDING.search(data)), len(asked))
    asked = asked[: last + 1]
    data = b"".join(request_ for _, request_ in asked)
    with live.connect() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for cut in cuts:
            client.sendall(data[:cut])
            data = data[cut:]
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        received = b"".join(iter(lambda: client.recv(65536), b""))
    expected = b""
    for _, request_ in asked:
        expected += (response := alone(live, request_))
        if b"Connection: close" in response or ENDLESS.search(request_):
            break
    assert VARIES.sub(b"", received) == VARIES.sub(b"", expected)
    if not any(ENDLESS.search(request_) or DOUBT.search(request_) for _, request_ in asked):
        assert read_by_h11(received, [method for method, _ in asked])


def read_by_h11(received: bytes, methods: list[str]) -> list[bytes]:
    """Return the bodies of the responses as h11 reads them, up to the end of the connection."""
    client, bodies = h11.Connection(h11.CLIENT), list[bytes]()
    client.receive_data(received)
    client.receive_data(b"")
    for method in methods:
        client.send(h11.Request(method=method, target="/", headers=[("Host", "a")]))
        client.send(h11.EndOfMessage())
        body = b""
        while not isinstance(event := client.next_event(), h11.EndOfMessage):
            body += bytes(event.data) if isinstance(event, h11.Data) else b""
        bodies.append(body)
        if client.our_state is not h11.DONE or client.their_state is not h11.DONE:
            break
        client.start_next_cycle()
    assert client.trailing_data[0] == b"", "there is more than the responses"
    return bodies


# -- what the app sees ---------------------------------------------------------------------------


def test_the_context_of_a_request_is_its_own(live: Live) -> None:
    with live.connect() as client:
        client.sendall(head("/context") * 3)
        assert answers(client, ["GET"] * 3) == [(200, b"nothing", True)] * 3


def test_the_thread_is_named_as_ever(live: Live) -> None:
    name = live.get("/thread").text
    assert re.fullmatch(r"Thread-\d+ \(process_request_thread\)|Thread-\d+", name)


def test_each_request_of_a_connection_has_its_own_row(live: Live) -> None:
    with live.connect() as client:
        began = time.monotonic()
        client.sendall(head("/slow?a", "X-A: b") + head("/slow?b") + head("/none?", method="HEAD"))
        answers(client, ["GET", "GET", "HEAD"])
    rows = [live.row(target) for target in ("/slow?a", "/slow?b", "/none?")]
    took_ms = (time.monotonic() - began) * 1000
    assert [row.size_bytes for row in rows] == [4, 4, 0]
    # None of them counts the time of the one before it.
    assert sum(row.duration_ms for row in rows) <= took_ms
    assert [row.cut for row in rows] == ["", "", ""]
    assert {row.client for row in rows} == {"127.0.0.1"}
    assert not any(name == "Connection" for row in rows for name, _ in row.response_headers)
    headers = [event.headers for event in live.all(RequestStarted) if event.target == "/slow?b"]
    assert headers == [(("Host", "localhost"),)]


# -- idle connections ----------------------------------------------------------------------------


def idle_threads(live: Live) -> int:
    return psutil.Process(live.serving().pid).num_threads()


def test_an_idle_connection_holds_no_thread_and_goes_on(live: Live) -> None:
    live.get("/")
    before = idle_threads(live)
    with ExitStack() as stack:
        clients = [stack.enter_context(live.connect()) for _ in range(100)]
        for client in clients[50:]:
            client.sendall(head("/"))
            assert answers(client, ["GET"]) == [(200, b"fine", True)]
        assert eventually(lambda: idle_threads(live) <= before)
        for client in clients:
            client.sendall(head("/"))
            assert answers(client, ["GET"]) == [(200, b"fine", True)]
    assert live.get("/").text == "fine"


def test_a_connection_over_tls_stays_open_and_holds_no_thread(serve: Serve) -> None:
    live = serve(SOURCE, cert="adhoc")
    live.serving()
    live.get("/")
    before = idle_threads(live)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with context.wrap_socket(live.connect()) as client:
        for _ in range(3):
            client.sendall(head("/") * 2)
            assert answers(client, ["GET"] * 2) == [(200, b"fine", True)] * 2
            assert eventually(lambda: idle_threads(live) <= before)


def test_without_threads_a_connection_is_closed(serve: Serve) -> None:
    live = serve(SOURCE, threaded=False)
    live.serving()
    with live.connect() as client:
        client.sendall(head("/"))
        assert answers(client, ["GET"]) == [(200, b"fine", False)]
