"""What a reload does to connections that are open."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.support.live import Live, Serve, until_warm
from tests.support.processes import DEADLINE, eventually
from tests.support.projects import write

pytestmark = pytest.mark.e2e

SOURCE = """\
import time
time.sleep({load})

def app(environ, start_response):
    environ["wsgi.input"].read()
    if environ["PATH_INFO"] == "/slow":
        time.sleep(0.5)
    start_response("200 OK", [("Content-Length", "4")])
    return [b"{text:04}"]
"""


GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


def source(text: int, load: float = 0) -> dict[str, str]:
    return {"app.py": SOURCE.format(text=text, load=load)}


def client_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def opened(live: Live) -> HTTPConnection:
    host, port = live.address()
    return HTTPConnection(host, port, timeout=DEADLINE)


def ask(client: HTTPConnection, target: str = "/") -> bytes:
    """POST on this connection, which no client sends again by itself."""
    client.request("POST", target, b"abc")
    return client.getresponse().read()


def test_idle_connections_go_on_with_the_new_code(serve: Serve, folder: Path) -> None:
    live = serve(source(1), reload=True)
    live.serving()
    with ExitStack() as stack:
        clients = [opened(live) for _ in range(210)]
        for client in clients:
            stack.callback(client.close)
            client.connect()
        used = clients[:10]  # the others have only connected, as browsers do ahead of need
        addresses = {client.sock.getsockname() for client in used}
        assert {ask(client) for client in used} == {b"0001"}
        until_warm(live)
        write(folder, source(2))
        live.reloaded()
        assert {ask(client) for client in clients} == {b"0002"}
        assert {client.sock.getsockname() for client in used} == addresses
        rows = [live.row("/", number) for number in (1, 11, 220)]
    assert [row.client for row in rows] == ["127.0.0.1"] * 3
    assert [row.generation for row in rows] == [1, 2, 2]


def test_what_is_in_flight_ends_and_its_connection_goes_on(serve: Serve, folder: Path) -> None:
    live = serve(source(1), reload=True)
    live.serving()
    until_warm(live)
    client = opened(live)
    client.request("POST", "/slow", b"abc")
    assert eventually(lambda: live.session.generations.running == 1)
    write(folder, source(2))
    assert client.getresponse().read() == b"0001"
    # It is sent while nobody serves, or later.
    assert ask(client) == b"0002"
    client.close()
    assert live.row("/slow").cut == ""


def test_no_request_is_lost_and_no_old_code_answers(serve: Serve, folder: Path) -> None:
    live = serve(source(1), reload=True)
    live.serving()
    until_warm(live)
    done, answers, sockets = threading.Event(), list[bytes](), set[socket.socket]()
    failures: list[Exception] = []

    def ask_on() -> None:
        client = opened(live)
        try:
            while not done.wait(0.001):
                answers.append(ask(client))
                assert client.sock is not None
                sockets.add(client.sock)
        except Exception as error:
            failures.append(error)
        finally:
            client.close()

    asking = threading.Thread(target=ask_on)
    asking.start()
    for number in (2, 3, 4):
        write(folder, source(number))
        live.reloaded(count=number - 1)
        before = len(answers)
        assert eventually(lambda before=before: failures or len(answers) > before + 10)
    done.set()
    asking.join(DEADLINE)
    assert failures == []
    assert len(sockets) == 1
    assert answers == sorted(answers)
    assert answers[-1] == b"0004"


def test_over_tls_an_idle_connection_is_closed_at_once(serve: Serve, folder: Path) -> None:
    """What was agreed on for it, only the process before knows."""
    live = serve(source(1), reload=True, cert="adhoc")
    live.serving()
    until_warm(live)
    with client_context().wrap_socket(live.connect()) as client:
        client.sendall(GET)
        assert client.recv(65536).endswith(b"0001")
        write(folder, source(2))
        assert client.recv(65536) == b""
    assert live.get("/").text == "0002"


def test_over_tls_a_client_that_has_only_connected_waits_for_the_new_code(
    serve: Serve, folder: Path
) -> None:
    """Nothing was agreed on for it, so any process may go on. `requests` takes its time here."""
    live = serve(source(1), reload=True, cert="adhoc")
    live.serving()
    until_warm(live)
    with ExitStack() as stack:
        clients = [stack.enter_context(live.connect()) for _ in range(3)]
        for number in (2, 3):
            write(folder, source(number))
            live.reloaded(count=number - 1)
            client = stack.enter_context(client_context().wrap_socket(clients.pop()))
            client.sendall(GET)
            assert client.recv(65536).endswith(b"%04d" % number)
        # The one that has not begun, and one that has: only the first goes on.
        write(folder, source(4))
        live.reloaded(count=3)
        assert client.recv(65536) == b""
        client = stack.enter_context(client_context().wrap_socket(clients.pop()))
        client.sendall(GET)
        assert client.recv(65536).endswith(b"0004")
