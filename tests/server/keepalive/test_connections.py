"""What connections a server has accepted and not closed."""

from __future__ import annotations

import errno
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from devtui.server.keepalive.connections import MAX_OPEN, Connections, Server
from devtui.server.keepalive.persistent_handler import PersistentHandler
from devtui.server.keepalive.threaded_server import ThreadedServer
from devtui.server.serving.adhoc_certificate import adhoc_context
from tests.support.processes import eventually

TIMEOUT = 10


def test_waiting_ends_with_the_last_one() -> None:
    connections = Connections()
    assert connections.wait_for_heads(0)
    connections.opened("a")
    connections.opened("b")
    connections.closed("a")
    assert not connections.wait_for_heads(0.01)
    waited: list[bool] = []
    waiting = threading.Thread(target=lambda: waited.append(connections.wait_for_heads(TIMEOUT)))
    waiting.start()
    connections.closed("b")
    waiting.join(TIMEOUT)
    assert waited == [True]


def test_one_that_says_nothing_is_not_waited_for() -> None:
    connections = Connections()
    connections.opened("ahead of need")
    connections.by_socket["ahead of need"].accepted -= 60  # it was accepted a minute ago
    began = time.monotonic()
    assert not connections.wait_for_heads(TIMEOUT)
    assert time.monotonic() - began < TIMEOUT / 2


@pytest.fixture(params=[Server, ThreadedServer])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    def app(environ: object, start_response: object) -> list[bytes]:
        raise AssertionError("no request is ever whole")

    made: Server = request.param("127.0.0.1", 0, app)
    yield made
    made.server_close()


def test_a_connection_counts_before_its_request_is_read(server: Server) -> None:
    with socket.create_connection(server.socket.getsockname(), timeout=TIMEOUT) as client:
        accept = threading.Thread(target=server._handle_request_noblock)  # type: ignore[attr-defined]
        accept.start()
        client.sendall(b"GET / HT")
        while not server.connections.by_socket:  # bounded by the test's own timeout
            continue
        assert not server.connections.wait_for_heads(0.01)
    assert server.connections.wait_for_heads(TIMEOUT)
    accept.join(TIMEOUT)


def test_the_time_for_a_head_begins_after_the_handshake() -> None:
    """A client sends its request only then, and a server that stops must not cut it before."""
    pytest.importorskip("cryptography", reason="a made-up certificate needs cryptography")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    server = ThreadedServer(
        "127.0.0.1",
        0,
        lambda environ, start_response: [],
        PersistentHandler,
        ssl_context=adhoc_context(None),
    )
    server.socket.do_handshake_on_connect = False  # type: ignore[attr-defined]
    try:
        with socket.create_connection(server.socket.getsockname(), timeout=TIMEOUT) as client:
            server._handle_request_noblock()  # type: ignore[attr-defined]
            (waiting,) = server.connections.by_socket.values()
            waiting.accepted = waiting.since = time.monotonic() - LONG_AGO
            with context.wrap_socket(client):
                assert eventually(lambda: waiting.accepted > time.monotonic() - LONG_AGO / 2)
                assert waiting.for_head
        assert server.connections.wait_for_heads(TIMEOUT)
    finally:
        server.server_close()


# -- too many of them --------------------------------------------------------------------------

LONG_AGO = 3600.0


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def accepted(connections: Connections, stack: ExitStack, waits: float) -> socket.socket:
    """The client's end of a connection whose client has let us wait so many seconds."""
    ours, theirs = socket.socketpair()
    stack.enter_context(ours)
    stack.enter_context(theirs)
    theirs.setblocking(False)
    connections.opened(ours)
    connections.waiting(ours).since -= waits
    return theirs


def is_closed(client: socket.socket) -> bool:
    try:
        return client.recv(1) == b""
    except BlockingIOError:
        return False


