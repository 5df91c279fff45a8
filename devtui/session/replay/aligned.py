"""Align the items of two JSON lists, so that an inserted item does not make all others differ."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

MAX_ITEMS = 2_000
"""How many items of a list are aligned, apart from those that both begin and end with."""

# Bounds for all lists of two documents together: a fraction of a second each.
_MAX_STEPS = 300_000
_MAX_PAIRS = 40_000

Leaf: TypeAlias = Callable[[str, str, Any], object]
"""What a value is to an alignment: its path, the key that it belongs to, and itself."""

Pair: TypeAlias = "tuple[int | None, int | None]"
"""The index of an item in both lists; None where it is missing."""


class Alignment:
    """Align the lists of two JSON documents.

    Equal values have the same number. Each container gets its number once, so lists in lists cost
    no more than one pass. Beyond the bounds, items are aligned by their index.
    """

    def __init__(self, leaf: Leaf, step: Callable[[str], str]) -> None:
        """`leaf` gives equal objects for values that count as equal; `step` is a key in a path."""
        self._leaf = leaf
        self._step = step
        self._numbers: dict[object, int] = {}
        self._of_container: dict[int, tuple[int, frozenset[object]]] = {}
        self._steps_left = _MAX_STEPS
        self._pairs_left = _MAX_PAIRS

    def pairs(
        self, path: str, name: str, before: Sequence[Any], after: Sequence[Any]
    ) -> Iterator[Pair]:
        """Yield the indices of all items, pair by pair, in order."""
        inside = f"{path}[0]"
        one, other = ([self._number(inside, name, item) for item in it] for it in (before, after))
        least = min(len(one), len(other))
        begin = next((at for at in range(least) if one[at] != other[at]), least)
        rest = least - begin
        end = next((at for at in range(rest) if one[-1 - at] != other[-1 - at]), rest)
        yield from ((at, at) for at in range(begin))
        first, second = one[begin : len(one) - end], other[begin : len(other) - end]
        for start, stop, to_start, to_stop in self._blocks(first, second):
            mine, its = range(begin + start, begin + stop), range(begin + to_start, begin + to_stop)
            yield from self._paired(before, after, mine, its)
        for at in range(end, 0, -1):
            yield len(one) - at, len(other) - at

    def _number(self, path: str, name: str, value: Any) -> int:
        if isinstance(value, (dict, list)):
            return self._container(path, name, value)[0]
        return self._numbers.setdefault((None, self._leaf(path, name, value)), len(self._numbers))

    def _container(self, path: str, name: str, value: Any) -> tuple[int, frozenset[object]]:
        """Return the number of a container, and its members."""
        known = self._of_container.get(id(value))
        if known is not None:
            return known
        members: list[object]
        if isinstance(value, dict):
            members = [
                (key, self._number(path + self._step(key), key, item))
                for key, item in value.items()
            ]
            whole: object = (dict, frozenset(members))
        else:
            members = [self._number(f"{path}[0]", name, item) for item in value]
            whole = (list, tuple(members))
        number = self._numbers.setdefault(whole, len(self._numbers))
        self._of_container[id(value)] = number, frozenset(members)
        return self._of_container[id(value)]

    def _blocks(
        self, first: Sequence[int], second: Sequence[int]
    ) -> Iterator[tuple[int, int, int, int]]:
        """Yield the ranges of items that belong together; equal items are ranges of one item."""
        counts = Counter(second)
        matches = sum(counts[number] for number in first)
        # The matcher looks for the longest match again on both sides of each match.
        steps = matches + len(first) * min(matches, len(first)) // 8
        if max(len(first), len(second)) > MAX_ITEMS or steps > self._steps_left:
            yield 0, len(first), 0, len(second)
            return
        self._steps_left -= steps
        matcher = difflib.SequenceMatcher(None, first, second, autojunk=False)
        for kind, start, stop, to_start, to_stop in matcher.get_opcodes():
            if kind == "equal":
                for at in range(stop - start):
                    yield start + at, start + at + 1, to_start + at, to_start + at + 1
            else:
                yield start, stop, to_start, to_stop

    def _paired(
        self, before: Sequence[Any], after: Sequence[Any], mine: range, its: range
    ) -> Iterator[Pair]:
        """Pair items that differ: those that have most in common, else in their order."""
        if len(mine) * len(its) in (0, 1) or len(mine) * len(its) > self._pairs_left:
            yield from _in_order(mine, its)
            return
        self._pairs_left -= len(mine) * len(its)
        first, second = (
            [self._members(it[at]) for at in indices]
            for it, indices in ((before, mine), (after, its))
        )
        yield from _most_in_common(first, second, mine, its)

    def _members(self, value: Any) -> frozenset[object]:
        known = self._of_container.get(id(value))
        return frozenset() if known is None else known[1]


def _in_order(mine: range, its: range) -> Iterator[Pair]:
    for at in range(max(len(mine), len(its))):
        yield (mine[at] if at < len(mine) else None), (its[at] if at < len(its) else None)


def _most_in_common(
    first: Sequence[frozenset[object]],
    second: Sequence[frozenset[object]],
    mine: range,
    its: range,
) -> Iterator[Pair]:
    """Yield the pairs whose items have most members in common, with as many pairs as possible."""
    width = len(second) + 1
    # The best score of what follows each pair; a pair that shares nothing is better than none.
    best = [[0] * width for _ in range(len(first) + 1)]
    for at in range(len(first) - 1, -1, -1):
        for to in range(len(second) - 1, -1, -1):
            both = best[at + 1][to + 1] + 1 + 4 * len(first[at] & second[to])
            best[at][to] = max(both, best[at + 1][to], best[at][to + 1])
    at = to = 0
    while at < len(first) and to < len(second):
        shared = best[at + 1][to + 1] + 1 + 4 * len(first[at] & second[to])
        if best[at][to] == shared:
            yield mine[at], its[to]
            at, to = at + 1, to + 1
        elif best[at][to] == best[at + 1][to]:
            yield mine[at], None
            at += 1
        else:
            yield None, its[to]
            to += 1
    yield from _in_order(mine[at:], its[0:0])
    yield from _in_order(mine[0:0], its[to:])
