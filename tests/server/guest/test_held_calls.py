"""Calls that keep the interpreter's lock, over a real pair of sockets."""

from __future__ import annotations

import ctypes
import socket
import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import NoReturn

import pytest

from devtui.events import LogWritten, encode
from devtui.server.channel.pending import Pending
from devtui.server.guest.held_calls import HeldCalls, held_calls

TIMEOUT = 10


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.settimeout(TIMEOUT)
    yield ours, theirs
    ours.close()
    theirs.close()


def test_what_is_sent_arrives(pair: tuple[socket.socket, socket.socket]) -> None:
    """Zero bytes arrive, too, although a string of C ends with one."""
    ours, theirs = pair
    send = partial(HeldCalls().send, ours)
    assert next(send(b"one\0two\n")) == 8
    assert next(send(b"three")) == 5
    assert theirs.recv(100) == b"one\0two\nthree"


def test_no_other_thread_runs_meanwhile(pair: tuple[socket.socket, socket.socket]) -> None:
    """`socket.send` lets the others run at each call, and waits for its turn then."""
    ours, theirs = pair
    send = partial(HeldCalls().send, ours)
    turns, over, begun = 0, threading.Event(), threading.Event()

    def take_turns() -> None:
        nonlocal turns
        while not over.is_set():
            turns += 1
            begun.set()
            time.sleep(0)  # waits for the lock, like a thread that returns from a system call

    thread = threading.Thread(target=take_turns)
    thread.start()
    try:
        assert begun.wait(TIMEOUT)
        undisturbed = 0
        for _ in range(100):
            before = turns
            for _ in range(100):
                next(send(b"."))
            undisturbed += turns == before
            theirs.recv(1000)
    finally:
        over.set()
        thread.join(TIMEOUT)
    # The interpreter takes the lock away after 5 ms in any case.
    assert undisturbed >= 60


def test_it_never_waits(pair: tuple[socket.socket, socket.socket]) -> None:
    """Not even on a socket that would wait: the app can change each descriptor of its process."""
    ours, _ = pair
    ours.setblocking(True)
    send = partial(HeldCalls().send, ours)
    while (sent := next(send(bytes(100_000)))) > 0:
        pass
    assert sent == -1


@pytest.mark.parametrize("closed", [0, 1])
def test_a_closed_end_takes_nothing(pair: tuple[socket.socket, socket.socket], closed: int) -> None:
    send = partial(HeldCalls().send, pair[0])
    pair[closed].close()
    assert next(send(b"words")) == -1


def test_nothing_is_sent_before_it_is_asked_for(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    """A signal handler could raise between the sending and the noting of it."""
    ours, theirs = pair
    sending = HeldCalls().send(ours, b"words")
    theirs.setblocking(False)
    with pytest.raises(BlockingIOError):
        theirs.recv(100)
    assert list(sending) == [5]
    assert theirs.recv(100) == b"words"


def test_all_that_is_put_while_the_socket_is_full_arrives_later(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    ours.setblocking(False)  # as the channel does
    pending = Pending(ours)
    pending.hold_interpreter(HeldCalls())
    texts = (f"{number}" * 2000 for number in range(300))
    lines = [encode(LogWritten(stream="stdout", text=text)) for text in texts]
    for line in lines:
        pending.put(LogWritten, line)
        pending.send()
    assert pending
    received = b""
    while pending:
        received += theirs.recv(65536)
        pending.send()
    while len(received) < sum(map(len, lines)):
        received += theirs.recv(65536)
    assert received == b"".join(lines)
    assert not pending.closed


def test_what_has_come_is_received(pair: tuple[socket.socket, socket.socket]) -> None:
    """Up to the size of the buffer; nothing is not the end."""
    ours, theirs = pair
    receive = HeldCalls().receiver(ours)
    buffer = memoryview(bytearray(8))
    assert receive(buffer) == -1
    theirs.sendall(b"one\0two, three")
    assert receive(buffer) == 8
    assert bytes(buffer) == b"one\0two,"
    assert receive(buffer) == 6
    assert bytes(buffer[:6]) == b" three"
    theirs.close()
    assert receive(buffer) == 0


def test_an_error_of_the_connection_is_raised(pair: tuple[socket.socket, socket.socket]) -> None:
    """The system tells it once: nobody would hear of it later."""
    ours, _ = pair
    receive = HeldCalls().receiver(ours)
    ours.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        receive(memoryview(bytearray(8)))


def test_there_are_none_if_the_app_forbids_them(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: object) -> NoReturn:
        raise RuntimeError("an audit hook of the app's")

    monkeypatch.setattr(ctypes, "PyDLL", refuse)
    assert held_calls() is None


def test_the_session_is_known_to_be_gone(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    ours.setblocking(False)  # as the channel does
    pending = Pending(ours)
    pending.hold_interpreter(HeldCalls())
    theirs.close()
    pending.put(LogWritten, b"words\n")
    pending.send()
    assert pending.closed
