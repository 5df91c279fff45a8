"""Running code of the user's that may block: in a thread of its own, until a deadline."""

from __future__ import annotations

import contextvars
import ctypes
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

from devtui.server.guest.clocks import clock
from devtui.server.guest.reentrant import Bell
from devtui.server.guest.threads import UnseenThread

T = TypeVar("T")

# When a call that was overdue is looked at again, and how much of the processor's time it has used
# by then if it is an endless loop.
ENDLESS_SECONDS = 5.0
ENDLESS_SHARE = 0.1

# As they are before the app may patch them. macOS has no clock of a thread.
_clock_of_thread: Callable[[int], int] | None = getattr(time, "pthread_getcpuclockid", None)
_read_clock = time.clock_gettime


class Overdue(Exception):
    """It has not returned in time."""


class _Call(Generic[T]):
    """One call in a thread of its own."""

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        self._context = contextvars.copy_context()
        self._results: list[T] = []
        self._error: BaseException | None = None
        self._done = Bell()
        self._ended = False
        self._clock: int | None = None  # of the time that its thread uses
        self._thread = threading.Thread(target=self._run, name="devtui-deadline", daemon=True)

    def result(self, seconds: float) -> T:
        self._thread.start()
        if not self._done.wait_for(lambda: self._ended, seconds):
            with suppress(RuntimeError):  # no thread can be started
                UnseenThread(self._end_if_endless).start()
            raise Overdue
        if self._error is not None:
            raise self._error
        return self._results[0]

    def _end_if_endless(self) -> None:
        """Keep an endless loop from eating a processor for ever.

        A call that waits is left alone, and one that is only slow. It may wait for a lock, that of
        a logging handler in a finaliser, say: what is raised when it gets the lock would leave it
        locked for good.
        """
        used = self._used_seconds()
        clock.sleep(ENDLESS_SECONDS)
        if not self._ended and self._used_seconds() - used > ENDLESS_SECONDS * ENDLESS_SHARE:
            raise_in_thread(self._thread, SystemExit)

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
    """What `function` returns or raises; raises `Overdue` where that takes longer.

    It runs with a copy of the caller's context variables. A thread that is overdue goes on, unless
    it is in an endless loop.
    """
    return _Call(function).result(seconds)


def raise_in_thread(thread: threading.Thread, kind: type[BaseException] | None) -> None:
    """Have an exception raised in a thread, as soon as that runs Python code again.

    None takes back one that was not raised yet. A thread that waits in a call written in C (a
    sleep, a lock, a socket) sees it when the call returns, and not before.
    https://docs.python.org/3/c-api/init.html#c.PyThreadState_SetAsyncExc
    """
    if thread.ident is None:
        return
    what = ctypes.py_object() if kind is None else ctypes.py_object(kind)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), what)
