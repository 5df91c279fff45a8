"""Call a function of ours in place of one of Python's, so that tracebacks show no frame of ours.

An exception that leaves a function written in Python records its frame. So keep the error, and let
code in C raise it. The function is the `__new__` of a class: after an error it returns an object
that holds the error. Then Python looks up the object's `__init__`, a descriptor that iterates over
the object, and the first step raises the error.
"""

from __future__ import annotations

import contextlib
import functools
import os
import threading
from collections.abc import Callable, Generator, Iterator
from types import TracebackType
from typing import Any

_OURS = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(__file__))), "")

# Files of Python in which our functions wait.
_WAYS = (contextlib.__file__, threading.__file__)


class _Iterates:
    """A descriptor: to get it from an object is to reduce the object, which iterates over it."""

    __get__ = functools.reduce


def _nothing() -> Generator[None, None, None]:
    yield from ()


def in_place_of(original: Callable[..., Any], ours: Callable[..., Any]) -> Callable[..., Any]:
    """Return a callable that calls ours, and whose errors look like the original's."""

    def call(cls: type, *arguments: Any, **options: Any) -> Any:
        try:
            return ours(*arguments, **options)
        except BaseException as error:
            failure = object.__new__(failed)
            failure.error = error.with_traceback(_of_others(error.__traceback__))
            return failure

    def iterate(failure: Any) -> Iterator[None]:
        ended = _nothing()
        next(ended, None)
        error, failure.error = failure.error, None
        return map(ended.throw, [error])

    body = {"__new__": call, "__doc__": original.__doc__, "__wrapped__": ours}
    made = type(original.__name__, (), {**body, "__module__": original.__module__})
    # Of its own, so that `made` has the `__init__` of any class.
    failed: Any = type("Failed", (made,), {"__init__": _Iterates(), "__iter__": iterate})
    return made


def _of_others(tb: TracebackType | None) -> TracebackType | None:
    """Return the traceback without our frames and those that led to a wait of ours."""
    kept: list[TracebackType] = []
    while tb is not None:
        file = tb.tb_frame.f_code.co_filename
        if not file.startswith(_OURS) and (kept or file not in _WAYS):
            kept.append(tb)
        tb = tb.tb_next
    following = None
    for one in reversed(kept):
        one.tb_next, following = following, one
    return following