def few_descriptors(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(os, "sysconf", {"SC_OPEN_MAX": count}.__getitem__)


def test_those_that_have_waited_longest_make_room(
    stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    few_descriptors(monkeypatch, 40)
    connections = Connections()
    clients = [accepted(connections, stack, waits) for waits in (30, 50, *range(60, 70))]
    assert connections.thin_out() == 2  # a quarter of them are ten
    assert [is_closed(client) for client in clients] == [False] * 10 + [True, True]


def test_without_a_bound_for_descriptors_as_many_as_ever_may_be_open(
    stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    few_descriptors(monkeypatch, -1)
    monkeypatch.setattr("devtui.server.keepalive.connections.MAX_OPEN", 10)
    connections = Connections()
    clients = [accepted(connections, stack, waits) for waits in range(30, 42)]
    assert connections.thin_out() == 2
    assert sum(map(is_closed, clients)) == 2


def test_what_has_come_is_waited_for_until_it_is_read(stack: ExitStack) -> None:
    """However late its thread gets to run; one that is silent is not waited for."""
    connections = Connections()
    accepted(connections, stack, 0)
    assert connections.wait_until_read(0.0)
    client = accepted(connections, stack, 0)
    client.sendall(b"GET / HTTP/1.0\r\n")
    assert not connections.wait_until_read(0.05)
    *_, ours = connections.by_socket
    reading = threading.Timer(0.05, connections.waiting(ours).end_head)
    stack.callback(reading.join)
    reading.start()
    assert connections.wait_until_read(TIMEOUT)


def test_nobody_is_closed_while_there_are_few(stack: ExitStack) -> None:
    connections = Connections()
    client = accepted(connections, stack, LONG_AGO)
    assert connections.thin_out() == 0
    assert not is_closed(client)
    assert MAX_OPEN > 100  # so that a browser's are always few


def test_nor_one_that_waits_for_the_app(stack: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    few_descriptors(monkeypatch, 4)
    monkeypatch.setattr("devtui.server.keepalive.connections.LOOK_SECONDS", 0.0)
    connections = Connections()
    busy = accepted(connections, stack, LONG_AGO)
    connections.waiting(next(iter(connections.by_socket))).end_head()
    fresh = accepted(connections, stack, 0)
    assert connections.thin_out() == 0
    idle = accepted(connections, stack, LONG_AGO)
    assert connections.thin_out() == 1
    assert [is_closed(client) for client in (busy, fresh, idle)] == [False, False, True]


def test_a_transfer_that_waits_for_its_client_counts(stack: ExitStack) -> None:
    connections = Connections()
    accepted(connections, stack, 0)
    waiting = connections.waiting(next(iter(connections.by_socket)))
    waiting.end_head()
    assert waiting.during(lambda: waiting.since) <= time.monotonic()
    assert waiting.since > time.monotonic()  # not any more
    with pytest.raises(ConnectionResetError):
        waiting.during(_reset)
    assert waiting.since > time.monotonic()


def _reset() -> None:
    raise ConnectionResetError


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE])
def test_without_descriptors_one_is_closed_and_waited_for(
    server: Server, stack: ExitStack, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Asking again at once would keep a processor busy, and get nothing."""
    client = accepted(server.connections, stack, LONG_AGO)
    (ours,) = server.connections.by_socket

    def accept() -> None:
        raise OSError(number, "none left")

    def read() -> None:
        assert ours.recv(1) == b""
        server.connections.closed(ours)

    reading = threading.Thread(target=read)
    reading.start()
    monkeypatch.setattr(server, "socket", type("Listener", (), {"accept": staticmethod(accept)}))
    with pytest.raises(OSError, match="none left"):
        server.get_request()
    monkeypatch.undo()
    assert server.connections.by_socket == {}
    assert is_closed(client)
    reading.join(TIMEOUT)


def test_where_no_thread_can_be_started_the_connection_is_closed(
    stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = ThreadedServer("127.0.0.1", 0, lambda environ, start_response: [])
    stack.callback(server.server_close)
    client = accepted(server.connections, stack, 0)
    (ours,) = server.connections.by_socket

    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    told: list[str] = []
    monkeypatch.setattr(threading.Thread, "start", start)
    monkeypatch.setattr(server, "log", lambda kind, message: told.append(message))
    server.process_request(ours, ("127.0.0.1", 1))
    assert is_closed(client)
    assert server.connections.by_socket == {}
    assert told == ["A request got no answer: the system lets us start no more threads."]
