"""The reading end of a pipe, with real pipes."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devtui.session.processes.incoming import Pipe
from devtui.text.line_buffer import MAX_LINE_BYTES


class Ends:
    """A pipe, what is written to it, and the descriptors that it said it closes."""

    def __init__(self) -> None:
        fd, self.fd = os.pipe()
        self.closed: list[int] = []
        self.pipe = Pipe(fd, "stdout", self.closed.append)

    def write(self, data: bytes) -> None:
        os.write(self.fd, data)

    def end(self) -> None:
        os.close(self.fd)
        self.fd = -1

    def finish(self) -> None:
        self.pipe.close()
        if self.fd >= 0:
            self.end()


@pytest.fixture
def ends() -> Iterator[Ends]:
    made = Ends()
    yield made
    made.finish()


def test_only_whole_lines_are_taken(ends: Ends) -> None:
    ends.write(b"one\ntwo\nthr")
    assert ends.pipe.read()
    assert list(ends.pipe.lines()) == ["one", "two"]
    assert list(ends.pipe.lines()) == []
    ends.write(b"ee\n")
    assert ends.pipe.read()
    assert list(ends.pipe.lines()) == ["three"]


def test_lines_that_nobody_asked_for_stay_in_their_order(ends: Ends) -> None:
    ends.write(b"one\ntwo\nthr")
    assert ends.pipe.read()
    assert next(ends.pipe.lines()) == "one"
    ends.write(b"ee\nfour")
    assert ends.pipe.read()
    assert list(ends.pipe.lines()) == ["two", "three"]
    ends.pipe.close()
    assert list(ends.pipe.lines()) == ["four"]


def test_reading_never_waits(ends: Ends) -> None:
    assert not ends.pipe.read()
    assert ends.pipe.open


def test_at_the_end_what_was_begun_is_a_line(ends: Ends) -> None:
    ends.write(b"last words")
    ends.end()
    assert ends.pipe.read()
    assert ends.pipe.read()
    assert not ends.pipe.open
    assert list(ends.pipe.lines()) == ["last words"]
    assert not ends.pipe.read()


def test_it_says_what_it_closes_once(ends: Ends) -> None:
    ends.pipe.close()
    ends.pipe.close()
    assert ends.closed == [ends.pipe.fd]
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(ends.pipe.fd)


def test_a_line_without_end_is_bounded(ends: Ends) -> None:
    for _ in range(50):
        ends.write(b"x" * 4096)
        ends.pipe.read()
    ends.write(b"\nnext\n")
    ends.pipe.read()
    long, following = list(ends.pipe.lines())
    assert long.startswith("x" * MAX_LINE_BYTES + " …")
    assert following == "next"


@given(pieces=st.lists(st.text(st.sampled_from("ab\n\r"), max_size=8), max_size=6))
def test_where_it_was_cut_makes_no_difference(pieces: list[str]) -> None:
    def lines(writes: list[str]) -> list[str]:
        ends = Ends()
        for text in writes:
            ends.write(text.encode())
            ends.pipe.read()
        ends.finish()
        return list(ends.pipe.lines())

    assert lines(pieces) == lines(["".join(pieces)])
