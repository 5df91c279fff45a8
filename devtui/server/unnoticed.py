"""Functions of ours that stand in the middle of an import, and of which nobody takes notice.

Code looks at the depth of a traceback to tell whether a module is missing or has failed itself,
and `warnings.warn(..., stacklevel=2)` at import names the first caller that is not the import
system. So our functions are part of the import system to whoever looks at the stack, and they
leave no entry in a traceback.
"""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])

# As warnings, debuggers and Python's own trimming of tracebacks know the import system.
_FILE = "<frozen importlib._bootstrap>"

_codes: set[CodeType] = set()


def unnoticed(function: F) -> F:
    """A decorator for functions that are on the stack while a module is imported."""
    plain = cast("FunctionType", function)
    plain.__code__ = plain.__code__.replace(co_filename=_FILE)
    _codes.add(plain.__code__)
    return function


def leave_no_trace(error: BaseException) -> None:
    """Drop the entries of our functions at the head of the error's traceback.

    To be followed by a bare `raise`, which adds no entry for its own frame.
    """
    tb = error.__traceback__
    while tb is not None and tb.tb_frame.f_code in _codes:
        tb = tb.tb_next
    error.__traceback__ = tb
