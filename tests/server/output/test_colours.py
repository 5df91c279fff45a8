"""Whether libraries colour their output, and whether that can harm."""

from __future__ import annotations

import io
import logging
import os
import pty
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import pytest

from devtui.events import LogWritten
from devtui.server.channel.channel import Channel
from devtui.server.output import log_records, output, request_context
from devtui.server.output.colours import are_shown
from devtui.server.output.output import LineStream

TERMINAL = {"TERM": "xterm-256color"}


@contextmanager
def stdin_is_a_terminal(columns: int) -> Iterator[None]:
    import fcntl
    import termios

    master, slave = pty.openpty()
    saved = os.dup(0)
    try:
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        os.dup2(slave, 0)
        yield
    finally:
        os.dup2(saved, 0)
        for fd in (saved, master, slave):
            os.close(fd)


def test_the_terminal_has_a_size_if_a_person_sees_colours() -> None:
    with stdin_is_a_terminal(80):
        assert are_shown(TERMINAL)
    with stdin_is_a_terminal(0):
        assert not are_shown(TERMINAL)


@pytest.mark.parametrize(
    "environment", [{**TERMINAL, "NO_COLOR": "1"}, {"TERM": "dumb"}, {"TERM": ""}, {}]
)
def test_no_colours_are_respected(environment: dict[str, str]) -> None:
    with stdin_is_a_terminal(80):
        assert not are_shown(environment)


def test_without_a_terminal_there_are_none() -> None:
    saved, nowhere = os.dup(0), os.open(os.devnull, os.O_RDONLY)
    try:
        os.dup2(nowhere, 0)
        assert not are_shown(TERMINAL)
    finally:
        os.dup2(saved, 0)
        os.close(saved)
        os.close(nowhere)


class Sent:
    """Stands in for the channel."""

    def __init__(self) -> None:
        self.events: list[LogWritten] = []

    def refuses_line(self) -> bool:
        return False

    def send(self, event: LogWritten) -> None:
        self.events.append(event)

    def send_all(self, events: list[LogWritten]) -> None:
        self.events += events

    def nudge(self) -> None:
        pass

    @property
    def told(self) -> list[tuple[str, bool]]:
        return [(event.text, event.continues) for event in self.events]


@pytest.fixture
def sent() -> Sent:
    return Sent()


def stream_to(sent: Sent) -> LineStream:
    return LineStream(cast(Channel, sent), "stderr", 2)


def test_the_streams_say_so_and_keep_their_descriptor(sent: Sent) -> None:
    stream = stream_to(sent)
    text = output.text_over(stream)
    assert not text.isatty()
    stream.shows_colours = True
    assert text.isatty()
    assert text.fileno() == 2


def test_code_that_is_evaluated_finds_no_terminal(sent: Sent) -> None:
    class Sink:
        def take(self, data: bytes) -> bytes:
            return b""

    stream = stream_to(sent)
    stream.shows_colours = True
    token = request_context.output.set(Sink())
    try:
        assert not stream.isatty()
    finally:
        request_context.output.reset(token)


# -- which lines belong together


def test_lines_of_one_write_continue_the_first(sent: Sent) -> None:
    stream = stream_to(sent)
    stream.write(b"one\ntwo\nthree")
    stream.write(b" and\nfour\n")
    stream.write(b"five\n")
    assert sent.told == [
        ("one", False),
        ("two", True),
        ("three and", True),
        ("four", True),
        ("five", False),
    ]


def test_lines_of_one_record_continue_the_first(
    sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.Handler, "handle", logging.Handler.handle)
    log_records.watch(lambda exception: None)
    file = io.TextIOWrapper(cast("io.BytesIO", stream_to(sent)), write_through=True)

    class InPieces(logging.StreamHandler):  # type: ignore[type-arg]  # no generic on 3.10
        def emit(self, record: logging.LogRecord) -> None:
            for line in self.format(record).splitlines():
                self.stream.write(f"{line}\n")

    logger = logging.Logger("shop")
    logger.addHandler(InPieces(file))
    logger.addHandler(logging.StreamHandler(file))
    logger.warning("a\nb")
    logger.warning("c")
    both = [("a", False), ("b", True)] * 2
    assert sent.told == [*both, *[("c", False)] * 2]
