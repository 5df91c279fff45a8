"""Waiting and sharing between threads without a lock that anybody could hold.

Signal handlers, finalisers and other threads may run the user's code between any two bytecodes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from queue import Empty, SimpleQueue  # ours, before the app can put another in its place
from typing import Any, Generic, TypeVar

from devtui.server.guest.clocks import clock

T = TypeVar("T")

# How long to wait for another thread. It needs microseconds, unless it runs a finaliser of the
# user's meanwhile, which may wait for us.
PATIENCE_SECONDS = 0.05

# Between two looks at whether the turn is free: the first rest, and the longest.
_FIRST_REST_SECONDS = 0.0001
_LONGEST_REST_SECONDS = 0.005


class Bell:
    """Rung by whoever has changed something; heard by the one thread that waits for it.

    A condition variable holds a lock while it notifies. A finaliser of the user's may run in there
    and wait for something, and then who waits would wait past any timeout.
    """

    def __init__(self) -> None:
        # Looked up now: where gevent has replaced it, others must get to run while it is waited.
        # No queue: up to Python 3.12 it waits for ever where a signal's handler takes longer than
        # it was to wait.
        self._silent = threading.Lock()
        self._silent.acquire()
        self._heard = False  # somebody waits, or has waited

    def ring(self) -> None:
        """Have it looked at again whether that is the case which is waited for."""
        if self._heard:
            with suppress(RuntimeError):  # it rings already
                self._silent.release()

    def wait_for(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until the condition holds; false where it does not in that time."""
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
    """One thread's turn at something. Nobody waits for it without a bound.

    `free` is for `with`, and raises `queue.Empty` where another has the turn. It is taken and given
    back in C, with no bytecode of ours, after which a signal handler could raise and the turn would
    be taken for ever.
    """

    def __init__(self) -> None:
        turns: SimpleQueue[object] = SimpleQueue()
        turns.put(None)
        self.free = _context(turns.get_nowait, turns.put)

    def soon(self, take: Callable[[], object]) -> bool:
        """Call `take` once the turn is free; false where it is not for a while.

        The queue is asked again and again, and not told how long to wait: up to Python 3.12 it
        waits for ever where the time is over after it was woken in vain, by a signal or because
        another thread was faster.
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
    """Makes a value when it is called for the first time, and gives every caller the same one.

    It holds no lock, since to make the value may run code of the user's that comes here again.
    Two threads may both make one at the same time; the first that has done so is heard.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: dict[None, T] = {}

    def __call__(self) -> T:
        """The value."""
        if None not in self._made:
            self._made.setdefault(None, self._make())
        return self._made[None]


def _context(take: Callable[..., Any], give: Callable[..., Any]) -> AbstractContextManager[Any]:
    # `put` takes the three arguments of `__exit__`, and any of them may stand for the turn.
    methods = {"__enter__": staticmethod(take), "__exit__": staticmethod(give)}
    made: AbstractContextManager[Any] = type("_Taken", (), methods)()
    return made
