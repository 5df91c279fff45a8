"""The view of a list: its cursor, its topmost item, and whether it follows the newest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from devtui.dashboard.lists.matches import Matches

T = TypeVar("T")


class Viewport(Generic[T]):
    """Keep the place among the matches while new items come below and old ones go above.

    It follows the newest item until `stay`, and counts new items from then on. Items are
    named by their indices in `Matches`. `lines_of` returns the number of lines of the item at an
    index; without it each item has one.
    """

    def __init__(
        self,
        matches: Matches[T],
        *,
        follow: bool,
        lines_of: Callable[[int], int] | None = None,
    ) -> None:
        self.matches = matches
        self.lines_of = lines_of
        self.following = follow
        # The numbers of items, which do not change when older items go.
        self._cursor = self._top = matches.ring.first
        self._seen = matches.ring.end  # the items before this one do not count as new
        self._at_first = False  # whether the view of sorted items stays at their first
        self._height = 0  # when the items were last fitted in
        self._in_view = True  # whether the cursor was in view then, or has come there since

    def show(self, matches: Matches[T]) -> None:
        """Show other items, beginning at the first."""
        self.matches = matches
        self._cursor = self._top = matches.ring.first
        self._in_view = True

    @property
    def cursor(self) -> int:
        """The line of the cursor; 0 if there is none."""
        return self.matches.index_of(self.matches.now(self._cursor))

    @property
    def item(self) -> T | None:
        """The item under the cursor, if any."""
        return self.matches.item_at(self.cursor)

    @property
    def unseen_count(self) -> int:
        """How many items came below since `stay`."""
        if self.following:
            return 0
        return self.matches.count_from(self._seen)

    def fit(self, height: int) -> int:
        """Fit the view to the matches, and return the topmost item in `height` lines.

        A cursor that was in view stays in view if the list gets lower, as above a search, or if
        other items come between, as in a list that is not sorted by time.
        """
        count = len(self.matches)
        lowest = self.lowest(height)
        self._height = height
        if self.following:
            self._seen = self.matches.ring.end
            if count:
                self._cursor = self.matches.number_at(count - 1)
                self._top = self.matches.number_at(lowest)  # a full ring's place stays the same
            self._in_view = True
            return lowest
        moved = self.matches.now(self._cursor) != self._cursor
        if count:
            self._cursor = self.matches.number_at(min(self.cursor, count - 1))
        if self._at_first and self.matches.order != "time":
            return 0
        # The items in view keep their place while older ones go.
        top = min(self.matches.index_of(self._top), lowest)
        top = self.top_with_cursor(top, height) if moved or self._in_view else top
        self._in_view = self.top_with_cursor(top, height) == top
        self._see(top, height)
        return top

    def _see(self, top: int, height: int) -> None:
        """If the newest item is in view, count none as new."""
        if height > 0 and self.matches.order == "time" and top >= self.lowest(height):
            self._seen = self.matches.end

    def select(self, line: int) -> None:
        """Move the cursor to this line or the nearest one; if it is not the last, stop following.

        There must be a line.
        """
        last = len(self.matches) - 1
        line = min(max(line, 0), last)
        if self.following and line < last:
            self.stay()
        self._cursor = self.matches.number_at(line)
        top = self.matches.index_of(self._top)
        self._in_view = self.top_with_cursor(top, self._height) == top

    def lowest(self, height: int) -> int:
        """Return the item that is topmost if the last one is at the bottom of `height` lines."""
        count, height = len(self.matches), max(height, 1)
        return max(count - height, 0) if self.lines_of is None else self._first_of(count, height)

    def hidden(self, top: int, height: int) -> int:
        """Return how many lines of the topmost item are above the view, to fill it below."""
        count = len(self.matches)
        if self.lines_of is None or not count or top != self.lowest(height) or self.cursor == top:
            return 0
        return max(sum(map(self.lines_of, range(top, count))) - height, 0)

    def _first_of(self, end: int, height: int) -> int:
        """Return the last item such that it and those up to `end` fill `height` lines."""
        assert self.lines_of is not None
        while end > 0 and height > 0:
            end -= 1
            height -= self.lines_of(end)
        return end

    def top_with_cursor(self, top: int, height: int) -> int:
        """Return the topmost item nearest to `top` that has the cursor in view."""
        cursor, height = self.cursor, max(height, 1)
        if self.lines_of is None:
            return min(max(top, cursor - height + 1), cursor)
        first = self._first_of(cursor + 1, height)
        if sum(map(self.lines_of, range(first, cursor + 1))) > height:
            first += 1
        return min(max(top, min(first, self.lowest(height))), cursor)

    def scrolled(self, top: int, height: int) -> None:
        """Remember the item of the topmost line."""
        self._at_first = top == 0
        self._in_view = self.top_with_cursor(top, height) == top
        if top < len(self.matches):
            self._top = self.matches.number_at(top)
            self._see(top, height)

    def begin(self) -> None:
        """Stop following, and go to the first item; stay there while others come before it."""
        self.stay()
        if len(self.matches):
            self._cursor = self._top = self.matches.number_at(0)
        self._at_first = self._in_view = True

    def stay(self) -> None:
        """Stop following the newest item."""
        self.following = False
        self._seen = self.matches.ring.end
