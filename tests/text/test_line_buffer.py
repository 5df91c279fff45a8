"""One line of output, in pieces of any size."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devtui.text.line_buffer import MAX_LINE_BYTES, LineBuffer


def taken(*pieces: bytes) -> str:
    buffer = LineBuffer()
    for piece in pieces:
        buffer.add(piece)
    return buffer.take()


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """Cut the data at these places."""
    bounds = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(bounds)]


@given(
    data=st.one_of(
        st.binary(max_size=50),
        st.text(max_size=20).map(str.encode),
        st.text(st.sampled_from("ab\r"), max_size=20).map(str.encode),
    ),
    places=st.lists(st.integers(0, 50), max_size=5),
)
def test_the_cuts_make_no_difference(data: bytes, places: list[int]) -> None:
    assert taken(*cut(data, places)) == taken(data)


@given(
    length=st.integers(MAX_LINE_BYTES - 3, MAX_LINE_BYTES + 3),
    places=st.lists(st.integers(0, MAX_LINE_BYTES + 3), max_size=3),
)
def test_nor_does_it_at_the_bound(length: int, places: list[int]) -> None:
    assert taken(*cut(b"x" * length, places)) == taken(b"x" * length)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"plain", "plain"),
        ("käse 🧀".encode(), "käse 🧀"),
        (b"\xff\xfe", r"\xff\xfe"),
        (b"windows\r", "windows"),
        (b"10%\r50%\r100%", "100%"),
        (b"10%\r50%\r\r", "50%"),
        (b"\x1b[31mred", "\x1b[31mred"),
    ],
)
def test_the_text_of_a_line(data: bytes, text: str) -> None:
    assert taken(data) == text


def test_a_long_line_is_bounded_and_says_what_is_missing() -> None:
    text = taken(*[b"x" * 1000] * 1000)
    assert text == "x" * MAX_LINE_BYTES + f" … (+{1_000_000 - MAX_LINE_BYTES:,} bytes)"


@given(
    pieces=st.lists(
        st.sampled_from([b"x" * (MAX_LINE_BYTES - 1), b"ab", b"\r", b"\r\r", b"50%"]), max_size=8
    )
)
def test_overwritten_text_takes_no_memory(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    shown = data.rstrip(b"\r").rpartition(b"\r")[2]
    assert taken(*pieces) == taken(data) == taken(shown)


def test_of_an_endless_progress_bar_the_last_is_left() -> None:
    assert taken(*[b"\r%d of 100000" % number for number in range(100_000)]) == "99999 of 100000"


def test_a_taken_line_leaves_nothing_for_the_next() -> None:
    buffer = LineBuffer()
    buffer.add(b"x" * (MAX_LINE_BYTES + 1))
    assert buffer
    buffer.take()
    assert not buffer
    buffer.add(b"next")
    assert buffer.take() == "next"
