"""Running code of the user's that may block: in a thread of its own, until a deadline."""

from __future__ import annotations

import contextvars
import ctypes
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from devtui.server.guest.bell import Bell

T = TypeVar("T")


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
        self._thread = threading.Thread(target=self._run, name="devtui-deadline", daemon=True)

    def result(self, seconds: float) -> T:
        self._thread.start()
        if not self._done.wait_for(lambda: self._ended, seconds):
            # So that an endless loop does not go on eating a processor. In a call written in C it
            # has no effect until that returns.
            raise_in_thread(self._thread, SystemExit)
            raise Overdue
        if self._error is not None:
            raise self._error
        return self._results[0]

    def _run(self) -> None:
        try:
            self._results.append(self._context.run(self._function))
        except BaseException as error:
            self._error = error
        finally:
            self._ended = True
            self._done.ring()


def within(seconds: float, function: Callable[[], T]) -> T:
    """What `function` returns or raises; raises `Overdue` where that takes longer.

    It runs with a copy of the caller's context variables. A thread that is overdue is told to end.
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
