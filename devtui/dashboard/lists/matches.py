"""Which items of a ring a list shows, and in which order."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable
from typing import Generic, TypeAlias, TypeVar

from devtui.dashboard.lists.columns import Columns
from devtui.dashboard.lists.slices import Slices
from devtui.dashboard.lists.sorting import Order, Sorted
from devtui.filters.facts import Facts, Measures
from devtui.filters.query import Query
from devtui.session.store.ring import Ring

T = TypeVar("T")

Hides: TypeAlias = Callable[[str, Facts], bool]
"""Whether a rule hides an item with this lower-case text and these facts."""

LATE = 2_000
"""How many of the newest items `mark_changed` checks."""


class Matches(Generic[T]):
    """The numbers of the items to show, updated as items come and go.

    `text_of` returns the text that is searched; `settled` says whether that text is final. An item
    whose text may still change is updated at each `catch_up`, until it is settled.

    Indices are valid until the next `catch_up`, although the ring changes: the drawn rows, and the
    row that a key or a click means, must not move in between. By then an item may be gone from the
    ring.
    """

    def __init__(
        self,
        ring: Ring[T],
        text_of: Callable[[T], str],
        settled: Callable[[T], bool] = lambda item: True,
        measures_of: Callable[[T], Measures] | None = None,
    ) -> None:
        self.ring = ring
        self.query = Query()
        self.columns: Columns[T] = Columns(ring.first, text_of, measures_of)
        self._settled = settled
        self.hidden_by: Hides | None = None  # the rules
        self._hidden: set[int] = set()
        self._first, self._end = ring.first, ring.end
        self._numbers: list[int] | None = None  # ascending; None stands for all
        self._sorted: Sorted | None = None
        self.slices = Slices()
        """The items that a regex is still to be matched with."""
        self._unsettled: set[int] = set()

    # -- what to show ------------------------------------------------------------------------

    def search(self, query: Query) -> None:
        """Show the items that the filter keeps; with a regex the newest first, the rest later."""
        self.catch_up()
        narrows = bool(self.query) and query.narrows(self.query) and not self.slices
        base = self._numbers if narrows and not self.slices.too_slow else self._unhidden()
        self.query = query
        self.slices.begin([])
        if not query:
            self._numbers = self._unhidden()
        else:
            everything = range(self.ring.first, self.columns.end)
            numbers = self.columns.quickly_kept(query, everything if base is None else base)
            self._numbers = numbers
            if query.patterns:
                self._numbers = []
                self.slices.begin(numbers)
                self.go_on()
        self._sort_again()

    def hide(self, hides: Hides | None) -> None:
        """Show no item that `hides` matches."""
        self.catch_up()
        self.hidden_by = hides
        self._hidden.clear()
        if hides is not None:
            columns = self.columns
            self._hidden = {
                number
                for number in range(self.ring.first, columns.end)
                if number not in self.ring.left
                and hides(columns.text(number), columns.facts_of(number))
            }
        query, self.query, self._numbers = self.query, Query(), self._unhidden()
        self.search(query)

    def sort(self, order: Order) -> None:
        """Show the items in this order."""
        self.catch_up()
        self._sorted = None
        if order != "time":
            self._sorted = Sorted(order, self.columns, self._shown_numbers())

    @property
    def order(self) -> Order:
        """The order of the items."""
        return "time" if self._sorted is None else self._sorted.by

    @property
    def hidden_count(self) -> int:
        """How many items a rule hides."""
        return len(self._hidden)

    def hidden_kept(self) -> int:
        """Return how many of the items that a rule hides the filter would keep."""
        return self.columns.count_kept(self.query, self._hidden)

    def keeps(self, item: T) -> bool:
        """Whether neither a rule nor the filter would leave an item out."""
        text, measures = self.columns.read(item)
        hidden = self.hidden_by is not None and self.hidden_by(text, measures.facts)
        return not hidden and (not self.query or self.query.keeps(text, measures))

    def go_on(self) -> None:
        """Match the regex with some more of the waiting items."""
        text_of, patterns = self.columns.text, self.query.patterns

        def keeps(number: int) -> bool:
            return all(word.keeps_text(text_of(number)) for word in patterns)

        self._numbers = self.slices.go_on(keeps) + (self._numbers or [])
        self._sort_again()

    def _unhidden(self) -> list[int] | None:
        hidden = self._hidden | self.ring.left
        if not hidden:
            return None
        return [n for n in range(self.ring.first, self.columns.end) if n not in hidden]

    def _shown_numbers(self) -> range | list[int]:
        return range(self._first, self._end) if self._numbers is None else self._numbers

    def _sort_again(self) -> None:
        if self._sorted is not None:
            self._sorted = Sorted(self._sorted.by, self.columns, self._shown_numbers())

    # -- items that come, change and go ------------------------------------------------------

    def catch_up(self) -> None:
        """Take in the items that the ring got or forgot since the last time."""
        ring = self.ring
        self._forget()
        self._first, self._end = ring.first, ring.end
        if ring.left:
            self._take_out(ring.left)
        for number in sorted(self._unsettled):
            self._look_again(number)
        for number in range(self.columns.end, ring.end):
            item = ring[number]
            self.columns.append(item)
            if number in ring.left:
                continue
            self._list(number)
            if not self._settled(item):
                self._unsettled.add(number)

    def _take_out(self, left: set[int]) -> None:
        """Remove items from where they were before they moved to the end."""
        numbers = range(self._first, self.columns.end) if self._numbers is None else self._numbers
        self._numbers = [number for number in numbers if number not in left]
        self.slices.leave_out(left)
        self._unsettled -= left
        self._hidden -= left
        self._sort_again()

    def mark_changed(self, has_changed: Callable[[T], bool]) -> None:
        """At the next `catch_up`, update the settled ones of the newest items that have changed."""
        end = min(self.columns.end, self.ring.end)
        for number in range(max(self.ring.first, end - LATE), end):
            if number not in self.ring.left and has_changed(self.ring[number]):
                self._unsettled.add(number)

    def _list(self, number: int) -> None:
        """Insert an item, if neither rules nor the filter leave it out."""
        columns, hides = self.columns, self.hidden_by
        if hides is not None and hides(columns.text(number), columns.facts_of(number)):
            if self._numbers is None:
                self._numbers = list(range(self._first, number))
                later = range(number + 1, min(self._end, columns.end))
                self._numbers.extend(later)
            self._hidden.add(number)
            return
        if self.query and not self.query.keeps(columns.text(number), columns.measures(number)):
            return
        if self.slices.takes(number):
            return
        if self._numbers is not None:
            insort(self._numbers, number)
        if self._sorted is not None:
            self._sorted.add(number)

    def _unlist(self, number: int) -> None:
        self._hidden.discard(number)
        if self._sorted is not None:
            self._sorted.remove(number)
        if self._numbers is not None:
            index = bisect_left(self._numbers, number)
            if index < len(self._numbers) and self._numbers[index] == number:
                del self._numbers[index]

    def _look_again(self, number: int) -> None:
        item = self.ring[number]
        self._unlist(number)
        self.columns.replace(number, item)
        if self._settled(item):
            self._unsettled.discard(number)
        self._list(number)

    def _forget(self) -> None:
        first = self.ring.first
        gone = first - self.columns.offset
        # In blocks, as the ring itself does: deleting the first item of a list moves all others.
        if gone >= min(len(self.columns.texts), self.ring.capacity // 8):
            self.columns.forget(first)
        if first == self._first:
            return
        self._unsettled = {number for number in self._unsettled if number >= first}
        if self._hidden:
            self._hidden = {number for number in self._hidden if number >= first}
        if self._numbers:
            del self._numbers[: bisect_left(self._numbers, first)]
        self.slices.forget(first)
        if self._sorted is not None:
            self._sorted.forget(first)

    @property
    def end(self) -> int:
        """The number of the item that the next `catch_up` finds first."""
        return self._end

    # -- places ------------------------------------------------------------------------------

    def __len__(self) -> int:
        return self._end - self._first if self._numbers is None else len(self._numbers)

    def number_at(self, index: int) -> int:
        """Return the number of the item that is shown at this index."""
        if self._sorted is not None:
            return self._sorted.numbers[index]
        return self._first + index if self._numbers is None else self._numbers[index]

    def item_at(self, index: int) -> T | None:
        """Return the item at this index; None after the last one, or if it has left the ring."""
        if index >= len(self):
            return None
        number = self.ring.now(self.number_at(index))
        return self.ring[number] if number >= self.ring.first else None

    def index_of(self, number: int) -> int:
        """Return the index of this item, or of the next one shown; `len(self)` after the last."""
        if self._sorted is not None:
            return self._sorted.index_of(number)
        if self._numbers is not None:
            return bisect_left(self._numbers, number)
        return min(max(number - self._first, 0), len(self))

    def now(self, number: int) -> int:
        """Return the present number of the item that had this number."""
        return self.ring.now(number, self._end)

    def count_from(self, number: int) -> int:
        """Return how many shown items have this number or a later one."""
        if self._numbers is None:
            return len(self) - min(max(number - self._first, 0), len(self))
        return len(self._numbers) - bisect_left(self._numbers, number)

    def __getitem__(self, index: int) -> T:
        return self.ring[self.ring.now(self.number_at(index))]
