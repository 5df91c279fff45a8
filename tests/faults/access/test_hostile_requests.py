"""Hostile clients: the server answers the next request, rows are sane, memory is bounded."""

from __future__ import annotations

import re
import resource
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from devtui.config.settings import Settings
from devtui.events import ErrorRaised, RequestFinished, RequestStarted, encode
from devtui.server.exchange.bodies import MAX_HEAD
from devtui.server.exchange.exchange import MAX_METHOD, MAX_TARGET
from devtui.server.keepalive.connections import MAX_OPEN
from tests.support import hostile
from tests.support.live import Live
from tests.support.processes import DEADLINE, eventually
from tests.support.projects import app_environment, app_source, write
from tests.support.terminal.starter import Devtui

pytestmark = pytest.mark.e2e

APP = app_source("hostile.py")

# The largest size of a row as JSON: two bodies of 32 kB, each byte escaped, and two heads.
MAX_ROW_BYTES = 600_000

# The memory in bytes that any of this may cost: a body is drained in pieces of 10 MB.
MAX_GROWTH = 64_000_000

LARGE = 2**28  # four times what may be kept of it
PIECE = b"x" * 2**20

# Fewer descriptors than clients, as on macOS, where the limit is 256.
FEW = 256
LIMITED = f"import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, ({FEW}, {FEW}))\n"


def served(folder: Path, source: str, **settings: str) -> Live:
    write(folder, {"app.py": source})
    environment = app_environment()
    return Live(Settings(app="app", folder=folder, port=0, environment=environment, **settings))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with served(tmp_path_factory.mktemp("hostile"), APP) as live:
        live.serving()
        live.visit("/")
        yield live


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with served(tmp_path_factory.mktemp("limited"), LIMITED + APP) as live:
        live.serving()
        yield live


def sent(live: Live, data: bytes) -> bytes:
    """Send all data and close that direction; return what the server lets us read."""
    answer = b""
    with live.connect() as client:
        _send_to_the_end(client, data)
        with suppress(ConnectionError):
            while piece := client.recv(65536):
                answer += piece
    return answer


def _send_to_the_end(client: socket.socket, data: bytes) -> None:
    with suppress(OSError):  # the server may refuse it before its end
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)


def rows_since(live: Live, count: int) -> list[RequestFinished]:
    """Send another request; return the other new rows, each sane and bounded."""
    following = live.visit("/next")
    assert (following.status, following.size_bytes) == (200, len("fine"))
    assert eventually(lambda: live.session.generations.running == 0), "a request runs on"
    rows = [row for row in live.all(RequestFinished)[count:] if row.target != "/next"]
    for row in rows:
        assert len(row.method) <= MAX_METHOD
        assert len(row.target) <= MAX_TARGET
        assert sum(len(name) + len(value) for name, value in row.response_headers) <= MAX_HEAD
        kept = live.session.store.request(row.id)
        assert kept is not None
        assert kept.finished == row
        assert sum(len(name) + len(value) for name, value in kept.started.headers) <= MAX_HEAD
        assert len(encode(row)) + len(encode(kept.started)) < MAX_ROW_BYTES
    return rows


@contextmanager
def rows_expected(live: Live, count: int = 1) -> Iterator[None]:
    """Wait at the end of the block for this many rows, so the next test does not count them."""
    before = len(live.all(RequestFinished))
    yield
    live.until(lambda: len(live.all(RequestFinished)) >= before + count)


