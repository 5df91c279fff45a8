"""What waits in the user's process waits no longer than it says, whatever interrupts it."""

from __future__ import annotations

import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from devtui.server.guest import reentrant
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


class Held:
    """A turn that a thread has until it is let go."""

    def __init__(self, turn: Turn) -> None:
        self.turn = turn
        self._held, self._let_go = threading.Event(), threading.Event()
        self._holder = threading.Thread(target=self.turn.at_once, args=(self._hold,))
        self._holder.start()
        assert self._held.wait(LET_GO_SECONDS)

    def _hold(self) -> None:
        self._held.set()
        self._let_go.wait(LET_GO_SECONDS)

    def let_go(self) -> None:
        self._let_go.set()
        self._holder.join()


@pytest.fixture
def held() -> Iterator[Held]:
    made = Held(Turn())
    yield made
    made.let_go()


def test_the_work_of_threads_that_wait_is_done_once_each(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More of them than the owner works for: it wakes one that goes on."""
    monkeypatch.setattr(reentrant, "PATIENCE_SECONDS", LET_GO_SECONDS)
    done: list[int] = []
    answers: list[bool] = []
    ready = threading.Barrier(41)

    def ask(number: int) -> None:
        ready.wait(LET_GO_SECONDS)
        answers.append(held.turn.soon(lambda: done.append(number)))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    ready.wait(LET_GO_SECONDS)
    held.let_go()
    for thread in threads:
        thread.join(LET_GO_SECONDS)
    assert sorted(done) == list(range(40))
    assert answers == [True] * 40


def test_a_thread_that_gave_up_has_nothing_done_later(held: Held) -> None:
    done: list[str] = []
    assert not held.turn.soon(lambda: done.append("too late"))
    held.let_go()
    assert held.turn.soon(lambda: done.append("in time"))
    assert done == ["in time"]


def test_the_turn_is_free_after_an_error_in_the_work_for_another(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if a signal handler had raised there; who waits tries itself."""
    monkeypatch.setattr(reentrant, "PATIENCE_SECONDS", LET_GO_SECONDS)
    tries: list[int] = []

    def fail_first() -> None:
        tries.append(threading.get_ident())
        if len(tries) == 1:
            raise InterruptedError

    monkeypatch.setattr(threading, "excepthook", lambda arguments: None)
    answers: list[bool] = []
    works: tuple[Callable[[], None], ...] = (fail_first, lambda: None)
    threads = [
        threading.Thread(target=lambda work=work: answers.append(held.turn.soon(work)))
        for work in works
    ]
    for thread in threads:
        thread.start()
    held.let_go()
    for thread in threads:
        thread.join(LET_GO_SECONDS / 2)
    assert answers == [True, True]
    assert len(set(tries)) == 2


def test_a_thread_that_is_woken_before_it_waits_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """The owner ends between its request and its own try."""
    monkeypatch.setattr(reentrant, "MAX_SERVED", 0)

    class Requests(deque[Any]):
        def append(self, asked: Any) -> None:
            super().append(asked)
            taken.let_go()

    taken = Held(Turn(Requests()))
    done: list[str] = []
    assert taken.turn.soon(lambda: done.append("work"))
    assert done == ["work"]


def test_a_thread_whose_waking_is_lost_tries_again() -> None:
    """A thread that was woken in its place has given up just then, or a signal handler raised."""

    class Requests(deque[Any]):
        def append(self, asked: Any) -> None:
            super().append(asked)
            if letting_go.ident is None:
                letting_go.start()

        def popleft(self) -> Any:
            raise IndexError

    taken = Held(Turn(Requests()))
    letting_go = threading.Timer(0.01, taken.let_go)
    assert taken.turn.soon(lambda: None)


def test_a_turn_is_known_as_the_own_one() -> None:
    turn = Turn()
    assert not turn.is_mine
    assert turn.at_once(lambda: turn.is_mine)
    assert not turn.is_mine


def test_threads_that_work_in_turn_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reentrant, "PATIENCE_SECONDS", LET_GO_SECONDS)  # the machine may be busy
    turn, count = Turn(), 0

    def add() -> None:
        nonlocal count
        before = count
        time.sleep(0)  # another thread would now read the same number
        count = before + 1

    def work() -> None:
        for _ in range(200):
            assert turn.soon(add)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LET_GO_SECONDS)
    assert count == 8 * 200


def test_a_lock_of_eventlet_is_not_shared_between_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """It can be released only in the thread that waits for it."""

    class Lock:
        def __init__(self) -> None:
            raise AssertionError("two threads would share it")

    Lock.__module__ = "eventlet.green.thread"
    monkeypatch.setattr(threading, "Lock", Lock)
    assert Turn().soon(lambda: None)
