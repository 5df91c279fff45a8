"""Code of the user's that is given so much time: what becomes of it when that is over."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from devtui.server.guest import deadline
from devtui.server.guest.deadline import Overdue, within
from tests.support.processes import eventually

TIMEOUT = 20


Threads = set[threading.Thread]


@pytest.fixture
def looked_at_soon(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Threads]]:
    """Gives the threads of overdue calls that the test began; those of other tests take longer."""
    monkeypatch.setattr(deadline, "ENDLESS_SECONDS", 0.3)
    before = _overdue()
    yield lambda: _overdue() - before
    assert eventually(lambda: not _overdue() - before, TIMEOUT)


def _overdue() -> Threads:
    return {thread for thread in threading.enumerate() if thread.name == "devtui-deadline"}


def test_what_waits_for_a_lock_when_its_time_is_over_gives_the_lock_back(
    looked_at_soon: Callable[[], Threads],
) -> None:
    """A finaliser that logs may run in there, and logging would hang from then on."""
    lock, done = threading.Lock(), threading.Event()

    def wait() -> None:
        lock.acquire()
        try:
            done.set()
        finally:
            lock.release()

    with lock:
        with pytest.raises(Overdue):
            within(0.05, wait)
        # Until it was looked at again, whether it is an endless loop.
        assert not done.wait(1.0)
    assert done.wait(TIMEOUT)
    assert lock.acquire(timeout=TIMEOUT)


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS has no clock of a thread")
def test_an_endless_loop_is_ended(looked_at_soon: Callable[[], Threads]) -> None:
    def loop() -> None:
        while True:
            pass

    with pytest.raises(Overdue):
        within(0.05, loop)
    (thread,) = looked_at_soon()
    thread.join(TIMEOUT)
    assert not thread.is_alive()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_thread_that_has_no_memory_to_begin_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`Thread.start` waits for ever for its word that it runs."""

    def begin(thread: threading.Thread) -> None:
        raise MemoryError

    monkeypatch.setattr(threading.Thread, "_bootstrap_inner", begin)
    with pytest.raises(RuntimeError, match="not begun"):
        within(60, lambda: "never")