def peak_memory(live: Live) -> int:
    """Return the peak resident memory of the server process, in bytes."""
    status = Path(f"/proc/{live.serving().pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024


@pytest.mark.parametrize("name", hostile.REQUESTS)
def test_each_has_its_answer_and_its_row(live: Live, name: str) -> None:
    data, status = hostile.REQUESTS[name]
    before, peak = len(live.all(RequestFinished)), peak_memory(live)
    with rows_expected(live):
        answer = sent(live, data)
    assert b"\nSet-Cookie:" not in answer
    (row,) = rows_since(live, before)
    assert (row.status, row.cut) == (status, "")
    assert peak_memory(live) - peak < MAX_GROWTH


def test_a_long_target_is_cut(live: Live) -> None:
    before = len(live.all(RequestFinished))
    with rows_expected(live):
        sent(live, hostile.get(b"/long?" + b"a" * 100_000))
    (row,) = rows_since(live, before)
    assert (row.method, row.target[:8], row.target[-1]) == ("GET", "/long?aa", "…")


def test_tls_on_a_plain_port_is_recognised(live: Live) -> None:
    with rows_expected(live):
        sent(live, hostile.CLIENT_HELLO)
    live.line("This is TLS, and the server speaks plain HTTP")


def test_an_injected_header_is_the_app_s_error(live: Live) -> None:
    with rows_expected(live):
        sent(live, hostile.get(b"/inject/value"))
    error = live.wait_for(ErrorRaised, lambda event: "Set-Cookie" in event.error.text)
    raised = error.error.exceptions[0]
    assert raised.type == "ValueError"
    assert [frame.own for frame in raised.frames] == [True, True]  # it points into the app


@pytest.mark.parametrize(
    ("data", "count"), [(b"", 0), (b"\r\n", 0), (b"G", 1), (b"GET / HTTP/1.1\r\nHost:", 1)]
)
def test_garbage_harms_nobody(live: Live, data: bytes, count: int) -> None:
    before = len(live.all(RequestFinished))
    with rows_expected(live, count):
        sent(live, data)
    assert len(rows_since(live, before)) == count


def test_a_byte_at_a_time(live: Live) -> None:
    request = hostile.post(b"Content-Length: 3", b"Transfer-Encoding: chunked", body=b"1\r\na\r\n")
    asked = range(0, len(request), 20)
    with rows_expected(live, 1 + len(asked)), live.connect() as client:
        for number in range(len(request)):
            client.sendall(request[number : number + 1])
            if number in asked:
                assert live.get("/meanwhile").text == "fine"
        client.sendall(b"0\r\n\r\n")
        assert b"\r\n\r\n1\r\n1\r\n" in b"".join(iter(lambda: client.recv(65536), b""))


def test_a_client_that_stops_in_its_body_blocks_nobody(live: Live) -> None:
    with rows_expected(live, 2), live.connect() as client:
        client.sendall(hostile.post(b"Content-Length: 100", body=b"only this"))
        live.until(lambda: live.session.generations.running == 1)
        assert live.get("/meanwhile").text == "fine"
    assert eventually(lambda: live.session.generations.running == 0)


def stream(live: Live, head: bytes, size: int) -> bytes:
    """Send a head and `size` bytes of body, in pieces; return the response."""
    with live.connect() as client:
        client.sendall(head)
        for _ in range(size // len(PIECE)):
            client.sendall(PIECE)
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(65536), b""))


