"""Functions of ours that stand in the middle of an import, and of which nobody takes notice.

Code looks at the depth of a traceback to tell whether a module is missing or has failed itself,
and `warnings.warn(..., stacklevel=2)` at import names the first caller that is not the import
system. So our functions are part of the import system to whoever looks at the stack, and they
leave no entry in a traceback.
"""

from __future__ import annotations

import functools
import operator
import sys
from collections.abc import Callable, Iterator
from types import CodeType, FrameType, FunctionType
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])

# As warnings, debuggers and Python's own trimming of tracebacks know the import system.
_FILE = "<frozen importlib._bootstrap>"

# A bare `raise` takes the traceback that the error has by then.
_RAISES_AS_CHANGED = sys.version_info >= (3, 11)

_codes: set[CodeType] = set()


def unnoticed(function: F) -> F:
    """A decorator for functions that are on the stack while a module is imported."""
    plain = cast("FunctionType", function)
    plain.__code__ = plain.__code__.replace(co_filename=_FILE)
    _codes.add(plain.__code__)
    return function


def leave_no_trace(error: BaseException) -> None:
    """Drop the entries of our functions at the head of the error's traceback.

    To be followed by a bare `raise`, which adds no entry for its own frame; but see `untraced`.
    """
    tb = error.__traceback__
    while tb is not None and tb.tb_frame.f_code in _codes:
        tb = tb.tb_next
    error.__traceback__ = tb


def foreign_frame() -> FrameType:
    """The innermost frame that is none of our functions'; to be asked by one of them."""
    frame = sys._getframe(1)
    while frame.f_code in _codes and frame.f_back is not None:
        frame = frame.f_back
    return frame


def untraced(function: F) -> F:
    """The function as one that raises with no entry of its own in the traceback.

    It ends with `leave_no_trace` and a bare `raise`, which is all that is to be done. But Python
    3.10 then keeps the traceback from before, so there the error is raised once more in C.
    """
    if _RAISES_AS_CHANGED:
        return function

    class Call:
        """What failed, or else never made: a call gives what the function returns."""

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
        # Looked up and called by Python itself, after `__new__` has returned.
        __init__ = property(operator.methodcaller("raise_again"))

    Call.__name__ = function.__name__
    return cast("F", Call)


def _ended() -> Any:
    """A generator that has come to its end, and so raises what is thrown into it at once."""

    def nothing() -> Iterator[None]:
        yield

    generator: Any = nothing()
    generator.close()
    return generator
