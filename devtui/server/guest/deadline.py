"""Run the user's code, which may block, in a thread with a deadline."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

from devtui.server.guest.clocks import clock
from devtui.server.guest.reentrant import Bell
from devtui.server.guest.threads import UnseenThread, begin

T = TypeVar("T")

# When to check an overdue call again, and how much CPU time an endless loop has used by then.
ENDLESS_SECONDS = 5.0
ENDLESS_SHARE = 0.1

# The longest time between two checks of one call.
SELDOM_SECONDS = 60.0

# Taken before the app can patch them. macOS has no clock of a thread.
_clock_of_thread: Callable[[int], int] | None = getattr(time, "pthread_getcpuclockid", None)
_read_clock = time.clock_gettime


class Overdue(Exception):
    """The call has not returned in time."""


class _Call(Generic[T]):
    """One call in a thread."""

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        self._context = contextvars.copy_context()
        self._results: list[T] = []
        self._error: BaseException | None = None
        self._done = Bell()
        self._ended = False
        self._clock: int | None = None  # of its thread's CPU time
        self._thread = threading.Thread(target=self._run, name="devtui-deadline", daemon=True)

    def result(self, seconds: float) -> T:
        begin(self._thread)
        if not self._done.wait_for(lambda: self._ended, seconds):
            with suppress(RuntimeError):  # no thread can be started
                UnseenThread(self._end_if_endless).start()
            raise Overdue
        if self._error is not None:
            raise self._error
        return self._results[0]

    def _end_if_endless(self) -> None:
        """End an endless loop.

        Leave a waiting or slow call alone. It may wait for a lock, such as a logging handler's in a
        finaliser: an exception right after it gets the lock would leave the lock taken. On a busy
        machine a loop may get little CPU time at first, so check until the call has ended, less and
        less often.
        """
        seconds = ENDLESS_SECONDS
        while not self._ended:
            used = self._used_seconds()
            clock.sleep(seconds)
            if not self._ended and self._used_seconds() - used > ENDLESS_SECONDS * ENDLESS_SHARE:
                raise_in_thread(self._thread, SystemExit)
            seconds = min(2 * seconds, SELDOM_SECONDS)

    def _used_seconds(self) -> float:
        try:
            return 0.0 if self._clock is None else _read_clock(self._clock)
        except OSError:  # its thread has ended
            return 0.0

    def _run(self) -> None:
        try:
            if _clock_of_thread is not None:
                self._clock = _clock_of_thread(threading.get_ident())
            self._results.append(self._context.run(self._function))
        except BaseException as error:
            self._error = error
        finally:
            self._ended = True
            self._done.ring()


def within(seconds: float, function: Callable[[], T]) -> T:
    """Return or raise what `function` does. Raise `Overdue` if that takes longer.

    It runs with a copy of the caller's context variables. An overdue thread goes on, unless it is
    in an endless loop.
    """
    return _Call(function).result(seconds)


def raise_in_thread(thread: threading.Thread, kind: type[BaseException] | None) -> None:
    """Raise an exception in a thread as soon as it runs Python code again.

    None cancels one that was not raised yet. A thread that waits in C code (a sleep, a lock, a
    socket) raises it only when the call returns.
    https://docs.python.org/3/c-api/init.html#c.PyThreadState_SetAsyncExc
    """
    if thread.ident is None:
        return
    import ctypes  # the first response does not wait for it

    what = ctypes.py_object() if kind is None else ctypes.py_object(kind)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), what)
