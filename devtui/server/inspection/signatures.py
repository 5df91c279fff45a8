"""Describe how an object is called, without running code.

`inspect.signature` reads properties and, since Python 3.14, runs annotations. This module reads the
code object and the defaults of plain functions, and the text signature of C functions.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from types import BuiltinFunctionType, CodeType, FunctionType, MethodDescriptorType, MethodType
from typing import Any

from devtui.text.formats import cut

MAX_SIGNATURE = 300
"""The longest signature to send."""

MAX_DEFAULT = 40

# How text signatures of C functions name the object or module that is passed implicitly.
_BOUND_FIRST = re.compile(r"\(\$\w+(, /)?(, )?")
MAX_WRAPPERS = 20

# The repr of these runs no code of the app.
_PLAIN = (bool, int, float, complex, str, bytes, type(None))
_C_CALLABLES = (BuiltinFunctionType, MethodDescriptorType)


def signature(value: Any, in_class: Callable[[type, str], Any], is_class: bool) -> str:
    """Return the parameters in brackets, or an empty string if they are unknown.

    `in_class` finds a name in a class and those above it; its result for a missing name is ignored.
    """
    bound = False
    if is_class:
        value, bound = in_class(value, "__init__"), True
    elif type(value) is MethodType:
        value, bound = value.__func__, True
    elif type(value) not in (FunctionType, *_C_CALLABLES):
        value, bound = in_class(type(value), "__call__"), True
    for _ in range(MAX_WRAPPERS):  # functools.wraps
        if type(value) is not FunctionType or "__wrapped__" not in value.__dict__:
            break
        value = value.__dict__["__wrapped__"]
    if type(value) is FunctionType:
        parameters = list(_parameters(value.__code__, value))
        return cut(f"({', '.join(parameters[1 if bound else 0 :])})", MAX_SIGNATURE)
    if type(value) in _C_CALLABLES:
        text = value.__text_signature__
        return cut(_BOUND_FIRST.sub("(", text), MAX_SIGNATURE) if text else ""
    return ""


def _parameters(code: CodeType, function: FunctionType) -> Iterator[str]:
    count, names = code.co_argcount, code.co_varnames
    defaults = function.__defaults__ or ()
    first_default = count - len(defaults)
    for at, name in enumerate(names[:count]):
        value = f"={_default(defaults[at - first_default])}" if at >= first_default else ""
        yield name + value
        if at + 1 == code.co_posonlyargcount:
            yield "/"
    extra = count + code.co_kwonlyargcount
    if code.co_flags & inspect.CO_VARARGS:
        yield f"*{names[extra]}"
        extra += 1
    elif code.co_kwonlyargcount:
        yield "*"
    keywords = function.__kwdefaults__ or {}
    for name in names[count : count + code.co_kwonlyargcount]:
        yield f"{name}={_default(keywords[name])}" if name in keywords else name
    if code.co_flags & inspect.CO_VARKEYWORDS:
        yield f"**{names[extra]}"


def _default(value: Any) -> str:
    if type(value) in (int, str, bytes) and not _is_short(value):
        return "…"
    return repr(value) if type(value) in _PLAIN else "…"


def _is_short(value: Any) -> bool:
    return value.bit_length() < 128 if type(value) is int else len(value) <= MAX_DEFAULT
