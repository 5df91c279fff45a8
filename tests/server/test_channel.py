"""The private channel, over a real pair of sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from devtui.events import (
    AnyEvent,
    AnyOrder,
    EventsDropped,
    LogWritten,
    Stop,
    decode_event,
    encode,
)
from devtui.server import channel as channels
from devtui.server.channel import Channel

TIMEOUT = 10


def line(text: str) -> LogWritten:
    return LogWritten(generation=1, stream="log", text=text)


class Ends:
    """A channel, and the session's end of it."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        # So small that it is full after a few events.
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        ours.settimeout(TIMEOUT)
        self.socket = ours
        self.channel = Channel(theirs, generation=1)
        self.orders: list[AnyOrder] = []
        self.ended = threading.Event()
        self._received = b""
        self._thread: threading.Thread | None = None

    def run(self, idle: Callable[[], float | None] = lambda: None) -> None:
        arguments = (self.orders.append, self.ended.set, idle)
        self._thread = threading.Thread(target=self.channel.run, args=arguments)
        self._thread.start()

    def receive(self, count: int) -> list[AnyEvent]:
        """Read that many events."""
        while self._received.count(b"\n") < count:
            received = self.socket.recv(65536)
            assert received, "the channel has ended"
            self._received += received
        *lines, self._received = self._received.split(b"\n", count)
        return [decode_event(text) for text in lines]

    def finish(self) -> None:
        self.socket.close()
        if self._thread is not None:
            self._thread.join(TIMEOUT)
            assert not self._thread.is_alive()
        for end in (self.channel._socket, self.channel._woken, self.channel._waker):
            end.close()


@pytest.fixture
def ends() -> Iterator[Ends]:
    made = Ends()
    yield made
    made.finish()


def test_an_event_is_sent_at_once(ends: Ends) -> None:
    """There is no thread yet that could send it later."""
    event = line("first")
    ends.channel.send(event)
    assert ends.receive(1) == [event]


def test_orders_arrive_however_they_are_cut(ends: Ends) -> None:
    ends.run()
    data = encode(Stop(grace_ms=1)) + encode(Stop(grace_ms=2))
    for place in range(len(data)):
        ends.socket.sendall(data[place : place + 1])
    ends.socket.shutdown(socket.SHUT_WR)
    assert ends.ended.wait(TIMEOUT)
    assert ends.orders == [Stop(grace_ms=1), Stop(grace_ms=2)]


def test_a_session_that_does_not_read_blocks_nobody_and_loses_nothing(ends: Ends) -> None:
    ends.run()
    sent = [line(f"{number}" + "x" * 1000) for number in range(200)]
    for event in sent:
        ends.channel.send(event)
    texts = [event.text for event in ends.receive(200) if isinstance(event, LogWritten)]
    assert texts == [event.text for event in sent]


def test_what_goes_beyond_the_bound_is_counted(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "MAX_PENDING_BYTES", 100_000)
    ends.run()
    for number in range(1000):
        ends.channel.send(line(f"{number}" + "x" * 1000))
    assert len(ends.channel._pending) <= 100_000
    received: list[AnyEvent] = []
    while not any(isinstance(event, EventsDropped) for event in received):
        received += ends.receive(1)
    dropped = sum(event.count for event in received if isinstance(event, EventsDropped))
    assert dropped + sum(isinstance(event, LogWritten) for event in received) == 1000
    assert dropped > 800
    ends.channel.send(line("after"))
    (after,) = ends.receive(1)
    assert isinstance(after, LogWritten)
    assert after.text == "after"


def test_what_is_pending_is_flushed_at_the_end(ends: Ends) -> None:
    for number in range(50):
        ends.channel.send(line(f"{number}" + "x" * 1000))
    assert ends.channel._pending
    flush = threading.Thread(target=ends.channel.flush, args=(TIMEOUT,))
    flush.start()
    assert len(ends.receive(50)) == 50
    flush.join(TIMEOUT)
    assert not ends.channel._pending


def test_a_flush_that_nobody_reads_is_given_up(ends: Ends) -> None:
    for number in range(50):
        ends.channel.send(line(f"{number}" + "x" * 1000))
    flush = threading.Thread(target=ends.channel.flush, args=(0.05,))
    flush.start()
    flush.join(TIMEOUT)
    assert not flush.is_alive()


def test_nothing_is_raised_where_the_session_is_gone(ends: Ends) -> None:
    ends.socket.close()
    for _ in range(3):
        ends.channel.send(line("to nobody"))
    assert not ends.channel._pending
    ends.run()
    assert ends.ended.wait(TIMEOUT)


def test_idle_is_called_when_it_asked_to_be(ends: Ends) -> None:
    asked: list[None] = []
    enough = threading.Event()

    def idle() -> float | None:
        asked.append(None)
        if len(asked) >= 3:
            enough.set()
            return None
        return 0.001

    ends.run(idle)
    assert enough.wait(TIMEOUT)
    enough.clear()
    ends.channel.nudge()
    assert enough.wait(TIMEOUT)
