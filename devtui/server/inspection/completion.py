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
    MemberDescriptorType,
    MethodDescriptorType,
)
from typing import Any

from devtui.events import Complete, Completed
from devtui.server.errors.attributes import ABSENT, class_dicts, in_class, is_class, own_dict
from devtui.server.errors.kept_frames import FrameGone, KeptErrors
from devtui.server.errors.namespace import FrameNamespace
from devtui.server.inspection.signatures import signature

MAX_NAMES = 200
"""The most names to send; a screen has no room for more."""

MAX_LOOKED_AT = 50_000
"""The most names to read from one dict."""

MAX_DEPTH = 20
"""The most dots in a typed name."""

_METHODS = (FunctionType, BuiltinFunctionType, MethodDescriptorType, staticmethod, classmethod)
# Flask's proxies, and the context's attribute that each stands for.
_FLASK = {"request": "request", "session": "session", "g": "g", "current_app": "app"}


class Unknown(Exception):
    """The names cannot be known without running code. The text is a sentence that says why."""


def complete(order: Complete, errors: KeptErrors) -> Completed:
    """Answer the order."""
    names: list[str] = []
    reason = parameters = ""
    try:
        kept, frame = errors.find(order.error_id, order.exception, order.frame)
        namespace = kept.namespace(frame)
        found = _found(namespace, order.path, kept.contexts)
        names = sorted({name for name in found if _wanted(name, order.prefix)})
        if order.prefix in names:
            parameters = _signature(namespace, (*order.path, order.prefix), kept.contexts)
    except (FrameGone, Unknown) as error:
        reason = str(error)
    return Completed(
        ask_id=order.ask_id,
        error_id=order.error_id,
        names=tuple(names[:MAX_NAMES]),
        left_out=len(names[MAX_NAMES:]),
        reason=reason,
        signature=parameters,
    )


def _signature(namespace: FrameNamespace, path: tuple[str, ...], contexts: Sequence[Any]) -> str:
    """Return the parameters of the callable at the path; empty if it is none, or unknown."""
    *above, name = path
    try:
        if not above:
            value = _named(namespace, name)
            return signature(value, in_class, is_class(value))
        owner = _unwrapped(_value(namespace, tuple(above), contexts), contexts)
        raw = _attribute_itself(owner, name)
        value = _attribute(owner, name)
    except Unknown:
        return ""
    text = signature(value, in_class, is_class(value))
    # A function of the object's class is a method: its first parameter is the object.
    own = not is_class(owner) and own_dict(owner).get(name, ABSENT) is ABSENT
    is_method = type(raw) is classmethod or (own and type(raw) is FunctionType)
    return _without_first(text) if is_method else text


def _without_first(text: str) -> str:
    first, comma, rest = text.partition(", ")
    return f"({rest}" if comma else "()" if first.endswith(")") else text


def _found(namespace: FrameNamespace, path: tuple[str, ...], contexts: Sequence[Any]) -> list[Any]:
    if len(path) > MAX_DEPTH:
        raise Unknown(f"Names of more than {MAX_DEPTH} dots are not completed.")
    if not path:
        return [*_bounded(namespace), *dir(builtins), *keyword.kwlist]
    return list(_attributes(_unwrapped(_value(namespace, path, contexts), contexts)))


def _value(namespace: FrameNamespace, path: tuple[str, ...], contexts: Sequence[Any]) -> Any:
    value = _named(namespace, path[0])
    for name in path[1:]:
        value = _attribute(_unwrapped(value, contexts), name)
    return value


def _named(namespace: FrameNamespace, name: str) -> Any:
    value = namespace.get(name, ABSENT)
    if value is ABSENT:
        value = vars(builtins).get(name, ABSENT)
    if value is ABSENT:
        raise Unknown(f"There is no name {name} in this frame.")
    return value


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
        if flask is not None and value is vars(flask).get(proxy, ABSENT):
            for context in contexts:
                own = own_dict(context)
                found = own.get(attribute, own.get(f"_{attribute}"))
                if found is not None:
                    return found
            raise Unknown(f"{proxy} stands for nothing here.")
    return value


def _attributes(value: Any) -> Iterator[Any]:
    if is_class(value):
        for each in class_dicts(value):
            yield from _bounded(each.copy())
        return
    yield from _bounded(own_dict(value).copy())
    for each in class_dicts(type(value)):
        yield from _bounded(each.copy())


def _attribute_itself(value: Any, name: str) -> Any:
    """Return an attribute as it stands in the object or its class, perhaps a method's wrapper."""
    found = in_class(value, name) if is_class(value) else own_dict(value).get(name, ABSENT)
    return _read_from_class(value, name) if found is ABSENT else found


def _attribute(value: Any, name: str) -> Any:
    found = _attribute_itself(value, name)
    if type(found) in (staticmethod, classmethod):
        found = found.__func__
    return found


def _read_from_class(value: Any, name: str) -> Any:
    """Return an attribute of the object's class if reading it runs no code."""
    found = in_class(type(value), name)
    if type(found) is MemberDescriptorType:  # a slot
        try:
            return found.__get__(value)
        except AttributeError:
            found = ABSENT
    if found is ABSENT:
        raise Unknown(f"There is no attribute {name} that could be found without running code.")
    plain = is_class(found) or type(found) in _METHODS
    if not plain and in_class(type(found), "__get__") is not ABSENT:
        raise Unknown(f"{name} is computed when it is read, and completing runs no code.")
    return found
