"""The private channel, over a real pair of sockets."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from devtui.events import (
    AnyEvent,
    AnyOrder,
    Event,
    EventsDropped,
    LogWritten,
    RequestFinished,
    RequestStarted,
    Serving,
    Stop,
    decode_event,
    encode,
)
from devtui.server.channel import channel as channels
from devtui.server.channel import pending
from devtui.server.channel.channel import Channel

TIMEOUT = 10


def line(text: str) -> LogWritten:
    return LogWritten(generation=1, stream="log", text=text)


def started(number: int) -> RequestStarted:
    return RequestStarted(
        generation=1, id=f"3-{number}", method="GET", target="/" + "x" * 100, client="::1"
    )


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
        arguments = (lambda order, _: self.orders.append(order), self.ended.set, idle)
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
        self.channel.close()


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
    monkeypatch.setattr(pending, "MAX_PENDING_BYTES", 100_000)
    ends.run()
    for number in range(1000):
        ends.channel.send(line(f"{number}" + "x" * 1000))
    assert len(ends.channel.pending.data) <= 100_000
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


PRINTS_AND_EXITS = """
import os, socket, sys
from devtui.events import LogWritten
from devtui.server.channel.channel import Channel
channel = Channel(socket.socket(fileno=int(sys.argv[1])), 1)
channel.keep_all()
for number in range(2000):
    channel.send(LogWritten(generation=1, stream="log", text=f"line {number}"))
