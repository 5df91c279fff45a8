"""A thread of devtui's own, of which the app and its debugger see nothing."""

from __future__ import annotations

import _thread
import threading
from _thread import allocate_lock
from collections.abc import Callable

# Taken before the app may patch it: gevent would start a greenlet, and debugpy would make the
# thread known to `threading`. Where debugpy runs us, it has done so and keeps the original there.
_start_new_thread: Callable[..., int] = getattr(
    _thread, "_original_start_new_thread", _thread.start_new_thread
)


class UnseenThread:
    """Runs `target` in a thread that `threading` does not know, and that nobody waits for.

    The app finds the main thread alone, as in any fresh process. gevent, for one, patches the
    locks that exist, that of a running import among them, only where there is no other thread.

    A debugger that follows all threads (debugpy) asks `threading` for the thread of each frame, and
    what is not known there gets a stand-in, which is listed, is stopped at breakpoints with all
    others, and is mixed up with the next thread that gets the same identifier. A thread whose
    outermost function is `_bootstrap` of threading.py is left alone: it is not ready yet.
    """

    def __init__(self, target: Callable[[], object]) -> None:
        self._target = target
        self._running = allocate_lock()

    def start(self) -> None:
        """Start it, once."""
        self._running.acquire()
        _start_new_thread(_bootstrap, (self._target, self._running.release))

    def join(self) -> None:
        """Wait until it has ended."""
        with self._running:
            pass


def _bootstrap(target: Callable[[], object], ended: Callable[[], None]) -> None:
    try:
        target()
    finally:
        ended()


_bootstrap.__code__ = _bootstrap.__code__.replace(
    co_filename=threading.Thread.run.__code__.co_filename
)
