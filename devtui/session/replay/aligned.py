"""Align the items of two JSON lists, so that an inserted item does not make all others differ."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

MAX_ITEMS = 2_000
"""How many items of a list are aligned, apart from those that both begin and end with."""

# Bounds for all lists of two documents together: a fraction of a second each.
_MAX_STEPS = 300_000
_MAX_PAIRS = 40_000

Block: TypeAlias = tuple[range, range]

Leaf: TypeAlias = Callable[[str, str, Any], object]
"""What a value is to an alignment: its path, the key that it belongs to, and itself."""


class Pair(NamedTuple):
    """The index of an item in both lists; None where it is missing.

    One that has `moved` is the same in both, but others that are the same stand between.
    """

    before: int | None
    after: int | None
    moved: bool = False


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
        """Yield the pairs of all items, in order; at last of those that have moved."""
        inside = f"{path}[0]"
        one, other = ([self._number(inside, name, item) for item in it] for it in (before, after))
        least = min(len(one), len(other))
        begin = next((at for at in range(least) if one[at] != other[at]), least)
        rest = least - begin
        end = next((at for at in range(rest) if one[-1 - at] != other[-1 - at]), rest)
        yield from (Pair(at, at) for at in range(begin))
        first, second = one[begin : len(one) - end], other[begin : len(other) - end]
        blocks, aligned = self._blocks(first, second)
        moves = _Moves(one, other)
        if aligned or Counter(first) == Counter(second):
            for block in blocks:
                moves.look_at(*_shifted(block, begin))
        for block in blocks:
            mine, its = moves.staying(*_shifted(block, begin))
            yield from self._paired(before, after, mine, its)
        for at in range(end, 0, -1):
            yield Pair(len(one) - at, len(other) - at)
        yield from moves.pairs()

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

    def _blocks(self, first: Sequence[int], second: Sequence[int]) -> tuple[list[Block], bool]:
        """Return the ranges of items that belong together, and whether they are aligned.

        Items that are the same are ranges of one item.
        """
        counts = Counter(second)
        matches = sum(counts[number] for number in first)
        # The matcher looks for the longest match again on both sides of each match.
        steps = matches + len(first) * min(matches, len(first)) // 8
        if max(len(first), len(second)) > MAX_ITEMS or steps > self._steps_left:
            least = min(len(first), len(second))
            rest = range(least, len(first)), range(least, len(second))
            return [*((range(at, at + 1),) * 2 for at in range(least)), rest], False
        self._steps_left -= steps
        found: list[Block] = []
        matcher = difflib.SequenceMatcher(None, first, second, autojunk=False)
        for kind, start, stop, to_start, to_stop in matcher.get_opcodes():
            if kind == "equal":
                pairs = zip(range(start, stop), range(to_start, to_stop), strict=True)
                found += [(range(at, at + 1), range(to, to + 1)) for at, to in pairs]
            else:
                found.append((range(start, stop), range(to_start, to_stop)))
        return found, True

    def _paired(
        self,
        before: Sequence[Any],
        after: Sequence[Any],
        mine: Sequence[int],
        its: Sequence[int],
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


class _Moves:
    """The items that are the same in both lists, but not in the same order as the others."""

    def __init__(self, one: Sequence[int], other: Sequence[int]) -> None:
        self._one = one
        self._other = other
        self._gone: dict[int, list[int]] = {}
        self._new: dict[int, list[int]] = {}

    def look_at(self, mine: range, its: range) -> None:
        """Note the items of a block that is not one item that stays the same."""
        if self._is_same(mine, its):
            return
        for numbers, indices, found in (
            (self._one, mine, self._gone),
            (self._other, its, self._new),
        ):
            for at in indices:
                found.setdefault(numbers[at], []).append(at)

    def _is_same(self, mine: range, its: range) -> bool:
        return len(mine) == len(its) == 1 and self._one[mine[0]] == self._other[its[0]]

    def staying(self, mine: range, its: range) -> tuple[Sequence[int], Sequence[int]]:
        """Return the items of a block that have not moved."""
        if self._is_same(mine, its):
            return mine, its
        moved = self._moved
        return (
            [at for at in mine if at not in moved[0]],
            [at for at in its if at not in moved[1]],
        )

    @cached_property
    def _moved(self) -> tuple[set[int], set[int]]:
        found = self._found
        return {one for one, _ in found}, {other for _, other in found}

    @cached_property
    def _found(self) -> list[tuple[int, int]]:
        pairs = (zip(self._gone[it], self._new[it], strict=False) for it in self._gone_and_new())
        return sorted(chain.from_iterable(pairs), key=itemgetter(1))

    def _gone_and_new(self) -> Iterator[int]:
        return (number for number in self._gone if number in self._new)

    def pairs(self) -> Iterator[Pair]:
        """Yield the items that have moved, in their new order."""
        yield from (Pair(one, other, moved=True) for one, other in self._found)


def _shifted(block: Block, by: int) -> Block:
    mine, its = block
    return range(mine.start + by, mine.stop + by), range(its.start + by, its.stop + by)


def _in_order(mine: Sequence[int], its: Sequence[int]) -> Iterator[Pair]:
    for at in range(max(len(mine), len(its))):
        yield Pair(mine[at] if at < len(mine) else None, its[at] if at < len(its) else None)


def _most_in_common(
    first: Sequence[frozenset[object]],
    second: Sequence[frozenset[object]],
    mine: Sequence[int],
    its: Sequence[int],
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
            yield Pair(mine[at], its[to])
            at, to = at + 1, to + 1
        elif best[at][to] == best[at + 1][to]:
            yield Pair(mine[at], None)
            at += 1
        else:
            yield Pair(None, its[to])
            to += 1
    yield from _in_order(mine[at:], its[0:0])
    yield from _in_order(mine[0:0], its[to:])
