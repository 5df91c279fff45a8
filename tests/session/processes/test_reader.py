"""What a server process says, read in small turns, over real pipes and a real pair of sockets."""

from __future__ import annotations

import asyncio
import os
import socket
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from itertools import pairwise
from typing import Any, cast

import pytest

from devtui.events import (
    AnyEvent,
    LogWritten,
    RequestFinished,
    RequestStarted,
    ServerExited,
    encode,
)
from devtui.session.processes import incoming
from devtui.session.processes.incoming import IncomingEvents, Pipe
from devtui.session.processes.reader import EVENTS_PER_TURN, Reader, unwatch

GENERATION = 3


async def until(condition: Callable[[], object]) -> None:
    """Let the loop go round until a condition holds."""
    deadline = time.monotonic() + 20
    while True:
        if condition():
            return
        assert time.monotonic() < deadline
        await asyncio.sleep(0)


def complaints_of_loop() -> list[object]:
    """The exceptions that callbacks of the running loop raise from now on."""
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda loop, context: complaints.append(context.get("exception"))
    )
    return complaints


class FirstRead:
    """Stands before one of the reader's ends, and acts before the first read of it."""

    def __init__(self, inner: object, act: Callable[[], object]) -> None:
        self._inner = inner
        self._act: Callable[[], object] | None = act

    def __getattr__(self, name: str) -> Any:
        if name in ("recv", "read") and self._act is not None:
            act, self._act = self._act, None
            act()
        return getattr(self._inner, name)


class Process:
    """Stands in for a server process: the other ends, and what was heard of it."""

    def __init__(self, before: str = "", act: Callable[[], object] | None = None) -> None:
        """Call `act` just before the first read of the "channel" or the "pipe"."""
        self.events: list[AnyEvent] = []
        self.on_event: Callable[[AnyEvent], None] = self.events.append
        self.lost = 0
        self.ended = 0
        ours, self.channel = socket.socketpair()
        ours.setblocking(False)
        out, self.out = os.pipe()
        err, self.err = os.pipe()
        pipe, channel = Pipe(out, "stdout", unwatch), ours
        if act is not None:
            pipe = cast(Pipe, FirstRead(pipe, act)) if before == "pipe" else pipe
            channel = cast(socket.socket, FirstRead(ours, act)) if before == "channel" else ours
        pipes = (pipe, Pipe(err, "stderr", unwatch))
        self.reading = Reader(GENERATION, channel, pipes, self._publish, self._on_lost)

    @property
    def texts(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, LogWritten)]

    async def until(self, count: int) -> None:
        """Wait until that many events were heard."""
        await until(lambda: len(self.events) >= count)

    def die(self) -> None:
        """End, as a process does: all its descriptors are closed."""
        self.channel.close()
        for fd in (self.out, self.err):
            if fd >= 0:
                os.close(fd)
        self.out = self.err = -1

    def finish(self) -> None:
        self.reading.finish(self._on_end)

    def _publish(self, event: AnyEvent) -> None:
        self.on_event(event)

    def _on_lost(self) -> None:
        self.lost += 1

    def _on_end(self) -> None:
        self.ended += 1


@pytest.fixture
async def process() -> AsyncIterator[Process]:
    made = Process()
    yield made
    made.die()
    made.finish()
    await until(lambda: made.ended)


def started(number: int) -> RequestStarted:
    return RequestStarted(
        generation=GENERATION, id=f"3-{number}", method="GET", target="/", client="::1"
    )


def finished(number: int) -> RequestFinished:
    return RequestFinished(
        generation=GENERATION,
        id=f"3-{number}",
        method="GET",
        target="/",
        client="::1",
        status=200,
        duration_ms=1.0,
        size_bytes=0,
    )


async def test_a_flood_of_tiny_lines_leaves_room_for_others_on_the_loop(process: Process) -> None:
    """Between two rounds of the loop, in which a key would be taken in, only so much is done."""
    os.set_blocking(process.out, False)
    count = os.write(process.out, b"\n" * 60_000)
    heard: list[int] = [0]

    def look() -> bool:
        heard.append(len(process.events))
        return heard[-1] >= count

    await until(look)
    assert heard[-1] == count
    assert max(later - earlier for earlier, later in pairwise(heard)) <= EVENTS_PER_TURN


async def test_a_flood_on_the_channel_does_too(process: Process) -> None:
    line = encode(LogWritten(generation=GENERATION, stream="stdout", text=""))
    process.channel.setblocking(False)
    count = process.channel.send(line * 400) // len(line)
    assert count > EVENTS_PER_TURN
    await until(lambda: process.events)
    assert len(process.events) <= EVENTS_PER_TURN
    await process.until(count)


async def test_what_a_request_wrote_comes_before_its_end_however_much_it_is(
    process: Process,
) -> None:
    process.channel.send(encode(started(1)))
    await process.until(1)
    count = os.write(process.out, b"a\n" * 20_000) // 2
    process.channel.send(encode(finished(1)))
    await process.until(count + 2)
    kinds = [type(event) for event in process.events]
    assert kinds == [RequestStarted, *[LogWritten] * count, RequestFinished]
    lines = [event for event in process.events if isinstance(event, LogWritten)]
    assert {line.request_id for line in lines} == {"3-1"}


