"""Bodies in chunks: what is proper comes through whole, and the rest is refused."""

from __future__ import annotations

import io
import re
from contextlib import suppress

import h11
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from werkzeug.exceptions import BadRequest

from devtui.server.keepalive.chunked import MAX_LINE, MAX_TRAILERS, BrokenBody, dechunked, is_strict

NEXT = b"GET /next HTTP/1.1\r\n"


def read(data: bytes) -> bytes:
    return dechunked(io.BytesIO(data)).read()


def framed(chunks: list[bytes]) -> bytes:
    whole = [chunk for chunk in chunks if chunk]
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in whole) + b"0\r\n\r\n"


@given(st.lists(st.binary(max_size=300)), st.integers(1, 50))
def test_what_was_sent_arrives(chunks: list[bytes], size: int) -> None:
    stream = io.BytesIO(framed(chunks) + NEXT)
    body = dechunked(stream)
    assert b"".join(iter(lambda: body.read(size), b"")) == b"".join(chunks)
    assert stream.read() == NEXT  # nothing past the end was touched


@given(st.binary(max_size=200))
def test_any_bytes_are_a_body_or_refused(data: bytes) -> None:
    try:
        body = read(data)
    except BrokenBody:
        return
    assert len(body) < len(data)


PIECES = st.sampled_from(
    [b"0", b"1", b"3", b"A", b"0003", b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b";", b";a=b", b" ",
     b"a", b"abc", b"0123456789", b"A: b", b"0\r\n\r\n", b"3\r\nabc\r\n", b"-", b"x"]
)  # fmt: skip


def as_h11_reads(data: bytes) -> tuple[bytes, bytes] | None:
    """Return the body and what follows it, None if h11 refuses it or wants more."""
    reference = h11.Connection(h11.SERVER)
    reference.receive_data(
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + data
    )
    body = b""
    try:
        while True:
            event = reference.next_event()
            if isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                return body, reference.trailing_data[0]
            elif event is h11.NEED_DATA:
                return None
    except h11.RemoteProtocolError:
        return None


# Half a line break.
BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)")


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, max_size=12).map(b"".join))
@example(b"3\r\nabc\r\n0\r\n\r\n0\r\n\r\n")
@example(b"3;a=b\r\nabc\r\n0\r\nA: b\r\n\r\n")
@example(b"3\nabc\r\n0\r\n\r\n")
@example(b"0\r\n\n")
def test_chunks_mean_the_same_to_h11(data: bytes) -> None:
    """What h11 takes has the same body and the same end here, and its end is beyond doubt.

    h11 takes a bare line feed after the last chunk. Here the end of such a body is in doubt.
    """
    stream = io.BytesIO(data)
    body = dechunked(stream)
    ours: tuple[bytes, bytes] | None = None
    with suppress(BrokenBody):
        ours = body.read(), stream.read()
    theirs = as_h11_reads(data)
    if theirs is not None:
        assert ours == theirs
        taken = data.removesuffix(theirs[1])
        assert is_strict(body) or BARE.search(taken)


@pytest.mark.parametrize(
    ("data", "body"),
    [
        (b"0\r\n\r\n", b""),
        (b"3\nabc\n0\n\n", b"abc"),
        (b"3;name=value\r\nabc\r\n0;last\r\n\r\n", b"abc"),
        (b"000003 \r\nabc\r\n0\r\nTrailer: yes\r\nOther: no\r\n\r\n", b"abc"),
        (b"A\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
    ],
)
def test_what_the_standard_allows(data: bytes, body: bytes) -> None:
    assert read(data) == body


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "ended before its last chunk"),
        (b"5\r\nabc", "ended 2 bytes before"),
        (b"f" * 16 + b"\r\nabc", "before the end of its chunk"),
        (b"3\r\nabc\r\n", "ended before its last chunk"),
        (b"2\r\nabc\r\n0\r\n\r\n", "longer than it says"),
        (b"-3\r\nabc\r\n0\r\n\r\n", "not a chunk size"),
        (b"0x3\r\nabc\r\n0\r\n\r\n", "not a chunk size"),
        (b"+3\r\nabc\r\n0\r\n\r\n", "not a chunk size"),
        (b"1_0\r\nabc\r\n0\r\n\r\n", "not a chunk size"),
        (b"f" * 17 + b"\r\nabc", "not a chunk size"),
        (b"zz\r\n", "not a chunk size"),
        (b"\r\n\r\n", "not a chunk size"),
        (b"f" * (MAX_LINE + 1), "longer than 4,096 bytes"),
        (b"0\r\n" + b"A: b\r\n" * (MAX_TRAILERS + 1) + b"\r\n", "fields follow"),
    ],
)
def test_what_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(BrokenBody, match=why) as caught:
        read(data)
    assert isinstance(caught.value, BadRequest)  # Flask answers 400
    assert isinstance(caught.value, OSError)  # Django and Bottle know it for a broken input


def test_a_piece_that_has_come_is_not_kept_back_for_the_next() -> None:
    class Slow(io.BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            assert self.tell() == 0, "the next chunk was waited for"
            return super().readline(size)

    assert dechunked(Slow(b"3\r\nabc\r\n5\r\nmore")).read(3) == b"abc"
