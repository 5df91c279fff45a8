"""What waits in the user's process waits no longer than it says, whatever interrupts it."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from devtui.server.guest.reentrant import Bell, Turn

LET_GO_SECONDS = 5.0  # then what is waited for comes, so that the test ends in any case


@pytest.fixture
def slow_handler() -> Iterator[None]:
    """A signal comes soon, and its handler takes longer than anybody here wants to wait."""
    before = signal.signal(signal.SIGALRM, lambda *_: time.sleep(0.3))
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def _seconds(wait: Callable[[], object]) -> float:
    start = time.monotonic()
    assert wait() is False
    return time.monotonic() - start


def test_the_wait_for_a_turn_ends_after_a_slow_handler(slow_handler: None) -> None:
    turn, held = Turn(), threading.Event()

    def hold() -> None:
        held.set()
        let_go.wait(LET_GO_SECONDS)

    let_go = threading.Event()
    holder = threading.Thread(target=turn.at_once, args=(hold,))
    holder.start()
    assert held.wait(LET_GO_SECONDS)
    try:
        assert _seconds(lambda: turn.soon(lambda: None)) < LET_GO_SECONDS - 1
    finally:
        let_go.set()
        holder.join()
    assert turn.soon(lambda: None)


def test_the_wait_for_a_bell_ends_after_a_slow_handler(slow_handler: None) -> None:
    bell = Bell()
    ringer = threading.Timer(LET_GO_SECONDS, bell.ring)
    ringer.start()
    try:
        assert _seconds(lambda: bell.wait_for(lambda: False, 0.1)) < LET_GO_SECONDS - 1
    finally:
        ringer.cancel()


def test_a_bell_is_heard_however_often_it_rang() -> None:
    bell = Bell()
    done: list[bool] = []
    assert not bell.wait_for(lambda: bool(done), 0.01)
    for _ in range(3):
        bell.ring()

    def finish() -> None:
        done.append(True)
        bell.ring()

    threading.Timer(0.05, finish).start()
    start = time.monotonic()
    assert bell.wait_for(lambda: bool(done), LET_GO_SECONDS)
    assert time.monotonic() - start < LET_GO_SECONDS - 1
