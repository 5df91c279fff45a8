"""Read attributes of any object without running code of the app.

Properties, `__getattr__` and `__dir__` are not called: they can change the object, or never end.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import GetSetDescriptorType, MemberDescriptorType
from typing import Any

ABSENT = object()
"""Stands for an attribute that is not there."""

# These read the class itself: a metaclass cannot answer for it.
_MRO = type.__dict__["__mro__"].__get__
_CLASS_DICT = type.__dict__["__dict__"].__get__


def mro(kind: type) -> tuple[type, ...]:
    """Return a class and those above it, in the order of lookup."""
    above: tuple[type, ...] = _MRO(kind)
    return above


def class_dicts(kind: type) -> Iterator[Any]:
    """Return the attributes of a class and of those above it, in the order of lookup."""
    return (_CLASS_DICT(each) for each in _MRO(kind))


def in_class(kind: type, name: str) -> Any:
    """Return an attribute of a class or of one above it, unbound, or `ABSENT`."""
    return next((each[name] for each in class_dicts(kind) if name in each), ABSENT)


def own_dict(value: Any) -> dict[Any, Any]:
    """Return an object's own attributes, empty if it has no dict or code makes the dict."""
    reader = in_class(type(value), "__dict__")
    if type(reader) not in (GetSetDescriptorType, MemberDescriptorType):
        return {}
    found = reader.__get__(value)
    # A subclass may have methods, which are the app's code.
    return found if type(found) is dict else {}


def is_class(value: Any) -> bool:
    """Whether it is a class; `isinstance` would trust an object's `__class__`."""
    return type in _MRO(type(value))
