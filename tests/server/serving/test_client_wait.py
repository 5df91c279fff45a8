"""What is written to a client: a head goes with what follows it."""

from __future__ import annotations

import io

import pytest

from devtui.server.serving.client_wait import MAX_JOINED_BYTES, Waiting, Writer

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
    writer.hold()
    assert writer.write(HEAD) == len(HEAD)
    assert wire.sent == []
    assert writer.write(b"body") == 4
    writer.flush()
    writer.write(b"more")
    assert wire.sent == [HEAD + b"body", b"more"]


def test_a_head_without_a_body_goes_with_the_flush(wire: Wire, writer: Writer) -> None:
    writer.hold()
    writer.write(HEAD)
    writer.flush()
    writer.flush()
    assert wire.sent == [HEAD]


def test_a_large_body_is_not_copied_for_it(wire: Wire, writer: Writer) -> None:
    body = b"x" * (MAX_JOINED_BYTES + 1)
    writer.hold()
    writer.write(HEAD)
    writer.write(body)
    assert wire.sent == [HEAD, body]


def test_nothing_is_held_unasked(wire: Wire, writer: Writer) -> None:
    writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert wire.sent == [b"HTTP/1.1 100 Continue\r\n\r\n"]
