"""Wrap the functions of libraries so that each call of them is recorded.

A wrapper returns and raises what the function does, without a line in the traceback; but see
`_wrapped_async`. It never asks a result for anything that costs time or runs the user's code.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeAlias

from devtui.server.guest.clocks import clock
from devtui.server.guest.unnoticed import leave_no_trace, unnoticed, untraced_method
from devtui.server.tracing.parameters import kept
from devtui.server.tracing.recorder import (
    Args,
    Describe,
    Kwargs,
    begin,
    begin_aside,
    error_text,
)
from devtui.server.tracing.request_calls import MAX_AGAIN, Cover, Kind, inside

Outcome: TypeAlias = Callable[[Args, Kwargs, Any], "tuple[int | None, str]"]
"""Returns the rows, and the result in a word, from the arguments and the function's result."""


def like(original: Any, wrapper: Any) -> Any:
    """Return the wrapper with the name and the signature of the original.

    A wrapper that is a function ends with `leave_no_trace` and a bare `raise`.
    """
    if inspect.isfunction(wrapper) and not _is_asynchronous(wrapper):
        wrapper = untraced_method(wrapper)
    return functools.update_wrapper(wrapper, original)


def _is_asynchronous(function: Any) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def named_like(original: type, subclass: type, module: str) -> type:
    """Give a subclass that takes the place of a class written in C its name, and its methods.

    A method that wraps another takes over its module, signature and class, so that it can be
    pickled.
    """
    subclass.__module__, subclass.__doc__ = module, original.__doc__
    subclass.__name__, subclass.__qualname__ = original.__name__, original.__qualname__
    for method in vars(subclass).values():
        wraps: Any = getattr(method, "__wrapped__", None)
        if hasattr(wraps, "__objclass__"):
            method.__module__, method.__objclass__ = module, subclass
            method.__text_signature__ = wraps.__text_signature__
            method.__annotations__ = {}
    return subclass


def no_outcome(args: Args, kwargs: Kwargs, result: Any) -> tuple[int | None, str]:
    """Return that nothing is known of a result."""
    return None, ""


def wrap(
    owner: Any,
    name: str,
    kind: Kind,
    library: str,
    describe: Describe,
    outcome: Outcome = no_outcome,
) -> None:
    """Record each call of a method, if the class itself defines it."""
    original = vars(owner).get(name)
    if original is not None:
        setattr(owner, name, wrapped(original, kind, library, describe, outcome))


def wrapped(
    original: Any, kind: Kind, library: str, describe: Describe, outcome: Outcome = no_outcome
) -> Any:
    """Return a function that does what the original does, and records it."""
    if inspect.iscoroutinefunction(original):
        return _wrapped_async(original, kind, library, describe, outcome)

    @unnoticed
    def traced(*args: Any, **kwargs: Any) -> Any:
        try:
            call = begin(kind, library, describe, args, kwargs)
            if call is None:
                return original(*args, **kwargs)
            call.cover()
            try:
                result = original(*args, **kwargs)
            except BaseException as error:
                call.fail(error)
                raise
            call.end(*outcome(args, kwargs, result))
            return result
        except BaseException as error:
            leave_no_trace(error)
            raise

    return like(original, traced)


def wrap_statements(
    owner: Any, name: str, library: str, describe: Describe, outcome: Outcome, text_at: int
) -> None:
    """Do the same as `wrap`, by `wrapped_statement`."""
    original = vars(owner).get(name)
    if original is not None:
        setattr(owner, name, wrapped_statement(original, library, describe, outcome, text_at))


def wrapped_statement(
    original: Any, library: str, describe: Describe, outcome: Outcome, text_at: int
) -> Any:
    """Do the same as `wrapped`, but quickly for a statement that comes again from the same line.

    `text_at` is the position of the text among the arguments; the parameters come after it.
    """
    if inspect.iscoroutinefunction(original):
        return _wrapped_async(original, "sql", library, describe, outcome)
    now, parameters_at = clock.perf_counter, text_at + 1
    inside_of, put_inside = inside.get, inside.set

    @unnoticed
    def traced(*args: Any, **kwargs: Any) -> Any:
        try:
            calls: Any = inside_of()
            if calls.is_open:
                return original(*args, **kwargs)
            text = args[text_at] if len(args) > parameters_at else None
            known = calls.known.get(text) if type(text) is str else None
            if known is None or len(calls.again) >= MAX_AGAIN or not known.is_there():
                call = begin("sql", library, describe, args, kwargs)
                if call is None:
                    return original(*args, **kwargs)
                call.cover()
                try:
                    result = original(*args, **kwargs)
                except BaseException as error:
                    call.fail(error)
                    raise
                call.end(*outcome(args, kwargs, result))
                call.know(0)
                return result
            parameters = kept(args[parameters_at])
            cover = Cover()
            put_inside(cover)
            start = now()
            try:
                result = original(*args, **kwargs)
            except BaseException as error:
                end, cover.is_open = now(), False
                put_inside(calls)
                calls.keep_failed(known.statement, parameters, start, end, error_text(error))
                raise
            end, cover.is_open = now(), False
            put_inside(calls)
            rows = outcome(args, kwargs, result)[0] if known.has_rows else None
            rows = rows if type(rows) is int else -1
            calls.again.extend((known.statement, parameters, start, end, rows))
            return result
        except BaseException as error:
            leave_no_trace(error)
            raise

    return like(original, traced)


def wrap_aside(owner: Any, name: str) -> None:
    """Do not record the calls that a library makes for itself in this function."""
    original = vars(owner).get(name)
    if original is None:
        return

    @unnoticed
    def left_out(*args: Any, **kwargs: Any) -> Any:
        try:
            aside = begin_aside()
            try:
                return original(*args, **kwargs)
            finally:
                if aside is not None:
                    aside.leave()
        except BaseException as error:
            leave_no_trace(error)
            raise

    setattr(owner, name, like(original, left_out))


def _wrapped_async(
    original: Any, kind: Kind, library: str, describe: Describe, outcome: Outcome
) -> Any:
    """Return a coroutine function. Up to Python 3.10 it is a line in tracebacks."""

    @unnoticed
    async def traced(*args: Any, **kwargs: Any) -> Any:
        try:
            call = begin(kind, library, describe, args, kwargs)
            if call is None:
                return await original(*args, **kwargs)
            call.cover()
            try:
                result = await original(*args, **kwargs)
            except BaseException as error:
                call.fail(error)
                raise
            call.end(*outcome(args, kwargs, result))
            return result
        except BaseException as error:
            leave_no_trace(error)
            raise

    return like(original, traced)
