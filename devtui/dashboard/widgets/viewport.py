"""The view of a list: its cursor, its topmost item, and whether it follows the newest."""

from __future__ import annotations

from typing import Generic, TypeVar

from devtui.dashboard.widgets.matches import Matches

T = TypeVar("T")


class Viewport(Generic[T]):
    """Keeps its place among the matches while items come below and old ones go above.

    It follows the newest item until `stay`, and counts new items from then on. Lines count from 0
    and are places in `Matches`.
    """

    def __init__(self, matches: Matches[T], *, follow: bool) -> None:
        self.matches = matches
        self.following = follow
        # The numbers of items, which stay when older items go.
        self._cursor = self._top = matches.ring.first
        self._seen = matches.ring.end  # the items before this one do not count as new

    def show(self, matches: Matches[T]) -> None:
        """Show other items, beginning at the first."""
        self.matches = matches
        self._cursor = self._top = matches.ring.first

    @property
    def cursor(self) -> int:
        """The line of the cursor; 0 if there is none."""
        return self.matches.index_of(self._cursor)

    @property
    def item(self) -> T | None:
        """The item under the cursor, if any."""
        return self.matches.item_at(self.cursor)

    @property
    def unseen_count(self) -> int:
        """How many items came below since `stay`."""
        if self.following:
            return 0
        return len(self.matches) - self.matches.index_of(self._seen)

    def fit(self, height: int) -> int:
        """Fit the view to the matches, and return the topmost of `height` lines."""
        count = len(self.matches)
        lowest = max(count - height, 0)
        if self.following:
            self._seen = self.matches.ring.end
            if count:
                self._cursor = self.matches.number_at(count - 1)
                self._top = self.matches.number_at(lowest)  # a full ring's place stays the same
            return lowest
        if count:
            self._cursor = self.matches.number_at(min(self.cursor, count - 1))
        # The items in view keep their place while older ones go.
        return min(self.matches.index_of(self._top), lowest)

    def select(self, line: int) -> None:
        """Move the cursor to that line or the nearest one; above the last line, stop following.

        There must be a line.
        """
        last = len(self.matches) - 1
        line = min(max(line, 0), last)
        if self.following and line < last:
            self.stay()
        self._cursor = self.matches.number_at(line)

    def top_with_cursor(self, top: int, height: int) -> int:
        """Return the topmost line nearest to `top` that has the cursor in view."""
        return min(max(top, self.cursor - max(height, 1) + 1), self.cursor)

    def scrolled(self, top: int) -> None:
        """Remember the item of the topmost line."""
        if top < len(self.matches):
            self._top = self.matches.number_at(top)

    def stay(self) -> None:
        """Stop following the newest item."""
        self.following = False
        self._seen = self.matches.ring.end
