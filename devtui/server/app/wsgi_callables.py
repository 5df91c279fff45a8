"""Tell a WSGI application from a factory, an ASGI application, and anything else.

Call nothing: types and signatures decide, and names if these do not. A WSGI
application takes two positional arguments (PEP 3333), usually `environ` and `start_response`; an
ASGI application is asynchronous or takes `scope`, `receive` and `send`.
"""

from __future__ import annotations

import functools
import inspect
import re
import sys
import types
from collections.abc import Callable
from enum import Enum, auto
from inspect import Parameter
from types import ModuleType
from typing import TypeGuard

import msgspec

_FACTORY_NAME = r"(?i)^_*(create|make|build|get|new)(_|$)|factory"


# isinstance() and much of inspect read attributes. A proxy such as flask.current_app forwards that
# to its object, and raises if there is none. So use `type` here.
_FUNCTIONS = (
    types.FunctionType,
    types.MethodType,
    types.BuiltinFunctionType,
    types.MethodWrapperType,
    functools.partial,
)


class Kind(Enum):
    """What an object is for a WSGI server."""

    WSGI = auto()
    FACTORY = auto()
    ASGI = auto()
    OTHER = auto()


class Shape(msgspec.Struct, frozen=True):
    """The relevant parameters of a callable.

    `positional` are those that may be passed by position, `required` all without a default,
    including keyword-only ones. `open` is true if there is `*args`.
    """

    positional: tuple[str, ...]
    required: tuple[str, ...]
    open: bool

    @property
    def takes_two(self) -> bool:
        """Whether a call with two positional arguments binds."""
        enough = self.open or len(self.positional) >= 2
        return enough and set(self.required) <= set(self.positional[:2])

    @property
    def says_wsgi(self) -> bool:
        """Whether the parameters' names leave no doubt."""
        if not self.takes_two or len(self.positional) < 2:
            return False
        first, second = self.positional[:2]
        return second.startswith("start_resp") or (first == "environ" and len(self.required) == 2)

    @property
    def says_asgi(self) -> bool:
        """Whether these are the parameters of an ASGI application, of version 3 or 2."""
        return self.positional in (("scope", "receive", "send"), ("scope",))


def shape_of(function: object, *, wrapped: bool = False) -> Shape | None:
    """Return the shape of a function or class, or of what it decorates if `wrapped`.

    Return None if Python cannot tell, as for callables written in C.
    """
    if not callable(function):
        return None
    try:
        parameters = inspect.signature(function, follow_wrapped=wrapped).parameters.values()
    except (TypeError, ValueError, AttributeError):
        return None
    by_position = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    collecting = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    return Shape(
        positional=tuple(p.name for p in parameters if p.kind in by_position),
        required=tuple(
            p.name for p in parameters if p.default is Parameter.empty and p.kind not in collecting
        ),
        open=any(p.kind is Parameter.VAR_POSITIONAL for p in parameters),
    )


def kind_of(obj: object, name: str = "") -> Kind:
    """Classify `obj`. `name`, its name in the module, decides if the signature does not."""
    if is_module(obj) or not callable(obj):
        return Kind.OTHER
    if _is_async(obj):
        return Kind.ASGI
    if is_class(obj):
        return _kind_of_class(obj)
    if is_function(obj):
        return _kind_of_function(obj, name)
    return _kind_of_instance(obj)


def is_surely_wsgi(obj: object) -> bool:
    """Whether `obj` is certainly a WSGI application, so that a search may choose it."""
    if kind_of(obj) is not Kind.WSGI:
        return False
    if is_function(obj) or is_class(obj):
        shape = shape_of(obj, wrapped=True)
    else:
        shape = _call_shape(type(obj))
    return shape is not None and shape.says_wsgi


def is_function(obj: object) -> bool:
    """Whether `obj` is a function, a method or a `functools.partial` of one."""
    return issubclass(type(obj), _FUNCTIONS)