@pytest.mark.parametrize("before", ["channel", "pipe"])
@pytest.mark.parametrize("runs", [False, True], ids=["alone", "after another one"])
async def test_output_is_its_requests_whatever_comes_between_two_reads(
    before: str, runs: bool
) -> None:
    def serve() -> None:
        if runs:
            made.channel.send(encode(finished(1)))
        made.channel.send(encode(started(2)))
        os.write(made.out, b"of the second\n")
        made.channel.send(encode(finished(2)))

    made = Process(before, serve)
    if runs:
        made.channel.send(encode(started(1)))
    os.write(made.err, b"wakes it\n")
    await made.until(6 if runs else 4)
    [line] = [e for e in made.events if isinstance(e, LogWritten) and e.stream == "stdout"]
    if runs:  # either can have written it
        assert line.request_id is None
    else:
        place = made.events.index(line)
        assert line.request_id == "3-2"
        assert any(isinstance(event, RequestFinished) for event in made.events[place:])
        assert any(isinstance(event, RequestStarted) for event in made.events[:place])
    made.die()
    made.finish()
    await until(lambda: made.ended)


async def test_the_last_words_are_all_heard(process: Process) -> None:
    count = os.write(process.out, b"a\n" * 1_000) // 2
    os.write(process.err, b"no end")
    process.channel.send(encode(finished(1)))
    process.die()
    process.finish()
    assert not process.ended  # so many do not fit into one turn
    await process.until(count + 2)
    assert process.texts[-1] == "no end"
    await until(lambda: process.ended)
    assert process.ended == 1
    assert not process.lost


async def test_few_last_words_are_heard_at_once(process: Process) -> None:
    os.write(process.out, b"bye\n")
    process.die()
    process.finish()
    assert process.ended == 1
    assert process.texts == ["bye"]


async def test_who_goes_on_writing_is_not_waited_for(process: Process) -> None:
    """A child that has left the group holds the pipe open, and fills it as fast as it is read."""
    os.set_blocking(process.out, False)

    def fill() -> None:
        if not process.ended:
            with suppress(BlockingIOError, BrokenPipeError):
                os.write(process.out, b"x" * 60_000 + b"\n")
            asyncio.get_running_loop().call_soon(fill)

    fill()
    process.channel.close()
    process.finish()
    await until(lambda: process.ended)


async def test_the_end_of_the_channel_alone_is_told_once(process: Process) -> None:
    process.channel.send(encode(started(1)))
    process.channel.close()
    await process.until(1)
    await until(lambda: process.lost)
    os.write(process.out, b"still here\n")
    await process.until(2)
    assert (process.lost, process.ended) == (1, 0)


async def test_what_a_subscriber_breaks_holds_nothing_up(process: Process) -> None:
    complaints = complaints_of_loop()
    heard: list[AnyEvent] = []

    def on_event(event: AnyEvent) -> None:
        heard.append(event)
        if len(heard) == 1:
            raise ValueError("broken")

    process.on_event = on_event
    os.write(process.out, b"one\ntwo\n")
    await until(lambda: len(heard) == 2)
    assert [str(error) for error in complaints] == ["broken"]


async def test_a_subscriber_may_abandon_the_process(process: Process) -> None:
    complaints = complaints_of_loop()
    heard: list[AnyEvent] = []

    def on_event(event: AnyEvent) -> None:
        heard.append(event)
        process.reading.abandon()

    process.on_event = on_event
    os.write(process.out, b"one\ntwo\n")
    await until(lambda: heard)
    process.finish()
    assert process.ended
    assert [event.text for event in heard if isinstance(event, LogWritten)] == ["one"]
    assert complaints == []


# -- the channel's bytes -----------------------------------------------------------------------


@pytest.fixture
def stream() -> IncomingEvents:
    return IncomingEvents(GENERATION)


def test_lines_that_are_no_events_are_told_once_and_harm_no_others(stream: IncomingEvents) -> None:
    event = started(1)
    data = b"\xff\xfe\n{}\n[" + b"\n" + encode(event) + b"{\n"
    first, second, third = stream.take(data)
    assert isinstance(first, LogWritten)
    assert first.text.endswith(r"own channel: b'\xff\xfe', and 2 more lines")
    assert second == event
    assert isinstance(third, LogWritten)


@pytest.mark.parametrize(
    "forged",
    [
        ServerExited(generation=GENERATION, pid=1, exit_code=0, signal=None, expected=True),
        LogWritten(generation=GENERATION + 1, stream="stdout", text="of another generation"),
    ],
)
def test_what_a_server_process_cannot_know_is_not_believed(
    stream: IncomingEvents, forged: AnyEvent
) -> None:
    (event,) = stream.take(encode(forged))
    assert isinstance(event, LogWritten)
    assert (event.level, event.logger) == ("WARNING", "devtui")


def test_a_line_without_end_is_not_kept(
    stream: IncomingEvents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incoming, "MAX_EVENT_BYTES", 1_000)
    tracemalloc.start()
    try:
        for _ in range(50_000):
            assert stream.take(b"x" * 100) == []
        assert tracemalloc.get_traced_memory()[0] < 100_000
    finally:
        tracemalloc.stop()
    warning, event = stream.take(b"x\n" + encode(started(1)))
    assert isinstance(warning, LogWritten)
    assert event.generation == GENERATION
    assert isinstance(event, RequestStarted)


def test_events_arrive_however_they_are_cut(stream: IncomingEvents) -> None:
    data = encode(started(1)) + encode(finished(1))
    events = [event for place in range(len(data)) for event in stream.take(data[place : place + 1])]
    assert [type(event) for event in events] == [RequestStarted, RequestFinished]