os._exit(3)
"""


def test_a_process_that_ends_at_once_loses_nothing_if_all_is_kept() -> None:
    """Its memory is gone with it; only what the system has can still be read."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        passed = theirs.fileno()
        command = [sys.executable, "-c", PRINTS_AND_EXITS, str(passed)]
        process = subprocess.Popen(command, pass_fds=[passed])
        theirs.close()
        ours.settimeout(TIMEOUT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(1)  # nobody reads, and the socket does not take so much
        received = b""
        while data := ours.recv(65536):
            received += data
    assert process.wait(TIMEOUT) == 3
    assert received.count(b'"line ') == 2000


def test_the_states_of_the_server_are_never_dropped_and_requests_after_lines(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pending, "MAX_PENDING_BYTES", 100_000)
    for _ in range(200):
        ends.channel.send(line("x" * 1000))
    ends.channel.send(started(1))
    assert b'"3-1"' in ends.channel.pending.data
    for number in range(2, 1000):
        ends.channel.send(started(number))
    assert b'"3-999"' not in ends.channel.pending.data
    ends.channel.send(Serving(generation=1, url="http://127.0.0.1", pid=1))
    assert b'"serving"' in ends.channel.pending.data
    assert len(ends.channel.pending.data) < 101_000


def test_the_end_of_a_request_is_kept_where_starts_are_dropped(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pending, "MAX_PENDING_BYTES", 100_000)
    for number in range(1000):
        ends.channel.send(started(number))
    ends.channel.send(
        RequestFinished(
            generation=1,
            id="3-0",
            method="GET",
            target="/",
            client="::1",
            status=200,
            duration_ms=1.0,
            size_bytes=0,
        )
    )
    assert b'"request_finished"' in ends.channel.pending.data


OF_SOCKETS = [TimeoutError, InterruptedError, BlockingIOError, BrokenPipeError]


@pytest.mark.parametrize("error", OF_SOCKETS)
def test_a_send_that_a_signal_handler_interrupts_is_done_again(
    ends: Ends, monkeypatch: pytest.MonkeyPatch, error: type[OSError]
) -> None:
    """The session is not gone, although a socket may raise the same."""

    def interrupted(data: bytes) -> Iterator[int]:
        raise error

    events = [line("first"), line("second")]
    with monkeypatch.context() as patch:
        patch.setattr(ends.channel.pending, "transfer", interrupted)
        with pytest.raises(error):
            ends.channel.send(events[0])
    ends.channel.send(events[1])
    assert ends.receive(2) == events


def test_who_sends_also_sends_what_is_pending(ends: Ends) -> None:
    """The thread that reads the orders need not run for it: a busy app keeps it from that."""
    for number in range(50):
        ends.channel.send(line(f"{number}" + "x" * 1000))
    assert ends.channel.pending.data
    ends.socket.setblocking(False)
    for number in range(50, 150):
        with suppress(BlockingIOError):
            while ends.socket.recv(65536):
                pass
        ends.channel.send(line(f"{number}" + "x" * 1000))
    assert len(ends.channel.pending.data) < 80_000


def test_sending_does_not_wait_on_a_descriptor_that_the_app_lets_wait(ends: Ends) -> None:
    os.set_blocking(ends.channel.fileno(), True)
    for number in range(200):
        ends.channel.send(line(f"{number}" + "x" * 10_000))
    assert ends.channel.pending
    ends.run()
    assert len(ends.receive(200)) == 200


def test_a_full_socket_is_not_tried_for_each_line(ends: Ends) -> None:
    tries: list[int] = []
    sent = ends.channel.pending.transfer

    def transfer(data: bytes) -> Iterator[int]:
        tries.append(len(data))
        return sent(data)

    ends.channel.pending.transfer = transfer
    for number in range(2000):
        ends.channel.send(line(f"line {number} of a flood"))
    size_bytes = len(ends.channel.pending.data)
    assert len(tries) < size_bytes / pending.RETRY_BYTES + 100
    tries.clear()
    ends.run()
    assert len(ends.receive(2000)) == 2000
    assert max(tries) > 10_000  # many lines go together


def test_what_is_dropped_is_not_encoded_before(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pending, "MAX_PENDING_BYTES", 50_000)
    encoded: list[Event] = []

    def count(event: Event) -> bytes:
        encoded.append(event)
        return encode(event)

    monkeypatch.setattr(channels, "encode", count)
    for _ in range(1000):
        ends.channel.send(line("x" * 1000))
    assert len(encoded) < 50
    ends.channel.send(started(1))  # which has more room than lines
    assert b'"3-1"' in ends.channel.pending.data


def test_what_is_pending_is_flushed_at_the_end(ends: Ends) -> None:
    for number in range(50):
        ends.channel.send(line(f"{number}" + "x" * 1000))
    assert ends.channel.pending.data
    flush = threading.Thread(target=ends.channel.flush, args=(TIMEOUT,))
    flush.start()
    assert len(ends.receive(50)) == 50
    flush.join(TIMEOUT)
    assert not ends.channel.pending.data


def test_a_flush_that_nobody_reads_is_given_up(ends: Ends) -> None:
    for number in range(50):
        ends.channel.send(line(f"{number}" + "x" * 1000))
    flush = threading.Thread(target=ends.channel.flush, args=(0.05,))
    flush.start()
    flush.join(TIMEOUT)
    assert not flush.is_alive()


def test_a_flush_tells_what_was_dropped_and_what_it_gives_up(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader is only slow: it begins to read when the rest is given up."""
    monkeypatch.setattr(pending, "MAX_PENDING_BYTES", 50_000)
    monkeypatch.setattr(channels, "LAST_WORDS_SECONDS", TIMEOUT)
    for number in range(200):
        ends.channel.send(line(f"{number}" + "x" * 1000))
    flush = threading.Thread(target=ends.channel.flush, args=(0.0,))
    flush.start()
    received: list[AnyEvent] = []
    while not any(isinstance(event, EventsDropped) for event in received):
        received += ends.receive(1)
    flush.join(TIMEOUT)
    dropped = sum(event.count for event in received if isinstance(event, EventsDropped))
    assert dropped + sum(isinstance(event, LogWritten) for event in received) == 200


def test_an_order_that_fails_or_was_read_by_another_ends_no_thread(ends: Ends) -> None:
    def fail(order: AnyOrder, listener: int | None) -> None:
        ends.orders.append(order)
        if len(ends.orders) == 1:
            raise RuntimeError("can't start new thread")

    thread = threading.Thread(
        target=ends.channel.run, args=(fail, ends.ended.set, lambda: None), daemon=True
    )
    thread.start()
    ends.socket.sendall(encode(Stop(grace_ms=1)) + b'"grace_ms":1}\n' + encode(Stop(grace_ms=2)))
    first, second = ends.receive(2)
    assert isinstance(first, LogWritten)
    assert "can't start new thread" in first.text
    assert isinstance(second, LogWritten)
    assert "The app has read an order" in second.text
    ends.socket.shutdown(socket.SHUT_WR)
    assert ends.ended.wait(TIMEOUT)
    thread.join(TIMEOUT)
    assert ends.orders == [Stop(grace_ms=1), Stop(grace_ms=2)]


def test_an_error_for_a_moment_ends_no_thread(ends: Ends) -> None:
    errors = [MemoryError(), MemoryError()]

    def idle() -> float | None:
        if errors:
            raise errors.pop()
        return None

    ends.run(idle)
    ends.socket.sendall(encode(Stop(grace_ms=1)))
    ends.socket.shutdown(socket.SHUT_WR)
    assert ends.ended.wait(TIMEOUT)
    assert ends.orders == [Stop(grace_ms=1)]


def test_without_its_descriptors_the_thread_comes_to_its_end(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "UNHEARD_SECONDS", 0.0)
    ends.run(lambda: 0.01)
    os.close(ends.channel.fileno())
    assert ends.ended.wait(TIMEOUT)


def test_a_fork_has_no_hold_on_the_channel(ends: Ends) -> None:
    ends.channel.close()
    assert ends.channel.fileno() == -1
    ends.channel.send(line("of a fork"))
    assert ends.socket.recv(100) == b""


def test_nothing_is_raised_where_the_session_is_gone(ends: Ends) -> None:
    ends.socket.close()
    for _ in range(3):
        ends.channel.send(line("to nobody"))
    assert not ends.channel.pending.data
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