def is_class(obj: object) -> TypeGuard[type]:
    """Whether `obj` is a class."""
    return issubclass(type(obj), type)


def is_module(obj: object) -> TypeGuard[ModuleType]:
    """Whether `obj` is a module."""
    return issubclass(type(obj), ModuleType)


def class_name(cls: type) -> str:
    """Return the shortest public name of a class: `flask.Flask` for `flask.app.Flask`."""
    packages = cls.__module__.split(".")
    for length in range(1, len(packages)):
        package = ".".join(packages[:length])
        module = sys.modules.get(package)
        if isinstance(module, ModuleType) and vars(module).get(cls.__name__) is cls:
            return f"{package}.{cls.__name__}"
    return (
        cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"
    )


def describe(obj: object) -> str:
    """Describe `obj` in a few words for people."""
    if obj is None:
        return "None"
    if is_module(obj):
        return "a module"
    if is_class(obj):
        return f"the class {class_name(obj)}"
    if is_function(obj):
        return "a coroutine function" if inspect.iscoroutinefunction(obj) else "a function"
    return f"an instance of {class_name(type(obj))}"


def _is_async(obj: object) -> bool:
    called = obj if is_function(obj) else _of_class(obj if is_class(obj) else type(obj))
    return inspect.iscoroutinefunction(called) or inspect.isasyncgenfunction(called)


def _of_class(cls: type, name: str = "__call__") -> object:
    """Return the raw attribute that instances get from `cls`, or None. Run no code."""
    for ancestor in cls.__mro__:
        if name in vars(ancestor):
            return vars(ancestor)[name]
    return None


def _call_shape(cls: type) -> Shape | None:
    """Return the shape of an instance's call, without `self`."""
    call = _of_class(cls)
    if not inspect.isfunction(call):
        return None
    shape = shape_of(call)
    if shape is None or not shape.positional:
        return shape
    this = shape.positional[0]
    required = tuple(name for name in shape.required if name != this)
    return Shape(shape.positional[1:], required, shape.open)


def _kind_of_class(cls: type) -> Kind:
    shape = shape_of(cls)
    if shape is not None and shape.says_asgi:
        return Kind.ASGI
    iterable = _of_class(cls, "__iter__") is not None
    if shape is not None and shape.takes_two and len(shape.required) == 2 and iterable:
        # PEP 3333: a class may be the application, its instances are then the responses.
        return Kind.WSGI
    return Kind.OTHER if _of_class(cls) is None else Kind.FACTORY


def _kind_of_instance(obj: object) -> Kind:
    shape = _call_shape(type(obj))
    if shape is None or shape.takes_two:
        return Kind.WSGI
    if shape.says_asgi:
        return Kind.ASGI
    return Kind.OTHER if shape.required else Kind.FACTORY


def _kind_of_function(function: Callable[..., object], name: str) -> Kind:
    shape = shape_of(function)
    if shape is None:
        return Kind.WSGI
    if shape.says_wsgi:
        return Kind.WSGI
    if shape.says_asgi:
        return Kind.ASGI
    if not shape.takes_two:
        return Kind.FACTORY
    known_as = (name, getattr(function, "__name__", ""))
    named_factory = any(re.search(_FACTORY_NAME, known) for known in known_as)
    if shape.open and not shape.positional:
        return _kind_of_wrapper(function, named_factory)
    return Kind.WSGI if len(shape.required) == 2 and not named_factory else Kind.FACTORY


def _kind_of_wrapper(function: Callable[..., object], named_factory: bool) -> Kind:
    """Classify a decorator's `(*args, **kwargs)` by what it wraps.

    A decorator may also change the parameters: Werkzeug's `Request.application` makes a WSGI
    application from a function of one request.
    """
    inner = shape_of(function, wrapped=True)
    if inner is not None and inner.says_wsgi:
        return Kind.WSGI
    takes_nothing = inner is not None and not inner.required and not inner.open
    return Kind.FACTORY if named_factory or takes_nothing else Kind.WSGI
