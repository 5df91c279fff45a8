"""Sort items in another order than that of time."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from typing import Any, Literal, TypeAlias

from devtui.dashboard.lists.columns import Columns

Order: TypeAlias = Literal["time", "duration", "size", "calls", "status"]

ORDERS: dict[Order, str] = {
    "time": "",
    "duration": "slowest first",
    "size": "largest first",
    "calls": "most calls first",
    "status": "highest status first",
}
"""The orders, with the words for the pane's title."""

_WITHOUT_STATUS = 600
"""The status by which a failed request without a response is sorted."""


_WITHOUT_TEMPLATES = 3
"""How many of the kinds of calls count; templates are the last."""


class Sorted:
    """The numbers of the items, the largest value first; the newest first among equals."""

    def __init__(self, by: Order, columns: Columns[Any], numbers: Iterable[int]) -> None:
        self.by = by
        self._columns = columns
        found = list(numbers)
        found.reverse()
        found.sort(key=self._value)
        self.numbers = found

    def _value(self, number: int) -> float:
        columns = self._columns
        at = number - columns.offset
        if self.by == "duration":
            return -columns.durations[at]
        if self.by == "size":
            return -columns.sizes[at]
        facts = columns.facts[at]
        if self.by == "calls":
            return -sum(facts.calls[:_WITHOUT_TEMPLATES])
        return -(_WITHOUT_STATUS if facts.failed and not facts.status else facts.status)

    def _key(self, number: int) -> tuple[float, int]:
        return self._value(number), -number

    def add(self, number: int) -> None:
        """Put an item in its place."""
        insort(self.numbers, number, key=self._key)

    def remove(self, number: int) -> None:
        """Take an item out, before its value changes."""
        index = self.index_of(number)
        if index < len(self.numbers) and self.numbers[index] == number:
            del self.numbers[index]

    def forget(self, first: int) -> None:
        """Take out all items before this number."""
        self.numbers = [number for number in self.numbers if number >= first]

    def index_of(self, number: int) -> int:
        """Return the item's index, or the one that it would have; 0 if it is gone."""
        if not self._columns.offset <= number < self._columns.end:
            return 0
        return bisect_left(self.numbers, self._key(number), key=self._key)
