"""The data of all items for filters and sort orders, in columns: text, facts, measures."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from devtui.filters.facts import NO_MEASURES, Facts, Measures
from devtui.filters.query import Query

T = TypeVar("T")

SEARCHED_CHARACTERS = 4_000
"""How much of an item's text a filter reads."""

COUNTED_WITH_REGEX = 500
"""How many items a regex is matched with if only the count of matches is needed."""

MAX_SHARED = 10_000
"""How many different facts are shared between items."""


class Columns(Generic[T]):
    """The columns of the items from number `offset` on.

    The texts are kept in lower case: so a search of 100,000 of them takes some 20 ms, and not 200.
    """

    def __init__(
        self,
        offset: int,
        text_of: Callable[[T], str],
        measures_of: Callable[[T], Measures] | None = None,
    ) -> None:
        self.offset = offset
        self.texts: list[str] = []
        self.facts: list[Facts] = []
        self.durations = array("d")
        self.sizes = array("d")
        self._text_of = text_of
        self._measures_of = measures_of
        self._shared: dict[Facts, Facts] = {}

    @property
    def end(self) -> int:
        """The number of the next item."""
        return self.offset + len(self.texts)

    def append(self, item: T) -> None:
        """Add the next item."""
        self.texts.append(self._text(item))
        if self._measures_of is not None:
            measures = self._measures_of(item)
            self.facts.append(self._once(measures.facts))
            self.durations.append(measures.duration_ms)
            self.sizes.append(measures.size_bytes)

    def replace(self, number: int, item: T) -> None:
        """Update the columns of an item."""
        at = number - self.offset
        self.texts[at] = self._text(item)
        if self._measures_of is not None:
            measures = self._measures_of(item)
            self.facts[at] = self._once(measures.facts)
            self.durations[at] = measures.duration_ms
            self.sizes[at] = measures.size_bytes

    def forget(self, first: int) -> None:
        """Forget all items before this number."""
        gone = first - self.offset
        del self.texts[:gone], self.facts[:gone], self.durations[:gone], self.sizes[:gone]
        self.offset = first

    def read(self, item: T) -> tuple[str, Measures]:
        """Return what the columns would contain for an item."""
        measures = NO_MEASURES if self._measures_of is None else self._measures_of(item)
        return self._text(item), measures

    def _text(self, item: T) -> str:
        return self._text_of(item)[:SEARCHED_CHARACTERS].lower()

    def text(self, number: int) -> str:
        """Return the item's text in lower case."""
        return self.texts[number - self.offset]

    def measures(self, number: int) -> Measures:
        """Return the item's facts, duration and size."""
        if self._measures_of is None:
            return NO_MEASURES
        at = number - self.offset
        return Measures(self.facts[at], self.durations[at], self.sizes[at])

    def facts_of(self, number: int) -> Facts:
        """Return the item's facts."""
        return NO_MEASURES.facts if self._measures_of is None else self.facts[number - self.offset]

    def quickly_kept(self, query: Query, numbers: Iterable[int]) -> list[int]:
        """Return the items that all words except regexes keep."""
        offset, texts = self.offset, self.texts
        for word in query.texts:
            text = word.text
            if word.negated:
                numbers = [n for n in numbers if text not in texts[n - offset]]
            else:
                numbers = [n for n in numbers if text in texts[n - offset]]
        if query.facts:
            facts = [self.facts_of(n) for n in numbers]
            kept = {one for one in set(facts) if query.keeps_facts(one)}
            numbers = [n for n, one in zip(numbers, facts, strict=True) if one in kept]
        if query.measures and self._measures_of is None:
            return [n for n in numbers if query.keeps_measures(NO_MEASURES)]
        for word in query.measures:
            column = self.durations if word.kind == "duration" else self.sizes
            keeps = word.keeps_measure
            numbers = [n for n in numbers if keeps(column[n - offset])]
        return list(numbers)

    def count_kept(self, query: Query, numbers: Iterable[int]) -> int:
        """Return how many of the items a filter keeps; a regex is tried on a few hundred."""
        kept = self.quickly_kept(query, numbers)
        if not query.patterns:
            return len(kept)
        searched = map(self.text, kept[:COUNTED_WITH_REGEX])
        return sum(all(word.keeps_text(text) for word in query.patterns) for text in searched)

    def _once(self, facts: Facts) -> Facts:
        if len(self._shared) >= MAX_SHARED:
            self._shared.clear()
        return self._shared.setdefault(facts, facts)
