"""Which items of a ring a list shows: all of them, or those that match a filter."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable
from typing import Generic, TypeVar

from devtui.session.store.ring import Ring

T = TypeVar("T")

SEARCHED_CHARACTERS = 4_000
"""How much of an item's text a filter looks at."""


class Matches(Generic[T]):
    """The numbers of the items to show, kept as items come and go.

    `text_of` gives the text that is searched; `settled` says whether that text is final. An item
    whose text may still change is looked at again at each `catch_up`, until it is settled. The
    texts are kept in lower case, a search of 100,000 of them takes some 20 ms so, and 200 without.

    Places are those of the last `catch_up`, while the ring goes on: what is drawn, and what a key
    or a click means, must not move in between. An item may be gone from the ring by then.
    """

    def __init__(
        self,
        ring: Ring[T],
        text_of: Callable[[T], str],
        settled: Callable[[T], bool] = lambda item: True,
    ) -> None:
        self.ring = ring
        self.query = ""
        self._text_of = text_of
        self._settled = settled
        self._texts: list[str] = []  # of the items from number _offset on
        self._offset = ring.first
        self._first, self._end = ring.first, ring.end
        self._numbers: list[int] = []  # ascending; only where there is a query
        self._unsettled: set[int] = set()

    def search(self, query: str) -> None:
        """Show the items whose text holds `query`, whatever the case; all of them where empty."""
        self.catch_up()
        folded = query.lower()
        texts, offset = self._texts, self._offset
        if not folded:
            self._numbers = []
        elif self.query and self.query in folded:
            self._numbers = [n for n in self._numbers if folded in texts[n - offset]]
        else:
            kept = texts if offset == self.ring.first else texts[self.ring.first - offset :]
            self._numbers = [n for n, text in enumerate(kept, self.ring.first) if folded in text]
        self.query = folded

    def catch_up(self) -> None:
        """Take in what was appended to the ring, or forgotten by it, since the last time."""
        ring = self.ring
        self._forget()
        self._first, self._end = ring.first, ring.end
        for number in sorted(self._unsettled):
            self._look_again(number)
        for number in range(self._offset + len(self._texts), ring.end):
            item = ring[number]
            text = self._text(item)
            self._texts.append(text)
            if self.query and self.query in text:
                self._numbers.append(number)
            if not self._settled(item):
                self._unsettled.add(number)

    def _text(self, item: T) -> str:
        return self._text_of(item)[:SEARCHED_CHARACTERS].lower()

    def _forget(self) -> None:
        first = self.ring.first
        gone = first - self._offset
        # In blocks, as the ring itself does: taking one off a list's front moves all the others.
        if gone >= min(len(self._texts), self.ring.capacity // 8):
            del self._texts[:gone]
            self._offset = first
        self._unsettled = {number for number in self._unsettled if number >= first}
        unlisted = bisect_left(self._numbers, first)
        if unlisted:
            del self._numbers[:unlisted]

    def _look_again(self, number: int) -> None:
        item = self.ring[number]
        text = self._texts[number - self._offset] = self._text(item)
        if self._settled(item):
            self._unsettled.discard(number)
        if not self.query:
            return
        index = bisect_left(self._numbers, number)
        listed = index < len(self._numbers) and self._numbers[index] == number
        matches = self.query in text
        if matches and not listed:
            insort(self._numbers, number)
        elif listed and not matches:
            del self._numbers[index]

    def __len__(self) -> int:
        return len(self._numbers) if self.query else self._end - self._first

    def number_at(self, index: int) -> int:
        """Return the number of the item that is shown at that place, which counts from 0."""
        return self._numbers[index] if self.query else self._first + index

    def item_at(self, index: int) -> T | None:
        """Return the item at that place, or None after the last one or if it has left the ring."""
        if index >= len(self):
            return None
        number = self.number_at(index)
        return self.ring[number] if number >= self.ring.first else None

    def index_of(self, number: int) -> int:
        """Return the place of that item or of the next one shown; `len(self)` after the last."""
        if self.query:
            return bisect_left(self._numbers, number)
        return min(max(number - self._first, 0), len(self))

    def __getitem__(self, index: int) -> T:
        return self.ring[self.number_at(index)]
