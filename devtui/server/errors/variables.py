"""Show variables: their reprs, and the members and attributes that they are made of."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from devtui.events import Variable
from devtui.server.errors.attributes import mro, own_dict
from devtui.server.errors.bounded_repr import REPR_SECONDS, BoundedRepr, bounded, cut
from devtui.server.guest.clocks import clock
from devtui.text.secrets import MASK, is_secret

MAX_NAME = 200
MAX_VARIABLES = 200

MAX_DEPTH = 4
"""How deep members of members are shown."""

MAX_MEMBERS = 50
"""How many members of one value are shown."""

MAX_PARTS = 400
"""How many members are shown of all variables together."""

MAX_PART = 1_000
"""How many characters of a member's repr are shown."""

LONG_REPR = 40
"""A container whose repr is shorter is easier to read on one line."""

# One variable may take half of the time that is left, so that those after one that blocks are
# shown too.
_LEAST_SECONDS = 0.005

# A metaclass may compute the attribute.
_QUALNAME = type.__dict__["__qualname__"].__get__

_PLAIN = (int, float, complex, str, bytes, bytearray, bool, type(None))


def shown(
    values: Mapping[str, object], reveal: bool, seconds: float = REPR_SECONDS
) -> tuple[Variable, ...]:
    """Return the first `MAX_VARIABLES` variables with their reprs, within `seconds` in all.

    Secrets are masked unless `reveal`.
    """
    view = _View(reveal, clock.monotonic() + seconds)
    variables = islice(list(values.items()), MAX_VARIABLES)
    return tuple(view.variable(str(name)[:MAX_NAME], value, MAX_DEPTH) for name, value in variables)


class _View:
    """The variables of one frame: they share the time and the number of parts."""

    def __init__(self, reveal: bool, end: float) -> None:
        self._reveal = reveal
        self._end = end
        self._parts_left = MAX_PARTS

    def variable(self, name: str, value: object, depth: int) -> Variable:
        """Return a value under a name, with its members down to `depth`."""
        kind = _class_name(value)
        if not self._reveal and is_secret(name):
            return Variable(name=name, type=kind, value=MASK, masked=True)
        text = self._text(value, kind)
        if depth < MAX_DEPTH:
            text = cut(text, MAX_PART)
        return Variable(name=name, type=kind, value=text, parts=self._parts(value, text, depth))

    def _text(self, value: object, kind: str) -> str:
        if type(value) in _PLAIN:
            return cut(BoundedRepr(self._reveal).repr(value))  # no foreign code: no thread
        left = self._end - clock.monotonic()
        if left <= _LEAST_SECONDS:
            return f"<{kind}: not shown, the reprs before it took too long>"
        return bounded(value, left / 2, reveal=self._reveal)

    def _parts(self, value: object, text: str, depth: int) -> tuple[Variable, ...]:
        if depth <= 0 or type(value) in _PLAIN:
            return ()
        found: list[Variable] = []
        for name, member in _members(value, text):
            if self._parts_left <= 0 or len(found) >= MAX_MEMBERS:
                break
            self._parts_left -= 1
            found.append(self.variable(name, member, depth - 1))
        return tuple(found)


def _members(value: Any, text: str) -> Iterator[tuple[str, object]]:
    """Yield the names and members of a container or an object, without running its code.

    A subclass may iterate in its own way, so the methods are those of Python's own classes.
    """
    above = mro(type(value))
    if dict in above:
        pairs = list(islice(dict.items(value), MAX_MEMBERS)) if len(text) > LONG_REPR else []
        yield from ((_key(key), member) for key, member in pairs)
    for kind in (list, tuple, deque, set, frozenset):
        if kind in above and len(text) > LONG_REPR:
            for number, member in enumerate(list(islice(kind.__iter__(value), MAX_MEMBERS))):
                yield str(number), member
    for name, member in list(islice(own_dict(value).items(), MAX_MEMBERS)):
        if type(name) is str:
            yield name[:MAX_NAME], member


def _key(key: object) -> str:
    """Return a key as it is; one that is not a plain value by its class, which runs no code."""
    if type(key) is str:
        return key[:MAX_NAME]
    if type(key) in _PLAIN or (type(key) is tuple and all(type(one) in _PLAIN for one in key)):
        return BoundedRepr(reveal=True).repr(key)[:MAX_NAME]
    return f"<{_class_name(key)}>"


def _class_name(value: object) -> str:
    name: str = _QUALNAME(type(value))
    return name[:MAX_NAME]
