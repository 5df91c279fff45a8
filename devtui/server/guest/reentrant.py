"""Wait, and share values between threads, without holding a lock.

The user's signal handlers and finalisers may run between any two bytecodes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

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


class Taken(Exception):
    """Another thread has the turn."""


class Turn:
    """A lock that nobody waits for without a bound.

    A signal handler may raise after any call, and since Python 3.14 also between `__enter__` and
    the body of a `with`. So one call in C takes the turn and notes that, and one gives it back. A
    trace function that raises at the line of the latter loses the turn, as it loses any lock.
    """

    def __init__(self) -> None:
        self._free: list[None] = [None]

    @property
    def is_taken(self) -> bool:
        """Whether a thread has the turn now."""
        return not self._free

    def at_once(self, work: Callable[[], T]) -> T:
        """Do the work if the turn is free; raise `Taken` if it is not."""
        mine: list[None] = []
        try:
            try:
                mine.extend(map(self._free.pop, (0,)))
            except IndexError:
                if not mine:
                    raise Taken from None
                raise  # a signal handler has raised it
            return work()
        finally:
            self._free.extend(mine)

    def soon(self, work: Callable[[], object]) -> bool:
        """Do the work once the turn is free; return false if it stays taken.

        Try again and again instead of waiting for a wake-up, which a signal or a faster thread may
        take away.
        """
        end, rest = clock.monotonic() + PATIENCE_SECONDS, _FIRST_REST_SECONDS
        while True:
            try:
                self.at_once(work)
                return True
            except Taken:
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
