"""A search with a regex in slices; in between, keys and the screen get their turn."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable

SLICE_SECONDS = 0.03
"""How long a slice takes."""

SEARCH_SECONDS = 5.0
"""How long all slices of one search take at most."""


class Slices:
    """The numbers of the items that a regex is still to be matched with; the newest come first."""

    def __init__(self) -> None:
        self.too_slow = False
        """Whether the search took too long, so that older items were not searched."""
        self._waiting: list[int] = []  # ascending
        self._spent = 0.0

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def begin(self, numbers: list[int]) -> None:
        """Search these items next, and no others."""
        self.too_slow, self._spent, self._waiting = False, 0.0, numbers

    def go_on(self, keeps: Callable[[int], bool]) -> list[int]:
        """Search some more items, and return those that `keeps` keeps, the oldest first."""
        began = time.perf_counter()
        end = began + SLICE_SECONDS
        found: list[int] = []
        while self._waiting and time.perf_counter() < end:
            number = self._waiting.pop()
            if keeps(number):
                found.append(number)
        self._spent += time.perf_counter() - began
        if self._waiting and self._spent > SEARCH_SECONDS:
            self.too_slow, self._waiting = True, []
        return found[::-1]

    def takes(self, number: int) -> bool:
        """Whether the search is still to reach a changed item; if so, put it in its place."""
        if not self._waiting or number > self._waiting[-1]:
            return False
        index = bisect_left(self._waiting, number)
        if self._waiting[index] != number:
            self._waiting.insert(index, number)
        return True

    def leave_out(self, left: set[int]) -> None:
        """Do not search these items."""
        if self._waiting:
            self._waiting = [number for number in self._waiting if number not in left]

    def forget(self, first: int) -> None:
        """Do not search the items before this number."""
        del self._waiting[: bisect_left(self._waiting, first)]
