"""A lock for code that signal handlers, finalisers and other threads may interrupt anywhere."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from queue import SimpleQueue  # ours, before the app can put another in its place
from typing import Any

# How long to wait for another thread. It needs microseconds, unless it runs a finaliser of the
# user's meanwhile, which may wait for us.
PATIENCE_SECONDS = 0.05


class Turn:
    """One thread's turn at something. Nobody waits for it without a bound.

    `at_once` and `soon` are for `with`, and raise `queue.Empty` where another has the turn: the
    first at once, the second after a while. Both are taken and given back in C, with no bytecode
    of ours, after which a signal handler could raise and the turn would be taken for ever.
    """

    def __init__(self) -> None:
        free: SimpleQueue[object] = SimpleQueue()
        free.put(None)
        self.at_once = _context(free.get_nowait, free.put)
        self.soon = _context(partial(free.get, True, PATIENCE_SECONDS), free.put)


def _context(take: Callable[..., Any], give: Callable[..., Any]) -> AbstractContextManager[Any]:
    # `put` takes the three arguments of `__exit__`, and any of them may stand for the turn.
    methods = {"__enter__": staticmethod(take), "__exit__": staticmethod(give)}
    made: AbstractContextManager[Any] = type("_Taken", (), methods)()
    return made
