"""What filters and orders read of each item: its text, and its facts and measures in columns."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from devtui.filters.facts import NO_MEASURES, Facts, Measures
from devtui.filters.query import Query
from devtui.filters.word import Word

T = TypeVar("T")

SEARCHED_CHARACTERS = 4_000
"""How much of an item's text a filter looks at."""

COUNTED_WITH_REGEX = 500
"""How many items a regex looks at if only their count is asked for."""

MAX_SHARED = 10_000
"""How many different facts are kept once for all items that have them."""


class Tags(Generic[T]):
    """What a row shows of the request that it belongs to.

    It is made while a filter searches: many rows belong to one request, and none keeps its text.
    """

    def __init__(self, id_of: Callable[[T], str | None], text_of: Callable[[str], str]) -> None:
        """`id_of` returns the request of an item, `text_of` what rows show of that request."""
        self.id_of = id_of
        self.text_of = text_of


class Columns(Generic[T]):
    """The columns of the items from number `offset` on.

    The texts are kept in lower case: a search of 100,000 of them takes some 20 ms so, and 200
    without.
    """

    def __init__(
        self,
        offset: int,
        text_of: Callable[[T], str],
        measures_of: Callable[[T], Measures] | None = None,
        tags: Tags[T] | None = None,
    ) -> None:
        self.offset = offset
        self.texts: list[str] = []
        self.facts: list[Facts] = []
        self.durations = array("d")
        self.sizes = array("d")
        self.request_ids: list[str | None] = []  # empty without tags
        self._text_of = text_of
        self._tags = tags
        self._measures_of = measures_of
        self._shared: dict[Facts, Facts] = {}

    @property
    def end(self) -> int:
        """The number of the item that comes next."""
        return self.offset + len(self.texts)

    def append(self, item: T) -> None:
        """Add the next item."""
        self.texts.append(self._text_of(item)[:SEARCHED_CHARACTERS].lower())
        if self._tags is not None:
            self.request_ids.append(self._tags.id_of(item))
        if self._measures_of is not None:
            measures = self._measures_of(item)
            self.facts.append(self._once(measures.facts))
            self.durations.append(measures.duration_ms)
            self.sizes.append(measures.size_bytes)

    def replace(self, number: int, item: T) -> None:
        """Look at an item again."""
        at = number - self.offset
        self.texts[at] = self._text_of(item)[:SEARCHED_CHARACTERS].lower()
        if self._measures_of is not None:
            measures = self._measures_of(item)
            self.facts[at] = self._once(measures.facts)
            self.durations[at] = measures.duration_ms
            self.sizes[at] = measures.size_bytes

    def forget(self, first: int) -> None:
        """Forget all items before that number."""
        gone = first - self.offset
        del self.texts[:gone], self.request_ids[:gone], self.facts[:gone]
        del self.durations[:gone], self.sizes[:gone]
        self.offset = first

    def text(self, number: int) -> str:
        """Return the item's text in lower case."""
        return self.texts[number - self.offset]

    def searched(self, number: int) -> str:
        """Return what a filter searches: the text, and the tag behind it."""
        at = number - self.offset
        request_id = self.request_ids[at] if self._tags is not None else None
        return self.texts[at] if request_id is None else f"{self.texts[at]} {self._tag(request_id)}"

    def _tag(self, request_id: str) -> str:
        assert self._tags is not None
        return self._tags.text_of(request_id).lower()

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
            if self._tags is not None:
                numbers = self._with_tags(word, list(numbers))
            elif word.negated:
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
        """Return how many of the items a filter keeps; a regex looks at some hundreds of them."""
        kept = self.quickly_kept(query, numbers)
        if not query.patterns:
            return len(kept)
        searched = map(self.searched, kept[:COUNTED_WITH_REGEX])
        return sum(all(word.keeps_text(text) for word in query.patterns) for text in searched)

    def _with_tags(self, word: Word, numbers: list[int]) -> list[int]:
        """Return the items that a word keeps by their text or their tag."""
        offset, texts, ids, text = self.offset, self.texts, self.request_ids, word.text
        # A tag costs more to look at than a text: most items need none.
        others = {ids[n - offset] for n in numbers if text not in texts[n - offset]}
        others.discard(None)
        assert self._tags is not None
        text_of = self._tags.text_of
        tagged = {one for one in others if one is not None and text in text_of(one).lower()}
        found = (n for n in numbers if text in texts[n - offset] or ids[n - offset] in tagged)
        if not word.negated:
            return list(found)
        kept = set(found)
        return [n for n in numbers if n not in kept]

    def _once(self, facts: Facts) -> Facts:
        if len(self._shared) >= MAX_SHARED:
            self._shared.clear()
        return self._shared.setdefault(facts, facts)
