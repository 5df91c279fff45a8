"""Websockets of the libraries that answer the upgrade on the socket itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress

import pytest
import simple_websocket

from devtui.events import ErrorRaised, LogWritten, RequestFinished
from tests.support.live import Live, Serve
from tests.support.projects import app_source

SECONDS = 20

FLASK_SOCK = app_source("serving/echo_by_flask_sock.py")

SIMPLE_WEBSOCKET = app_source("serving/echo_by_simple_websocket.py")

SOCKET_IO = app_source("serving/echo_by_socket_io.py")


def assert_a_good_row(live: Live, target: str, status: int) -> None:
    """The connection is one request that ended well, and the server goes on."""

    def find() -> RequestFinished | None:
        rows = live.all(RequestFinished)
        return next((row for row in rows if row.target.startswith(target)), None)

    row = live.until(find, SECONDS)
    assert row.status == status
    assert live.get("/").text == "fine"
    assert not live.all(ErrorRaised)
    assert not [line for line in live.all(LogWritten) if "Traceback" in line.text]


def connect(live: Live, target: str) -> simple_websocket.Client:
    url = live.serving().url.replace("http://", "ws://").rstrip("/")
    return simple_websocket.Client(f"{url}{target}")


def say_bye(client: simple_websocket.Client) -> None:
    client.send("bye")
    with pytest.raises(simple_websocket.ConnectionClosed):
        client.receive(SECONDS)


def close(client: simple_websocket.Client) -> None:
    client.close()


def vanish(client: simple_websocket.Client) -> None:
    """The browser's tab is killed: the connection ends without a word."""
    with suppress(OSError):
        client.sock.shutdown(2)
    client.sock.close()


@pytest.mark.parametrize("source", [FLASK_SOCK, SIMPLE_WEBSOCKET], ids=["flask-sock", "simple"])
@pytest.mark.parametrize("end", [say_bye, close, vanish])
def test_the_end_of_a_websocket_is_no_error(
    serve: Serve, source: str, end: Callable[[simple_websocket.Client], None]
) -> None:
    live = serve(source)
    client = connect(live, "/echo")
    client.send("hello")
    assert client.receive(SECONDS) == "HELLO"
    end(client)
    assert_a_good_row(live, "/echo", 200)  # the view's own answer, as in Werkzeug's log


@pytest.mark.parametrize("end", [close, vanish])
def test_the_end_of_a_socket_io_connection_is_no_error(
    serve: Serve, end: Callable[[simple_websocket.Client], None]
) -> None:
    live = serve(SOCKET_IO)
    target = "/socket.io/?EIO=4&transport=websocket"
    client = connect(live, target)
    # The client looks at what came with the server's handshake only when more comes.
    client.send("40")
    assert client.receive(SECONDS).startswith("0{")  # Engine.IO has opened
    assert client.receive(SECONDS).startswith("40")
    client.send("42" + json.dumps(["say", "hello"]))
    assert client.receive(SECONDS) == '42["said","HELLO"]'
    end(client)
    assert_a_good_row(live, target, 101)
