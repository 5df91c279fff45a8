"""Wait, and share values between threads, without holding a lock.

The user's signal handlers and finalisers may run between any two bytecodes.
"""

from __future__ import annotations

import threading
from _thread import LockType, allocate_lock
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from threading import get_ident
from typing import Generic, TypeVar

from devtui.server.guest.clocks import clock

T = TypeVar("T")

# How long to wait for another thread. It needs microseconds, unless it runs a finaliser of the
# user's that waits for this thread.
PATIENCE_SECONDS = 0.05

# How many others a thread works for before it goes on with its own request.
MAX_SERVED = 32


class Bell:
    """Wake the one thread that waits for a change.

    A condition variable holds a lock while it notifies. If a finaliser ran then and blocked, the
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
    the body of a `with`. So one call in C takes the turn and notes that, and another gives it back.
    A trace function that raises at the line of the second call loses the turn, as any lock.
    """

    def __init__(self, asked: deque[Asked] | None = None) -> None:
        self._free: list[None] = [None]
        self._owner = 0  # the thread that has the turn
        self._asked: deque[Asked] = deque() if asked is None else asked

    @property
    def is_mine(self) -> bool:
        """Whether this call has interrupted the work of the same thread."""
        return not self._free and self._owner == get_ident()

    def at_once(self, work: Callable[[], T]) -> T:
        """Do the work if the turn is free; raise `Taken` if it is not.

        Then do the work of the waiting threads: to wake each of them for its own turn would take
        longer than the work.
        """
        mine: list[None] = []
        try:
            try:
                mine.extend(map(self._free.pop, (0,)))
            except IndexError:
                if not mine:
                    raise Taken from None
                raise  # a signal handler has raised it
            self._owner = get_ident()
            done = work()
            for _ in range(MAX_SERVED):
                if (asked := self._next_asked()) is None:
                    break
                asked.serve()
            self._owner = 0
            return done
        finally:
            self._free.extend(mine)
            if mine and self._asked:
                self._wake_next()

    def soon(self, work: Callable[[], object]) -> bool:
        """Do the work once the turn is free, or have its owner do it; false if it stays taken.

        The time is bounded, because a signal handler that raises in the owner may lose a wake-up.
        """
        end = clock.monotonic() + PATIENCE_SECONDS
        asked = Asked(work)
        try:
            while not asked.is_done:
                self._asked.append(asked)
                try:
                    self.at_once(asked.serve)
                except Taken:
                    if (left := end - clock.monotonic()) <= 0:
                        break
                    # Try again in any case: who was woken instead may have given up just then.
                    asked.silence.acquire(timeout=left)
        finally:
            with suppress(ValueError):  # none is left, because it was served
                while True:
                    self._asked.remove(asked)
        return asked.is_done

    def _wake_next(self) -> None:
        """Let a thread that waits try again."""
        while (asked := self._next_asked()) is not None:
            if not asked.is_done:
                asked.wake()
                return

    def _next_asked(self) -> Asked | None:
        try:
            return self._asked.popleft() if self._asked else None
        except IndexError:  # it has just given up
            return None


def _lock() -> LockType:
    """Return a lock that one thread waits for and another releases.

    If gevent has replaced it, greenlets must run while we wait. But eventlet's can only be released
    in the thread that waits.
    """
    patched = threading.Lock
    module: str = getattr(patched, "__module__", "")
    return allocate_lock() if module.startswith("eventlet.") else patched()


class Asked:
    """The work of a thread that waits for its turn."""

    def __init__(self, work: Callable[[], object]) -> None:
        self.is_done = False
        self.silence = _lock()
        self.silence.acquire()
        self._work = work

    def serve(self) -> None:
        """Do the work, once, and wake the thread that waits; after an error, it tries again."""
        if not self.is_done:
            try:
                self._work()
                self.is_done = True
            finally:
                self.wake()

    def wake(self) -> None:
        """Wake the thread that waits, or is about to."""
        with suppress(RuntimeError):  # another thread has done that
            self.silence.release()


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
