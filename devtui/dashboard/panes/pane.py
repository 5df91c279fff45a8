"""A bordered pane: a list with a title that counts, and a filter."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Region
from textual.widgets import Input

from devtui.dashboard.availability import NO_ROW
from devtui.dashboard.keys.commands import in_force
from devtui.dashboard.lists.line_list import LineList
from devtui.dashboard.lists.line_renderer import Rows
from devtui.dashboard.lists.sorting import ORDERS
from devtui.dashboard.panes.filter_line import FilterInput, FilterLine
from devtui.dashboard.widgets.cells import fit
from devtui.filters.facts import Measures, PaneName
from devtui.filters.query import Query
from devtui.filters.word_completion import completions
from devtui.session.store.error_groups import ErrorGroup
from devtui.session.store.measures import measures_of
from devtui.session.store.request_record import Request
from devtui.session.store.ring import Ring

if TYPE_CHECKING:
    from typing_extensions import Self

T = TypeVar("T")

OFFERED_FROM = 1_000
"""How many of the newest rows the completion of a filter uses."""

BETWEEN_SLICES = 0.02
"""How long keys and the screen have their turn between two slices of a regex search."""


class Pane(Vertical, Generic[T]):
    """One of the four panes. `number` is its key, `name` its title."""

    def __init__(
        self,
        number: int,
        name: str,
        ring: Ring[T],
        rows: Rows[T],
        empty: str,
        measures: Callable[[T], Measures] = measures_of,
    ) -> None:
        """`measures` is for filters, sort orders and rules."""
        super().__init__(id=name.lower(), classes="pane")
        self.number = number
        self.title = name
        self.list: LineList[T] = LineList(ring, rows, empty=empty, measures_of=measures)
        self.pane_name = cast("PaneName", name.lower())
        self.filter_line = FilterLine(self.pane_name, self._offer)
        self.note = ""
        """A note in the border, beside the count of new items below."""
        self._titling = False
        self._shown_title: object = None

    def compose(self) -> ComposeResult:
        """Yield the list and the filter's line."""
        yield self.list
        yield self.filter_line

    @property
    def filter_input(self) -> FilterInput:
        """The line to type the filter into."""
        return self.filter_line.input

    def index_of(self, item: object) -> int | None:
        """Return the index of a row, or of an error's row, in the list; None if it is not shown."""
        if self.list.item is item or _newest_of(self.list.item) is item:
            return self.list.cursor
        matches = self.list.matches
        ring = matches.ring
        for number in reversed(range(ring.first, ring.end)):
            if ring[number] is item or _newest_of(ring[number]) is item:
                index = matches.index_of(number)
                shown = index < len(matches) and matches.number_at(index) == number
                return index if shown else None
        return None

    def open_filter(self) -> None:
        """Show the filter's line and focus it."""
        self.add_class("-filtered")
        self.filter_input.focus()

    def drop_filter(self) -> None:
        """Show every item again."""
        self.filter_input.remember()
        self.filter_input.value = ""
        self._search_for(Query())
        self.remove_class("-filtered")
        self.list.focus()

    @property
    def filtered(self) -> bool:
        """Whether a filter is set, or is being typed."""
        return self.has_class("-filtered")

    @on(Input.Changed)
    def _search(self, event: Input.Changed) -> None:
        event.stop()
        self._search_for(self.filter_input.query_typed)

    def _search_for(self, query: Query) -> None:
        self.list.search(query)
        self._go_on()

    def _go_on(self) -> None:
        """Search with a regex in slices; in between the screen goes on."""
        if self.list.matches.slices:
            self.list.matches.go_on()
            self.list.take_in()
            self.set_timer(BETWEEN_SLICES, self._go_on)

    @on(Input.Submitted)
    def _keep(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value:
            self.filter_input.remember()
            self.list.focus()
        else:
            self.drop_filter()

    def why_not(self, action: str) -> str:
        """Say why an action on the pane or its selected row cannot work now; empty if it can."""
        item = self.list.item
        match action:
            case "follow" if self.list.following:
                return "The list follows the newest row already."
            case "clear" if not self.list.matches.ring:
                return "There is nothing to clear."
            case "open_row" | "copy_row" | "edit_row" | "unfold" if item is None:
                return NO_ROW
            case "unfold" if item is None or not self.list.rows.can_unfold(item):
                return "This row has one line: only tracebacks and longer records unfold."
            case "wrap" if not self.list.rows.wraps:
                return f"Only the log wraps lines here: {in_force.key('open')} opens the whole row."
            case "stack" if not (isinstance(item, Request) and item.running):
                return "Only a running request has a stack: select one."
        return ""

    @on(FilterInput.Move)
    def _move(self, event: FilterInput.Move) -> None:
        event.stop()
        self.list.action_move(event.lines)

    def _offer(self, typed: str) -> list[str]:
        columns = self.list.matches.columns
        facts, texts = columns.facts[-OFFERED_FROM:], columns.texts[-OFFERED_FROM:]
        return completions(typed, self.filter_input.pane_name, facts, texts)

    @property
    def _total(self) -> int:
        """How many items the list has taken in; the newest may still wait."""
        matches = self.list.matches
        return len(matches.ring) - (matches.ring.end - matches.columns.end)

    def _describe_filter(self) -> None:
        """Say beside the filter which word is not understood, and how many rows it leaves out."""
        matches, query = self.list.matches, self.filter_input.query_typed
        problem = query.note
        if not problem and matches.slices.too_slow:
            problem = "too slow: older rows were not searched"
        left_out = self._total - matches.hidden_count - len(matches)
        aside = f"{left_out:,} left out" if query and left_out > 0 else ""
        self.filter_line.say(problem, "searching…" if matches.slices else aside)

    def on_click(self) -> None:
        """Focus the list on a click anywhere in the pane, such as on its title."""
        if not self.filter_input.has_focus:
            self.list.focus()

    def on_mount(self) -> None:
        """Set the title now, and again whenever the list changes."""
        self.watch(self.list, "revision", self.look)

    def look(self) -> None:
        """Update the counts in the border, and beside the filter."""
        matches = self.list.matches
        if self.filtered:
            self._describe_filter()
        total, unseen = self._total, self.list.unseen_count
        newest = self._newest() if self.has_class("-collapsed") else ""
        where = " below" if matches.order == "time" else ""
        notes = [self.note, f"{unseen:,} new{where}" if unseen else ""]
        # The border's corners and blanks, and the blanks between the notes.
        aside = self.aside(self.size.width - 6 - sum(len(note) + 3 for note in notes if note))
        words = (
            total,
            len(matches),
            matches.hidden_count,
            matches.order,
            matches.query.text,
            newest,
            *notes,
            aside,
            self.size.width,
        )
        if words == self._shown_title:
            return
        self._shown_title = words
        hidden = matches.hidden_count
        # Without rows there is nothing to count.
        count = f"{len(matches):,} of " if matches.query and total > hidden else ""
        count += f"{total - hidden:,}" + (f" · {hidden:,} hidden" if hidden else "")
        count += f" · {ORDERS[matches.order]}" if matches.order != "time" else ""
        parts: list[Any] = [(f"{self.number} ", "dim"), (self.title, "bold"), f" {count}"]
        if self.has_class("-collapsed"):
            # A closed pane has no corner: the dash aligns its title with those of open panes.
            room = self.size.width - len(self.title) - len(count) - 10
            parts = [("─ ", "$foreground 18%"), *parts]
            parts += ["  ", (fit(newest, room), "$foreground 55%"), " "] if newest else [" "]
        self._titling = True
        try:
            self.border_title = Content.assemble(*parts)
            self.border_subtitle = Content("   ").join(filter(None, [aside, *map(Content, notes)]))
        finally:
            self._titling = False

    def aside(self, room: int) -> Content:
        """Return the text in the lower border before the notes, in `room` cells."""
        return Content()

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        """Refresh the widget, or only its border lines if only the titles have changed.

        For a new title Textual redraws the whole widget. While rows stream in it would draw all
        lines of the pane 20 times a second, only to cover them with the list's.
        """
        if self._titling and not (regions or layout or recompose):
            width, height = self.outer_size
            # Coordinates are those of the content, and the border is outside of it.
            regions = (Region(-1, -1, width + 1, 1), Region(-1, height - 2, width + 1, 1))
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def _newest(self) -> str:
        matches, ring = self.list.matches, self.list.matches.ring
        item = ring[ring.end - 1] if ring else None
        if matches.hidden_count and matches.order == "time":
            item = matches.item_at(len(matches) - 1) if len(matches) else None
        return self.list.rows.summary(item) if item is not None else ""


def _newest_of(row: object) -> object:
    return row.newest if isinstance(row, ErrorGroup) else None
