"""Wait, and share values between threads, without holding a lock.

The user's signal handlers and finalisers may run between any two bytecodes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from queue import Empty, SimpleQueue  # before the app can replace it
from typing import Any, Generic, TypeVar

from devtui.server.guest.clocks import clock

T = TypeVar("T")

# How long to wait for another thread. It needs microseconds, unless it runs a finaliser of the
# user's that waits for this thread.
PATIENCE_SECONDS = 0.05

# The first and the longest pause between two tries.
_FIRST_REST_SECONDS = 0.0001
_LONGEST_REST_SECONDS = 0.005


class Bell:
    """Wake the one thread that waits for a change.

    A condition variable holds a lock while it notifies. If a finaliser runs there and blocks, the
    waiting thread would wait longer than its timeout.
    """

    def __init__(self) -> None:
        # Looked up now: if gevent has replaced it, greenlets must run while we wait.
        # Not a queue: up to Python 3.12 its `get` waits for ever if a signal handler takes longer
        # than the timeout.
        self._silent = threading.Lock()
        self._silent.acquire()
        self._heard = False  # somebody waits, or has waited

    def ring(self) -> None:
        """Make the waiting thread check its condition again."""
        if self._heard:
            with suppress(RuntimeError):  # it rings already
                self._silent.release()

    def wait_for(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until the condition holds; return false if time runs out."""
        self._heard = True
        end = clock.monotonic() + seconds
        while not condition():
            left = end - clock.monotonic()
            if left <= 0:
                return False
            if not self._silent.acquire(timeout=left):
                return condition()
        return True


class Turn:
    """A lock that nobody waits for without a bound.

    Use `free` with `with`; it raises `queue.Empty` if another thread has the turn. It is taken and
    given back in C, because a signal handler could raise between our bytecodes and the turn would
    never be given back. A trace function that raises at the end of the `with` still loses it, as it
    loses any lock in Python.
    """

    def __init__(self) -> None:
        turns: SimpleQueue[object] = SimpleQueue()
        turns.put(None)
        self.free = _context(turns.get_nowait, turns.put)
        self._is_free = turns.qsize

    @property
    def is_taken(self) -> bool:
        """Whether a thread has the turn now."""
        return not self._is_free()

    def soon(self, take: Callable[[], object]) -> bool:
        """Call `take` once the turn is free; return false if it stays taken.

        Poll the queue instead of waiting in it: up to Python 3.12 its `get` waits for ever if it is
        woken in vain, by a signal or a faster thread, and its timeout is over by then.
        """
        end, rest = clock.monotonic() + PATIENCE_SECONDS, _FIRST_REST_SECONDS
        while True:
            try:
                with self.free:
                    take()
                    return True
            except Empty:
                if clock.monotonic() >= end:
                    return False
            clock.sleep(rest)
            rest = min(2 * rest, _LONGEST_REST_SECONDS)


class MadeOnce(Generic[T]):
    """Make a value at the first call, and return the same one at each call.

    It holds no lock, because making the value may run the user's code, which may call this again.
    If two threads make one at the same time, the first to finish wins.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: dict[None, T] = {}

    def __call__(self) -> T:
        """Return the value."""
        if None not in self._made:
            self._made.setdefault(None, self._make())
        return self._made[None]


def _context(take: Callable[..., Any], give: Callable[..., Any]) -> AbstractContextManager[Any]:
    # `put` accepts the three arguments of `__exit__`; any object stands for the turn.
    methods = {"__enter__": staticmethod(take), "__exit__": staticmethod(give)}
    made: AbstractContextManager[Any] = type("_Taken", (), methods)()
    return made
