"""Hide our functions that are on the stack during an import.

Code checks the depth of a traceback to tell a missing module from a failing one, and
`warnings.warn(..., stacklevel=2)` at import names the first caller outside the import system. So
our functions look like the import system on the stack, and leave no entry in a traceback.
"""

from __future__ import annotations

import functools
import operator
import sys
from collections.abc import Callable, Iterator
from types import CodeType, FrameType, FunctionType
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])

# How warnings, debuggers and Python recognise the import system.
_FILE = "<frozen importlib._bootstrap>"

# Whether a bare `raise` uses the error's changed traceback.
_RAISES_AS_CHANGED = sys.version_info >= (3, 11)

_codes: set[CodeType] = set()


def unnoticed(function: F) -> F:
    """Decorate a function that is on the stack while a module is imported."""
    plain = cast("FunctionType", function)
    plain.__code__ = plain.__code__.replace(co_filename=_FILE)
    _codes.add(plain.__code__)
    return function


def is_unnoticed(code: CodeType | None) -> bool:
    """Whether it is the code of a function that `unnoticed` decorates."""
    return code in _codes


def leave_no_trace(error: BaseException) -> None:
    """Drop the entries of our functions at the head of the error's traceback.

    Follow it with a bare `raise`, which adds no entry for its frame; but see `untraced`.
    """
    tb = error.__traceback__
    while tb is not None and tb.tb_frame.f_code in _codes:
        tb = tb.tb_next
    error.__traceback__ = tb


def foreign_frame() -> FrameType:
    """Return the innermost frame of any other function."""
    frame = sys._getframe(1)
    while frame.f_code in _codes and frame.f_back is not None:
        frame = frame.f_back
    return frame


def untraced(function: F) -> F:
    """Keep the function out of the traceback of what it raises.

    The function ends with `leave_no_trace` and a bare `raise`. That is enough since Python 3.11;
    3.10 restores the old traceback, so there C code raises the error again.
    """
    if _RAISES_AS_CHANGED:
        return function

    class Call:
        """Return the function's result from `__new__`, or an instance if it failed."""

        @unnoticed
        def __new__(cls, *args: Any, **kwargs: Any) -> Any:
            try:
                return function(*args, **kwargs)
            except BaseException as error:
                leave_no_trace(error)
                failed = object.__new__(cls)
                failed.raise_again = functools.partial(_ended().throw, error)
                return failed

        raise_again: Callable[[], object]
        # Python calls it after `__new__` has returned an instance.
        __init__ = property(operator.methodcaller("raise_again"))

    Call.__name__ = function.__name__
    return cast("F", Call)


def untraced_method(function: F) -> F:
    """Do the same as `untraced` for a function that becomes a method."""
    if _RAISES_AS_CHANGED:
        return function
    # Written in C, this is bound to instances as a function is, and calls what it has. It caches
    # nothing, and does not look at the arguments.
    method = functools.lru_cache(maxsize=0)(untraced(function))
    vars(method).clear()  # it has copied what the class has
    return cast("F", method)


def _ended() -> Any:
    """Return an ended generator, which raises at once what is thrown into it."""

    def nothing() -> Iterator[None]:
        yield

    generator: Any = nothing()
    generator.close()
    return generator
