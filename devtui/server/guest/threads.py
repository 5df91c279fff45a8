"""Threads of ours that the app and its debugger do not see."""

from __future__ import annotations

import _thread
import threading
from _thread import allocate_lock
from collections.abc import Callable

# Taken before the app can patch it: gevent would start a greenlet, and debugpy would register the
# thread with `threading`. If debugpy runs us, it has patched it and keeps the original here.
_start_new_thread: Callable[..., int] = getattr(
    _thread, "_original_start_new_thread", _thread.start_new_thread
)

# The longest time until a new thread runs. It takes tenths of a second on a busy machine.
_BEGIN_SECONDS = 1.0


def begin(thread: threading.Thread) -> None:
    """Start a thread that the app may see; raise `RuntimeError` if it does not begin to run.

    Without memory a new thread can end before it reports that it runs, and `Thread.start` would
    wait for that report for ever.
    """
    thread._started = _Started()  # type: ignore[attr-defined]
    thread.start()
    if thread.ident is None:
        raise RuntimeError("The new thread has not begun to run.")


def is_ours(thread: threading.Thread) -> bool:
    """Whether `begin` has started the thread."""
    return type(getattr(thread, "_started", None)) is _Started


class _Started(threading.Event):
    """The report of a new thread that it runs. Nobody waits long for it."""

    def wait(self, timeout: float | None = None) -> bool:
        return super().wait(_BEGIN_SECONDS if timeout is None else timeout)


class UnseenThread:
    """Run `target` in a thread that `threading` does not know and nobody waits for.

    The app sees only the main thread, as in a fresh process. gevent, for one, patches existing
    locks, such as that of a running import, only if there is no other thread.

    debugpy asks `threading` for the thread of each frame. An unknown one gets a stand-in, which is
    listed, stops at breakpoints, and is confused with the next thread of the same identifier. But
    debugpy ignores a thread whose outermost function is `_bootstrap` of threading.py.
    """

    def __init__(self, target: Callable[[], object]) -> None:
        self._target = target
        self._running = allocate_lock()

    def start(self) -> None:
        """Start the thread, once."""
        self._running.acquire()
        _start_new_thread(_bootstrap, (self._target, self._running.release))

    def join(self) -> None:
        """Wait until the thread has ended."""
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
