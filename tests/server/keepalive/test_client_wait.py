"""What is written to a client, and read from it."""

from __future__ import annotations

import io
import socket
import struct
from collections.abc import Iterator
from functools import partial

import pytest

from devtui.server.guest.held_calls import HeldCalls
from devtui.server.keepalive.client_wait import MAX_JOINED_BYTES, Waiting, Writer
from devtui.server.keepalive.request_body import ClientInput, Receive, RequestBody, receive_now

HEAD = b"HTTP/1.1 200 OK\r\n\r\n"


class Wire(io.RawIOBase):
    """A connection that keeps each of the pieces that it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        self.sent.append(bytes(data))
        return len(data)


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def writer(wire: Wire) -> Writer:
    return Writer(wire, Waiting())


def test_a_head_goes_with_its_body(wire: Wire, writer: Writer) -> None:
    writer.begin(None)
    assert writer.write(HEAD) == len(HEAD)
    assert wire.sent == []
    assert writer.write(b"body") == 4
    writer.flush()
    writer.write(b"more")
    writer.write(b" of it")
    assert wire.sent == [HEAD + b"body"]
    writer.end()
    assert wire.sent == [HEAD + b"body", b"more of it"]


def test_a_head_without_a_body_goes_with_the_flush(wire: Wire, writer: Writer) -> None:
    writer.begin(0)
    writer.write(HEAD)
    writer.flush()
    writer.end()
    assert wire.sent == [HEAD]


@pytest.mark.parametrize("sent", [-1, 0, 3, len(HEAD), len(HEAD + b"body")])
def test_what_is_not_sent_at_once_follows(wire: Wire, sent: int) -> None:
    given: list[bytes] = []

    def send(data: bytes) -> Iterator[int]:
        given.append(data)
        return iter([sent])

    writer = Writer(wire, Waiting(), send)
    writer.begin(None)
    writer.write(HEAD)
    writer.write(b"body")
    writer.end()
    whole = HEAD + b"body"
    assert given == [whole]
    assert wire.sent == ([] if sent == len(whole) else [whole[max(sent, 0) :]])


def test_a_large_body_is_not_copied_for_it(wire: Wire, writer: Writer) -> None:
    body = b"x" * (MAX_JOINED_BYTES + 1)
    writer.begin(None)
    writer.write(HEAD)
    writer.write(body)
    writer.end()
    assert wire.sent == [HEAD, body]


@pytest.mark.parametrize(
    ("limit", "sent", "left"), [(0, b"", 0), (4, b"body", 0), (9, b"body+", 4)]
)
def test_nothing_is_sent_beyond_the_end_of_the_body(
    wire: Wire, writer: Writer, limit: int, sent: bytes, left: int
) -> None:
    """The client would take it for the beginning of the next response."""
    writer.begin(limit)
    writer.write(HEAD)
    assert writer.write(b"body") == 4
    writer.write(b"+")
    assert writer.left == left
    writer.end()
    assert b"".join(wire.sent) == HEAD + sent


def test_nothing_is_held_unasked(wire: Wire, writer: Writer) -> None:
    writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert wire.sent == [b"HTTP/1.1 100 Continue\r\n\r\n"]
    writer.begin(None)
    writer.end()
    writer.write(HEAD)
    assert wire.sent[1:] == [HEAD]


@pytest.mark.parametrize("way", ["waits", "asks first", "holds the interpreter"])
def test_a_client_that_breaks_off_is_no_end_of_its_body(way: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        ours, _ = listener.accept()
    receive: Receive | None = {
        "waits": None,
        "asks first": partial(receive_now, ours),
        "holds the interpreter": HeldCalls().receiver(ours),
    }[way]
    with ours, ours.makefile("rb", 0) as raw:
        body = RequestBody(ClientInput(ours, raw, receive), 10)
        client.sendall(b"abc")
        assert body.stream.read(3) == b"abc"
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()  # with a reset
        with pytest.raises(ConnectionResetError):
            body.stream.read(7)
