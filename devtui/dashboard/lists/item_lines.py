"""The lines of a list's items: one each, unless an item is unfolded or lines are wrapped.

A list scrolls by items. So it needs the heights only of the items in view.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from devtui.dashboard.keys.commands import in_force
from devtui.dashboard.lists.line_renderer import Rows
from devtui.dashboard.lists.viewport import Viewport
from devtui.dashboard.widgets.cells import Row

T = TypeVar("T")

MAX_UNFOLDED = 500
"""How many items may be unfolded at a time."""


class ItemLines(Generic[T]):
    """Lay items out on lines, and know which item is at each height of the list."""

    def __init__(self, rows: Rows[T], size: Callable[[], tuple[int, int]]) -> None:
        """`size` returns the width and the height of the list."""
        self.wrapped = False
        self._rows = rows
        self._size = size
        self._unfolded: dict[int, None] = {}  # the numbers of items, in the order of unfolding
        self._laid_out: dict[int, list[Row]] = {}
        self._places: list[tuple[int, int]] | None = None

    @property
    def several(self) -> bool:
        """Whether items may have more than one line."""
        return self.wrapped or bool(self._unfolded)

    def is_unfolded(self, number: int) -> bool:
        """Whether the item with this number is unfolded."""
        return number in self._unfolded

    def unfold(self, number: int, on: bool) -> None:
        """Unfold the item with this number, or fold it again."""
        self._unfolded.pop(number, None)
        if on:
            self._unfolded[number] = None
            if len(self._unfolded) > MAX_UNFOLDED:
                del self._unfolded[next(iter(self._unfolded))]
        self.forget()

    def fold_all(self) -> None:
        """Fold every item, because other items replace them."""
        self._unfolded.clear()
        self.forget()

    def forget(self) -> None:
        """Lay the items out again when they are next drawn."""
        self._laid_out.clear()
        self._places = None

    def of(self, number: int, item: T) -> list[Row]:
        """Return the lines of an item, at most as many as the list is high."""
        if not self.several:
            return [self._rows.spans(item, self._size()[0])]
        lines = self._laid_out.get(number)
        if lines is None:
            width, height = self._size()
            lines = self._rows.lines(
                item, width, unfolded=number in self._unfolded, wrapped=self.wrapped
            )
            most = max(height, 2)
            if len(lines) > most:
                more = f"… {len(lines) - most + 1:,} more lines: {in_force.key('open')} opens them"
                lines = [*lines[: most - 1], [(f"{' ' * self._rows.indent}{more}"[:width], "dim")]]
            self._laid_out[number] = lines
        return lines

    def count(self, view: Viewport[T], index: int) -> int:
        """Return how many lines the item at this index has."""
        item = view.matches.item_at(index)
        return 1 if item is None else len(self.of(view.matches.number_at(index), item))

    def place(self, view: Viewport[T], top: int, y: int) -> tuple[int, int]:
        """Return the index of the item at the height `y`, and which of its lines is there."""
        if not self.several:
            return top + y, 0
        if self._places is None:
            self._places = self._in_view(view, top)
        if y < len(self._places):
            return self._places[y]
        return len(view.matches) + y - len(self._places), 0

    def _in_view(self, view: Viewport[T], top: int) -> list[tuple[int, int]]:
        height = self._size()[1]
        places: list[tuple[int, int]] = []
        skipped = view.hidden(top, height)
        for index in range(top, len(view.matches)):
            if len(places) >= height + skipped:
                break
            places += [(index, part) for part in range(self.count(view, index))]
        return places[skipped : height + skipped]

    def visible_count(self, view: Viewport[T], top: int) -> int:
        """Return how many items are in view."""
        height = self._size()[1]
        if not self.several:
            return height
        return len({self.place(view, top, y)[0] for y in range(height)})
