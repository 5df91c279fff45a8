"""A value that is made when it is first asked for, by whichever thread that is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class MadeOnce(Generic[T]):
    """Makes a value when it is called for the first time, and gives every caller the same one.

    It holds no lock, since to make the value may run code of the user's that comes here again.
    Two threads may both make one at the same time; the first that has done so is heard.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: dict[None, T] = {}

    def __call__(self) -> T:
        """The value."""
        if None not in self._made:
            self._made.setdefault(None, self._make())
        return self._made[None]
