"""What a list has in view: its cursor, the topmost item, and whether it follows the newest."""

from __future__ import annotations

from typing import Generic, TypeVar

from devtui.dashboard.widgets.matches import Matches

T = TypeVar("T")


class Viewport(Generic[T]):
    """Keeps its place among the matches while items come below and old ones go above.

    It goes with the newest item until `stay`, and counts from then on what comes. Lines count
    from 0, and are places as `Matches` has them.
    """

    def __init__(self, matches: Matches[T], *, follow: bool) -> None:
        self.matches = matches
        self.following = follow
        # The numbers of items: these stay when older ones go.
        self._cursor = self._top = matches.ring.first
        self._seen = matches.ring.end  # the items before this one do not count as new

    def show(self, matches: Matches[T]) -> None:
        """Show other items, from the first on."""
        self.matches = matches
        self._cursor = self._top = matches.ring.first

    @property
    def cursor(self) -> int:
        """The line of the cursor; 0 where there is none."""
        return self.matches.index_of(self._cursor)

    @property
    def item(self) -> T | None:
        """The item under the cursor, where there is one."""
        return self.matches.item_at(self.cursor)

    @property
    def unseen_count(self) -> int:
        """How many items came below since it stays."""
        if self.following:
            return 0
        return len(self.matches) - self.matches.index_of(self._seen)

    def fit(self, height: int) -> int:
        """Take in what the matches are now, and return which line is topmost of `height` lines."""
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
        """Put the cursor on that line, or the nearest there is; above the last line it stays.

        There has to be a line.
        """
        last = len(self.matches) - 1
        line = min(max(line, 0), last)
        if self.following and line < last:
            self.stay()
        self._cursor = self.matches.number_at(line)

    def top_with_cursor(self, top: int, height: int) -> int:
        """The topmost line that has the cursor in view, as near to `top` as can be."""
        return min(max(top, self.cursor - max(height, 1) + 1), self.cursor)

    def scrolled(self, top: int) -> None:
        """Remember the item of the line that is topmost now."""
        if top < len(self.matches):
            self._top = self.matches.number_at(top)

    def stay(self) -> None:
        """Follow the newest item no more."""
        self.following = False
        self._seen = self.matches.ring.end
