"""Find the differences between two JSON texts by their structure, with paths such as `$.a[2].b`."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from typing import Any

from devtui.session.replay.aligned import Alignment, Pair
from devtui.session.replay.change import Change, around, short
from devtui.session.replay.ignores import Ignores, any_index
from devtui.text.secrets import is_secret, is_value, names_secret

_MAX_DEPTH = 200

_PLAIN_KEY = re.compile(r"[A-Za-z_][\w-]{0,200}\Z", re.ASCII)
_ABSENT = object()

_ORDER = " order"


def json_changes(before: str, after: str, ignores: Ignores) -> Iterator[Change | None]:
    """Yield what differs; None for each difference that is ignored.

    Raises `ValueError` if one is not JSON, and `RecursionError` if it is nested too deeply. The
    index of an item counts in the second text, or in the first if the item is gone.
    """
    one, other = (json.loads(text, object_pairs_hook=_object) for text in (before, after))
    return _Comparing(ignores).changes("$", "", one, other, False, 0)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object. Raises `ValueError` for a duplicate key, which no path could name."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("duplicate key")
    return found


def _step(key: str) -> str:
    return f".{key}" if _PLAIN_KEY.match(key) else f"[{json.dumps(key)}]"


def _differs(one: Any, other: Any) -> bool:
    if isinstance(one, float) and math.isnan(one):  # it is not equal to itself
        return not (isinstance(other, float) and math.isnan(other))
    return type(one) is not type(other) or bool(one != other)


class _Comparing:
    """The comparison of two documents."""

    def __init__(self, ignores: Ignores) -> None:
        self._ignores = ignores
        self._alignment = Alignment(ignores.as_compared, _step)

    def changes(
        self, path: str, name: str, before: Any, after: Any, secret: bool, depth: int
    ) -> Iterator[Change | None]:
        if depth < _MAX_DEPTH and isinstance(before, dict) and isinstance(after, dict):
            named = _names_a_secret([*before.values(), *after.values()])
            for key in [*before, *(key for key in after if key not in before)]:
                values = before.get(key, _ABSENT), after.get(key, _ABSENT)
                hides = secret or is_secret(key) or (named and is_value(key))
                yield from self.changes(path + _step(key), key, *values, hides, depth + 1)
        elif depth < _MAX_DEPTH and isinstance(before, list) and isinstance(after, list):
            pairs = [*self._alignment.pairs(path, name, before, after)]
            for pair in pairs:
                one = _ABSENT if pair.before is None else before[pair.before]
                other = _ABSENT if pair.after is None else after[pair.after]
                at = f"{path}[{pair.before if pair.after is None else pair.after}]"
                hides = secret or _is_pair_of_a_secret(one) or _is_pair_of_a_secret(other)
                yield from self.changes(at, name, one, other, hides, depth + 1)
            yield from self._moves(path, pairs)
        elif _differs(before, after):
            if self._ignores.json(path, name, before, after):
                yield None
            else:
                rule = f"json {any_index(path)}" if path != "$" else ""
                yield Change("body", path, *_shown(before, after), rule, secret)

    def _moves(self, path: str, pairs: Sequence[Pair]) -> Iterator[Change | None]:
        """Yield the order of a list as one change, or each item that has moved among others."""
        moved = [pair for pair in pairs if pair.moved]
        rule = f"json {any_index(path)}{_ORDER}"
        if moved and self._ignores.order(path + _ORDER):
            yield None
        elif any(pair.before is None or pair.after is None for pair in pairs):
            for pair in moved:
                indices = f"index {pair.before}", f"index {pair.after}"
                yield Change("body", f"{path}[{pair.after}] moved", *indices, rule)
        elif moved:
            ordered = sorted(pairs, key=lambda pair: pair.after or 0)
            indices = (
                ", ".join(str(at) for at, _ in enumerate(ordered)),
                ", ".join(str(pair.before) for pair in ordered),
            )
            yield Change("body", path + _ORDER, *around(*indices), rule)


def _names_a_secret(values: Sequence[Any]) -> bool:
    return any(isinstance(value, str) and names_secret(value) for value in values)


def _is_pair_of_a_secret(item: Any) -> bool:
    """Whether an item of a list is a pair such as `["password", "hunter2"]`."""
    return isinstance(item, list) and len(item) > 1 and _names_a_secret(item[:1])


def _shown(before: Any, after: Any) -> tuple[str | None, str | None]:
    one, other = (
        None if value is _ABSENT else json.dumps(value, ensure_ascii=False)
        for value in (before, after)
    )
    # Text that is JSON itself may have a secret: its name comes before what differs.
    if isinstance(before, str) and isinstance(after, str) and '\\"' not in f"{one}{other}":
        return around(one, other)
    return one and short(one), other and short(other)


def same_parts(bodies: Sequence[str], ignores: Ignores) -> Any:
    """Return the JSON of the first text without the values that differ in the others.

    What was left out of an object is missing; `...` stands for what was left out of a list.
    Raises `ValueError` if one is not JSON.
    """
    first, *others = map(json.loads, bodies)
    for other in others or [first]:
        first = _kept("$", "", first, other, ignores)
    return first


def _kept(path: str, name: str, one: Any, other: Any, ignores: Ignores) -> Any:
    if isinstance(one, dict) and isinstance(other, dict):
        kept = {
            key: _kept(path + _step(key), key, value, other[key], ignores)
            for key, value in one.items()
            if key in other
        }
        return {key: value for key, value in kept.items() if value is not ...}
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = zip(one, other, strict=True)
        return [_kept(f"{path}[{at}]", name, *pair, ignores) for at, pair in enumerate(pairs)]
    if one is ... or _differs(one, other):
        return ...
    # A value that would be ignored if it differed is not asserted, even if it has not differed yet.
    return ... if ignores.changes(path, name, one) else one
