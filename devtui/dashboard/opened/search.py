"""The search in an opened row: its line, the marks, and moving between the matches."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Static

from devtui.dashboard.lists.line_list import LineList
from devtui.dashboard.lists.sections import Section, ShownLine
from devtui.dashboard.opened.line_search import (
    MAX_MATCHES,
    MarkedRows,
    Match,
    folded,
    matches_in,
    occurs_in,
)


class SearchLine(Horizontal):
    """A line to type into, with the count at its right."""

    def __init__(self) -> None:
        super().__init__(classes="filter")
        self.input = Input(placeholder="text to search for", select_on_focus=False)
        self._count = Static("", markup=False, classes="note")

    def compose(self) -> ComposeResult:
        """Yield a slash, the input and the count."""
        yield Static("/", markup=False)
        yield self.input
        yield self._count

    def say(self, text: str, *, problem: bool) -> None:
        """Show the count."""
        self._count.set_class(problem, "-problem")
        self._count.update(Content(text))


class Search:
    """The search of one screen. `again` finds the matches after the lines have changed."""

    def __init__(self, lines: LineList[ShownLine], rows: MarkedRows) -> None:
        self.line = SearchLine()
        self._list = lines
        self._rows = rows
        self._matches: list[Match] = []
        self._now = -1
        self._begun_at = 0

    @property
    def wanted(self) -> str:
        """The text to search for, in lower case; empty without a search."""
        return folded(self.line.input.value)

    @property
    def is_open(self) -> bool:
        """Whether the line is shown."""
        return bool(self.line.display)

    @property
    def found_any(self) -> bool:
        """Whether there is a match to go to."""
        return bool(self._matches)

    def open(self) -> None:
        """Show the line to type into; the search begins at the cursor."""
        self.line.display = True
        self._begun_at = self._list.cursor
        self.line.input.focus()

    def close(self) -> None:
        """Forget the search."""
        self.line.display = False
        self.line.input.value = ""
        self._list.focus()

    def hides(self, section: Section, is_folded: bool) -> bool:
        """Whether a section is shown folded: not if it contains the searched text."""
        return is_folded and not (self.wanted and occurs_in(section.lines, self.wanted))

    def again(self, *, move: bool) -> None:
        """Find the matches; with `move`, go to the first one after the start of the search."""
        lines = self._list.matches.ring.items
        self._matches = matches_in(lines, self.wanted) if self.wanted else []
        if move and self._matches:
            later = (at for at, it in enumerate(self._matches) if it.line >= self._begun_at)
            self._go_to(next(later, 0))
        else:
            self._now = min(self._now, len(self._matches) - 1)
            self._show()

    def step(self, steps: int) -> None:
        """Go to the next match, or to the one before; wrap around at the ends."""
        if self._matches:
            self._go_to((self._now + steps) % len(self._matches))

    def _go_to(self, number: int) -> None:
        self._now = number
        self._list.select(self._matches[number].line)
        self._show()

    def _show(self) -> None:
        lines: Sequence[ShownLine] = self._list.matches.ring.items
        self._rows.mark(lines, self._matches, self._now)
        self._list.refresh()
        total = f"{len(self._matches):,}" + ("+" if len(self._matches) == MAX_MATCHES else "")
        if self._matches:
            self.line.say(f"{self._now + 1:,} of {total}", problem=False)
        else:
            self.line.say("not found" if self.wanted else "", problem=True)
