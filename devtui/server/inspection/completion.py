"""Complete names without running the app's code.

Attributes are read from the dicts of objects and classes. Properties, `__getattr__` and `__dir__`
are not called: they can change the object, or never end.
"""

from __future__ import annotations

import builtins
import keyword
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from types import (
    BuiltinFunctionType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodDescriptorType,
)
from typing import Any

from devtui.events import Complete, Completed
from devtui.server.errors.kept_frames import FrameGone, KeptErrors
from devtui.server.errors.namespace import FrameNamespace

MAX_NAMES = 200
"""The most names to send; a screen has no room for more."""

MAX_LOOKED_AT = 50_000
"""The most names to read from one dict."""

MAX_DEPTH = 20
"""The most dots in a typed name."""

# These read the class itself: a metaclass cannot answer for it.
_MRO = type.__dict__["__mro__"].__get__
_CLASS_DICT = type.__dict__["__dict__"].__get__
_METHODS = (FunctionType, BuiltinFunctionType, MethodDescriptorType, staticmethod, classmethod)
# Flask's proxies, and the context's attribute that each stands for.
_FLASK = {"request": "request", "session": "session", "g": "g", "current_app": "app"}
_ABSENT = object()


class Unknown(Exception):
    """The names are unknown without running code; `str()` is a sentence that says why."""


def complete(order: Complete, errors: KeptErrors) -> Completed:
    """Answer the order."""
    names: list[str] = []
    reason = ""
    try:
        kept, frame = errors.find(order.error_id, order.exception, order.frame)
        found = _found(kept.namespace(frame), order.path, kept.contexts)
        names = sorted({name for name in found if _wanted(name, order.prefix)})
    except (FrameGone, Unknown) as error:
        reason = str(error)
    return Completed(
        ask_id=order.ask_id,
        error_id=order.error_id,
        names=tuple(names[:MAX_NAMES]),
        left_out=len(names[MAX_NAMES:]),
        reason=reason,
    )


def _found(namespace: FrameNamespace, path: tuple[str, ...], contexts: Sequence[Any]) -> list[Any]:
    if len(path) > MAX_DEPTH:
        raise Unknown(f"Names of more than {MAX_DEPTH} dots are not completed.")
    if not path:
        return [*_bounded(namespace), *dir(builtins), *keyword.kwlist]
    value = namespace.get(path[0], _ABSENT)
    if value is _ABSENT:
        value = vars(builtins).get(path[0], _ABSENT)
    if value is _ABSENT:
        raise Unknown(f"There is no name {path[0]} in this frame.")
    for name in path[1:]:
        value = _attribute(_unwrapped(value, contexts), name)
    return list(_attributes(_unwrapped(value, contexts)))


def _wanted(name: Any, prefix: str) -> bool:
    if type(name) is not str or not name.startswith(prefix) or not name.isidentifier():
        return False
    return prefix.startswith("_") or not name.startswith("_")


def _bounded(names: Iterable[Any]) -> list[Any]:
    return list(islice(names, MAX_LOOKED_AT))


def _unwrapped(value: Any, contexts: Sequence[Any]) -> Any:
    """Return the object behind Flask's `request`, `g` and the like.

    Read it from the error's contexts: entering them would run the app's code.
    """
    flask = sys.modules.get("flask.globals")
    for proxy, attribute in _FLASK.items():
        if flask is not None and value is vars(flask).get(proxy, _ABSENT):
            for context in contexts:
                own = _own_dict(context)
                found = own.get(attribute, own.get(f"_{attribute}"))
                if found is not None:
                    return found
            raise Unknown(f"{proxy} stands for nothing here.")
    return value


def _class_dicts(kind: type) -> Iterator[Any]:
    return (_CLASS_DICT(each) for each in _MRO(kind))


def _in_class(kind: type, name: str) -> Any:
    return next((each[name] for each in _class_dicts(kind) if name in each), _ABSENT)


def _own_dict(value: Any) -> dict[Any, Any]:
    """Return an object's own attributes, empty if it has no dict or code makes the dict."""
    reader = _in_class(type(value), "__dict__")
    if type(reader) not in (GetSetDescriptorType, MemberDescriptorType):
        return {}
    found = reader.__get__(value)
    # A subclass may have methods, which are the app's code.
    return found if type(found) is dict else {}


def _attributes(value: Any) -> Iterator[Any]:
    if _is_class(value):
        for each in _class_dicts(value):
            yield from _bounded(each.copy())
        return
    yield from _bounded(_own_dict(value).copy())
    for each in _class_dicts(type(value)):
        yield from _bounded(each.copy())


def _attribute(value: Any, name: str) -> Any:
    found = _in_class(value, name) if _is_class(value) else _own_dict(value).get(name, _ABSENT)
    if found is _ABSENT:
        found = _read_from_class(value, name)
    if type(found) in (staticmethod, classmethod):
        found = found.__func__
    return found


def _read_from_class(value: Any, name: str) -> Any:
    """Return an attribute of the object's class if reading it runs no code."""
    found = _in_class(type(value), name)
    if type(found) is MemberDescriptorType:  # a slot
        try:
            return found.__get__(value)
        except AttributeError:
            found = _ABSENT
    if found is _ABSENT:
        raise Unknown(f"There is no attribute {name} that could be found without running code.")
    plain = _is_class(found) or type(found) in _METHODS
    if not plain and _in_class(type(found), "__get__") is not _ABSENT:
        raise Unknown(f"{name} is computed when it is read, and completing runs no code.")
    return found


def _is_class(value: Any) -> bool:
    """Whether it is a class; `isinstance` would trust an object's `__class__`."""
    return type in _MRO(type(value))