@pytest.mark.parametrize("target", ["/unread", "/read"])
def test_a_large_body_is_not_kept(live: Live, target: str) -> None:
    before, peak = len(live.all(RequestFinished)), peak_memory(live)
    if target == "/read":  # a plain WSGI app stops by itself at the body's end
        framed = hostile.get(b"/read", b"Transfer-Encoding: chunked", hostile.CLOSE, method=b"POST")
        head, size = framed + b"%x\r\n" % LARGE, LARGE
        with live.connect() as client:
            client.sendall(head)
            for _ in range(size // len(PIECE)):
                client.sendall(PIECE)
            client.sendall(b"\r\n0\r\n\r\n")
            answer = b"".join(iter(lambda: client.recv(65536), b""))
        assert str(LARGE).encode() in answer
    else:
        head = hostile.get(b"/unread", b"Content-Length: %d" % LARGE, method=b"POST")
        assert b"fine" in stream(live, head, LARGE)
    (row,) = rows_since(live, before)
    assert row.status == 200
    assert peak_memory(live) - peak < MAX_GROWTH
    if target == "/read":
        assert row.request_body is not None
        assert row.request_body.size_bytes == LARGE


def test_a_response_without_end(live: Live) -> None:
    before, peak = len(live.all(RequestFinished)), peak_memory(live)
    with live.connect() as client:
        client.sendall(hostile.get(b"/endless"))
        got = 0
        while got < 100_000_000:
            got += len(client.recv(2**20))
    (row,) = rows_since(live, before)
    assert (row.status, row.cut) == (200, "the client closed the connection")
    assert row.size_bytes >= 100_000_000
    assert peak_memory(live) - peak < MAX_GROWTH


# -- many at once ------------------------------------------------------------------------------

HALF_SENT = {
    "nothing": b"",
    "half of a head": b"GET / HT",
    "half of a body": hostile.post(b"Content-Length: 5", body=b"ab"),
    "no taking of the answer": hostile.get(b"/endless"),
}


@pytest.mark.parametrize("what", HALF_SENT)
def test_more_connections_than_descriptors(limited: Live, what: str) -> None:
    count = 1_200 if what == "nothing" else 400
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < count + 200:
        pytest.skip(f"this machine allows {most} descriptors, which is too few for {count} clients")
    process = psutil.Process(limited.serving().pid)
    with ExitStack() as stack:
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, most))
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count + 200), most))
        for _ in range(count):
            client = stack.enter_context(limited.connect())
            with suppress(ConnectionError):
                client.sendall(HALF_SENT[what])
        for _ in range(3):
            assert limited.get("/next").text == "fine"
        # The app can still open files, and nothing grows with the number of clients.
        assert eventually(lambda: limited.get("/next") and process.num_fds() < FEW * 3 // 4)
        assert process.num_threads() < FEW
        assert process.memory_info().rss < 150_000_000
    limited.line("Too many connections are open")
    assert eventually(lambda: limited.session.generations.running == 0)
    assert limited.session.generation == 1


def test_a_client_that_waits_for_the_app_is_never_closed(limited: Live) -> None:
    with ExitStack() as stack:
        held = stack.enter_context(limited.connect())
        held.sendall(hostile.get(b"/hold", hostile.CLOSE))
        limited.wait_for(RequestStarted, lambda event: event.target == "/hold")
        for _ in range(400):
            stack.enter_context(limited.connect())
        assert limited.get("/release").text == "fine"
        assert b"held" in b"".join(iter(lambda: held.recv(65536), b""))


def test_a_thousand_silent_clients(live: Live) -> None:
    """With plenty of descriptors our own limit counts: each connection costs a thread."""
    process = psutil.Process(live.serving().pid)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < 4 * MAX_OPEN + 200:
        pytest.skip(f"this machine allows only {most} descriptors")
    with ExitStack() as stack:
        for _ in range(2 * MAX_OPEN):
            stack.enter_context(live.connect())
        thinned = eventually(lambda: live.get("/next") and process.num_threads() < MAX_OPEN + 50)
        assert thinned, f"{process.num_threads()} threads"


# -- the wrong protocol ------------------------------------------------------------------------


def test_plain_http_to_a_server_of_tls(tmp_path: Path) -> None:
    with served(tmp_path, APP, cert="adhoc") as live:
        live.serving()
        with live.connect() as silent, live.connect() as half:
            half.sendall(hostile.CLIENT_HELLO[:20])
            for data in (hostile.get(b"/"), b"\0" * 1000, hostile.EVIL, b""):
                sent(live, data)
            live.line("SSL error occurred")
            assert live.get("/next").text == "fine"
            silent.close()
        assert live.get("/next").text == "fine"


def test_tls_to_a_server_of_plain_http(live: Live) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with rows_expected(live, 2):
        with live.connect() as client, pytest.raises((ssl.SSLError, ConnectionError)):
            context.wrap_socket(client)
        assert live.get("/next").text == "fine"


# -- the screen --------------------------------------------------------------------------------


def test_the_screen_stays_whole(devtui: Devtui, free_port: int, tmp_path: Path) -> None:
    write(tmp_path, {"app.py": APP})
    terminal = devtui("app", "--port", free_port)
    terminal.wait_for(re.compile(r"\bserving\b", re.I), 20)
    for data, _ in hostile.REQUESTS.values():
        with socket.create_connection(("127.0.0.1", free_port), timeout=DEADLINE) as client:
            _send_to_the_end(client, data)
            with suppress(ConnectionError):
                while client.recv(65536):
                    continue
    last = hostile.get(b"/the-last-one", hostile.CLOSE, b"X-Evil: " + hostile.EVIL)
    with socket.create_connection(("127.0.0.1", free_port), timeout=DEADLINE) as client:
        client.sendall(last)
        assert b"fine" in b"".join(iter(lambda: client.recv(65536), b""))
    terminal.wait_for(re.compile(r"GET +200 .*/the-last-one"))
    terminal.press("enter")
    terminal.wait_for("X-Evil")
    terminal.press("escape")
    terminal.wait_for("1 Requests")  # escape and the next key at once would be alt+key
    for key, title in zip("1234", ("Requests", "Log", "Reloads", "Errors"), strict=True):
        terminal.press(key)
        terminal.wait_for(f"{key} {title}")
    terminal.wait_quiet()
    lines = terminal.text().splitlines()
    assert "SERVING" in lines[0]
    assert all(line.isprintable() for line in lines)
    terminal.press("q")
    terminal.expect_exit(0)
    assert not [sequence for sequence in hostile.FORBIDDEN if sequence in terminal.raw]
    terminal.restored()
