"""Keep the parameters of a call: make a bounded copy at once, and a masked text later.

No code of the user's runs: for objects that are not plain values of Python only the class is shown.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from devtui.server.tracing.shown_values import Adapted, Cut, Told
from devtui.text.formats import cut

if TYPE_CHECKING:
    from devtui.server.errors.bounded_repr import BoundedRepr

# Characters of one value and of all, the members of a container, and how deep they are nested.
MAX_VALUE = 500
MAX_PARAMETERS = 2_000
MAX_MEMBERS = 50
MAX_DEPTH = 3

NUMBERS = frozenset({int, float, bool, type(None)})
# Classes of values that nobody can change, and their modules, which may not be imported.
_MODULES = {
    "date": "datetime",
    "datetime": "datetime",
    "time": "datetime",
    "timedelta": "datetime",
    "Decimal": "decimal",
    "UUID": "uuid",
    "IPv4Address": "ipaddress",
    "IPv6Address": "ipaddress",
}
# Classes of drivers around a value, and the attribute that has it, by the module of the class.
_AROUND = {
    "Binary": {"psycopg.dbapi20": "obj", "psycopg2.extensions": "adapted"},
    "Json": {"psycopg.types.json": "obj", "psycopg2._json": "adapted"},
    "Jsonb": {"psycopg.types.json": "obj"},
}
# A metaclass may compute the attribute.
_QUALNAME = type.__dict__["__qualname__"].__get__

_TEXTS = (str, bytes, bytearray)


# These hold no secret: a number, the name of a class, the count of members left out.
_HARMLESS = NUMBERS | {Told}

# Types that are short after `kept`, and that Python prints quickly.
_SHORT = NUMBERS | {str}

_CONTAINERS = frozenset({tuple, list, dict})


def kept(value: Any) -> Any:
    """Return the value, or a bounded copy that nobody can change later."""
    if type(value) is not tuple or len(value) > MAX_MEMBERS:
        return _copy(value, MAX_DEPTH)
    for member in value:
        kind = type(member)
        if kind not in NUMBERS and not (kind is str and len(member) <= MAX_VALUE):
            return _copy(value, MAX_DEPTH)
    return value


def text_of(parameters: Any, statement: str = "", *, in_pairs: bool = False) -> str:
    """Return the repr of a result of `kept`, cut, with secrets masked.

    Members of a dictionary are masked by their keys, and all members by the columns of their
    placeholders. If the statement names a secret, a text is masked unless its column is known to
    hold none. In a row of settings one member can name another. With `in_pairs` a member can name
    the next one, as in `HSET user password ...`.
    """
    kind = type(parameters)
    if parameters is None:
        return ""
    if kind in _CONTAINERS and not parameters:
        # With parameters, though there are none, drivers read two percent signs as one.
        return repr(parameters) if "%%" in statement else ""
    if kind is tuple or kind is list:
        names = _secret_places()(statement)
        if names:
            parameters = _masked(parameters, names, statement)
        elif in_pairs:
            parameters = _masked_after_names(parameters)
        else:
            parameters = _masked_values()(parameters, statement)
        if _SHORT.issuperset(map(type, parameters)):
            try:
                text = repr(parameters)
                if not _may_be_json(text):
                    return cut(text, MAX_PARAMETERS)
            except ValueError:  # Python does not print numbers of thousands of digits
                pass
    elif kind is dict:
        parameters = _masked_values()(_masked_by_name(parameters, statement), statement)
    text = _repr().repr(parameters)
    if _may_be_json(text):
        from devtui.server.tracing import json_texts  # most have no such texts

        text = _repr().repr(json_texts.masked(parameters))
    return cut(text, MAX_PARAMETERS)


def _may_be_json(text: str) -> bool:
    return '"' in text and ("{" in text or "[" in text)


@cache
def _secret_places() -> Callable[[str], tuple[bool, ...] | bool]:
    from devtui.server.tracing.secret_places import secret_places  # nobody waits any more

    return secret_places


@cache
def _masked_values() -> Callable[[Any, str], Any]:
    from devtui.server.tracing.named_values import masked

    return masked


@cache
def _repr() -> BoundedRepr:
    from devtui.server.errors.bounded_repr import BoundedRepr

    class Shown(BoundedRepr):
        def repr_Adapted(self, x: Adapted, level: int) -> str:
            return f"{x.name}({self.repr1(x.value, level)})"

    shown = Shown(reveal=False)
    shown.maxtuple = shown.maxlist = shown.maxdict = MAX_MEMBERS + 1  # and how many are left out
    return shown


def _copy(value: Any, depth: int) -> Any:
    kind = type(value)
    if kind in NUMBERS or _is_plain(kind):
        return value
    if issubclass(kind, int):  # as the members of `IntEnum`, and what Django gives to psycopg
        return int.__int__(value)
    if issubclass(kind, float):
        return float.__float__(value)
    if kind is not str and issubclass(kind, str):
        value, kind = str.__str__(value), str
    if kind is memoryview:  # which is what `sqlite3.Binary` is
        return _copy_of_view(value)
    if kind in _TEXTS:
        if len(value) <= MAX_VALUE:
            return value if kind is not bytearray else bytes(value)
        head = value[:MAX_VALUE] if kind is not bytearray else bytes(value[:MAX_VALUE])
        return Cut(head, len(value), _UNITS[kind])
    if depth and isinstance(value, dict):
        pairs = list(islice(dict.items(value), MAX_MEMBERS))
        copied = {_key(key): _copy(member, depth - 1) for key, member in pairs}
        return _with_more(copied, dict.__len__(value) - len(pairs))
    bases: tuple[Any, ...] = (tuple, list, set, frozenset)
    for base in bases:  # their own methods run no code of a subclass
        if depth and isinstance(value, base):
            members = [_copy(each, depth - 1) for each in islice(base.__iter__(value), MAX_MEMBERS)]
            left_out = base.__len__(value) - len(members)
            if left_out > 0:
                members.append(Told(f"... ({left_out:,} more)"))
            return members if base is list else tuple(members)
    for module, attribute in _AROUND.get(name := _QUALNAME(kind), {}).items():
        if _is_of(module, name, kind):
            return Adapted(name, _copy(getattr(value, attribute, None), depth))
    return Told(f"<{name[:100]}>")


def _copy_of_view(view: memoryview) -> Any:
    try:
        head, size = view.cast("B")[:MAX_VALUE].tobytes(), view.nbytes
    except (TypeError, ValueError):  # it has gaps, or was released
        return Told("<memoryview>")
    return Adapted("memoryview", head if size == len(head) else Cut(head, size, _UNITS[bytes]))


def _is_plain(kind: type) -> bool:
    name = _QUALNAME(kind)
    return name in _MODULES and _is_of(_MODULES[name], name, kind)


def _is_of(module: str, name: str, kind: type) -> bool:
    loaded = sys.modules.get(module)
    return loaded is not None and vars(loaded).get(name) is kind


_UNITS = {str: "characters", bytes: "bytes", bytearray: "bytes"}


def _key(key: Any) -> Any:
    return str.__str__(key)[:MAX_VALUE] if issubclass(type(key), str) else _copy(key, 0)


def _with_more(copied: dict[Any, Any], left_out: int) -> dict[Any, Any]:
    if left_out > 0:
        copied[Told("...")] = Told(f"({left_out:,} more)")
    return copied


def _masked(parameters: Iterable[Any], names: tuple[bool, ...] | bool, statement: str) -> Any:
    """Mask the members of a sequence, or of each of several ones, as `secret_places` says."""
    from devtui.text.secrets import MASK

    masked = list(parameters)
    several = all(isinstance(member, (list, tuple, dict, Told)) for member in masked)
    if not several or _may_be_one(parameters, names):
        masked = [
            Told(MASK) if _is_masked(names, number) and type(member) not in _HARMLESS else member
            for number, member in enumerate(masked)
        ]
    if several:
        masked = [
            _masked_by_name(member, statement)
            if isinstance(member, Mapping)
            else member
            if isinstance(member, Told)
            else _masked(member, names, statement)
            for member in masked
        ]
    return tuple(masked) if type(parameters) is tuple else masked


def _may_be_one(parameters: Any, names: tuple[bool, ...] | bool) -> bool:
    """Whether what looks like several sequences of parameters can be one sequence of arrays."""
    if isinstance(names, bool) or min(len(names), MAX_MEMBERS + 1) != len(parameters):
        return False
    return isinstance(parameters, tuple) or any(isinstance(one, list) for one in parameters)


def _masked_after_names(parameters: Iterable[Any]) -> list[Any] | tuple[Any, ...]:
    """Mask each member that follows the name of a secret."""
    from devtui.text.secrets import MASK, is_secret

    masked, follows = [], False
    for member in parameters:
        masked.append(Told(MASK) if follows else member)
        name = member.decode("utf-8", "replace") if isinstance(member, bytes) else member
        follows = isinstance(name, str) and is_secret(name)
    return tuple(masked) if type(parameters) is tuple else masked


def _masked_by_name(parameters: Mapping[Any, Any], statement: str) -> Any:
    """Mask what the statement makes a possible secret, whatever the name of its placeholder."""
    from devtui.server.tracing.secret_places import clear_names
    from devtui.text.secrets import MASK

    names = clear_names(statement)
    if names is None:
        return parameters
    return {
        name: member if name in names or type(member) in _HARMLESS else Told(MASK)
        for name, member in parameters.items()
    }


def _is_masked(names: tuple[bool, ...] | bool, number: int) -> bool:
    if isinstance(names, bool):
        return names
    return names[number] if number < len(names) else True
