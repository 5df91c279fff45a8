"""A lock for code that signal handlers, finalisers and other threads may interrupt anywhere."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from queue import Empty, SimpleQueue  # ours, before the app can put another in its place
from typing import Any

from devtui.server.guest.clocks import clock

# How long to wait for another thread. It needs microseconds, unless it runs a finaliser of the
# user's meanwhile, which may wait for us.
PATIENCE_SECONDS = 0.05

# Between two looks at whether the turn is free: the first rest, and the longest.
_FIRST_REST_SECONDS = 0.0001
_LONGEST_REST_SECONDS = 0.005


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


def _context(take: Callable[..., Any], give: Callable[..., Any]) -> AbstractContextManager[Any]:
    # `put` takes the three arguments of `__exit__`, and any of them may stand for the turn.
    methods = {"__enter__": staticmethod(take), "__exit__": staticmethod(give)}
    made: AbstractContextManager[Any] = type("_Taken", (), methods)()
    return made
