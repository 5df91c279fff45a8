"""What connections a server has accepted and not closed."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from devtui.server.connections import Connections, Server, ThreadedServer

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
    connections._open["ahead of need"] -= 60  # it was accepted a minute ago
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
        while not server.connections._open:  # bounded by the test's own timeout
            continue
        assert not server.connections.wait_for_heads(0.01)
    assert server.connections.wait_for_heads(TIMEOUT)
    accept.join(TIMEOUT)
