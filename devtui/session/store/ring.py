"""A bounded sequence that forgets its oldest items, and counts what it forgot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Ring(Generic[T]):
    """The newest `capacity` items, each under the number that it got when it was appended.

    Numbers start at 0 and are never reused, so a view can keep its position while old items go.
    Access by number takes constant time, unlike in the middle of a deque. An item that moves to the
    end gets a new number there, and the old one still leads to it.
    """

    def __init__(
        self,
        capacity: int,
        *,
        max_bytes: int | None = None,
        size_of: Callable[[T], int] = lambda item: 0,
        on_forget: Callable[[T], object] | None = None,
    ) -> None:
        """Create an empty ring. `size_of` returns an item's bytes, whose sum may have a bound too.

        If an item grows later, call `grew`. `on_forget` gets each item that leaves the ring.
        """
        if capacity < 1:
            raise ValueError(f"a ring holds at least one item, not {capacity}")
        self.capacity = capacity
        self._max_bytes = max_bytes
        self._size_of = size_of
        self._on_forget = on_forget
        self._bytes = 0
        self.items: list[T] = []
        self._offset = 0  # the number of items[0]
        self._first = 0  # the number of the oldest item that is still kept
        self.left: set[int] = set()
        """The numbers whose items have moved to the end."""
        self._moved: dict[int, int] = {}  # from old numbers to the next ones; the newest last

    @property
    def first(self) -> int:
        """The number of the oldest item; equal to `end` if the ring is empty."""
        return self._first

    @property
    def end(self) -> int:
        """The number that the next item will get."""
        return self._offset + len(self.items)

    @property
    def dropped(self) -> int:
        """The number of items that were cleared, or forgotten for lack of room."""
        return self._first

    def __len__(self) -> int:
        return self.end - self._first - len(self.left)

    def __bool__(self) -> bool:
        return len(self) > 0

    def __iter__(self) -> Iterator[T]:
        for number in range(self._first, self.end):
            if number not in self.left:
                yield self.items[number - self._offset]

    def __getitem__(self, number: int) -> T:
        """Return the item of that number. Raises `IndexError` if it is gone or has not come."""
        if not self._first <= number < self.end:
            raise IndexError(f"item {number} is not among {self._first}..{self.end - 1}")
        return self.items[number - self._offset]

    def append(self, item: T) -> int:
        """Add an item at the end and return its number."""
        self.items.append(item)
        if len(self) > self.capacity:
            self._forget(1)
        if self._max_bytes is not None:
            self.grew(self._size_of(item))
        return self.end - 1

    def move_to_end(self, number: int) -> int:
        """Make an item the newest one, and return its new number.

        Each move takes a slot, until all items before the slot that was left are gone or moved.
        """
        self.items.append(self[number])
        moved = self._moved[number] = self.end - 1
        if len(self._moved) > 4 * self.capacity:
            del self._moved[next(iter(self._moved))]
        self.left.add(number)
        self._skip_left()
        self._compact()
        return moved

    def now(self, number: int, end: int | None = None) -> int:
        """Return the present number of an item; moves to `end` and above do not count."""
        while (moved := self._moved.get(number)) is not None and (end is None or moved < end):
            number = moved
        return number

    def grew(self, size_bytes: int) -> None:
        """Note by how many bytes items grew. The oldest make room, but never the newest."""
        assert self._max_bytes is not None, "this ring does not count bytes"
        self._bytes += size_bytes
        while self._bytes > self._max_bytes and len(self) > 1:
            self._forget(1)

    def clear(self) -> None:
        """Forget every item; numbers go on."""
        self._forget(len(self))

    def take_all(self) -> list[T]:
        """Take every item out without calling `on_forget`; numbers go on."""
        return [self._take_first() for _ in range(len(self))]

    def _forget(self, count: int) -> None:
        for _ in range(count):
            item = self._take_first()
            if self._on_forget is not None:
                self._on_forget(item)

    def _take_first(self) -> T:
        item = self.items[self._first - self._offset]
        self._let_go()
        if self._max_bytes is not None:
            self._bytes -= self._size_of(item)
        self._skip_left()
        self._compact()
        return item

    def _let_go(self) -> None:
        """Let go of the first item at once; the slot goes with the next compaction."""
        self.items[self._first - self._offset] = None  # type: ignore[assignment]
        self._first += 1

    def _skip_left(self) -> None:
        if self.left:
            while self._first in self.left:
                self.left.remove(self._first)
                self._let_go()

    def _compact(self) -> None:
        gone = self._first - self._offset
        if gone >= max(self.capacity // 4, 64):
            del self.items[:gone]
            self._offset = self._first
