"""Frames in both directions, and what is no frame of the script."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devtui.session.live import websocket
from devtui.session.live.page_connection import Asked
from devtui.session.live.websocket import CLOSE, MAX_FRAME_BYTES, PING, TEXT, BadFrame, FrameReader


def sent_by_client(kind: int, data: bytes) -> bytes:
    """Return a frame as a browser sends it."""
    mask = os.urandom(4)
    frame = bytearray(websocket.frame(kind, b"." * len(data)))
    start = len(frame) - len(data)
    frame[1] |= 0x80
    masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(data))
    return bytes(frame[:start]) + mask + masked


FRAMES = st.tuples(st.sampled_from([TEXT, CLOSE, PING]), st.binary(max_size=MAX_FRAME_BYTES))


@given(frames=st.lists(FRAMES, max_size=5), cut=st.integers(1, 50))
def test_frames_arrive_however_they_are_cut(frames: list[tuple[int, bytes]], cut: int) -> None:
    data = b"".join(sent_by_client(*frame) for frame in frames)
    reader = FrameReader()
    pieces = [data[place : place + cut] for place in range(0, len(data), cut)]
    assert [one for piece in pieces for one in reader.take(piece)] == frames


@pytest.mark.parametrize(
    "data",
    [
        sent_by_client(TEXT, b"x" * (MAX_FRAME_BYTES + 1)),
        sent_by_client(TEXT, b"x" * 70_000),
        websocket.frame(TEXT, b"not masked"),
        b"\x01\x81....",
        b"GET / HTTP/1.1\r\n",
    ],
    ids=["a byte too long", "far too long", "not masked", "in parts", "a request"],
)
def test_what_is_no_frame_of_the_script(data: bytes) -> None:
    with pytest.raises(BadFrame):
        list(FrameReader().take(data))


def test_the_handshake_of_the_standard() -> None:
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in websocket.accept(
        "dGhlIHNhbXBsZSBub25jZQ=="
    )


@pytest.mark.parametrize(
    ("asked", "trusted"),
    [
        ({"query": "key=secret"}, True),
        ({"query": "key=secret", "origin": "http://evil.example"}, True),
        ({"origin": "http://127.0.0.1:5000"}, True),
        ({"origin": "https://127.0.0.1:5000", "query": "key=old"}, True),
        ({"origin": "http://127.0.0.1:5001"}, False),
        ({"origin": "http://evil.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": "", "host": ""}, False),
        ({"query": "key=%ff"}, False),
        ({}, False),
    ],
)
def test_who_may_connect(asked: dict[str, Any], trusted: bool) -> None:
    fields = {"key": "x", "origin": "", "host": "127.0.0.1:5000", "query": "", **asked}
    assert Asked(**fields).is_trusted("secret") is trusted
