"""A bordered pane: a list with a title that counts, and a filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.geometry import Region
from textual.widgets import Input, Static

from devtui.dashboard.availability import NO_ROW
from devtui.dashboard.widgets.cells import fit
from devtui.dashboard.widgets.line_list import LineList
from devtui.dashboard.widgets.line_renderer import Rows
from devtui.session.store.request_record import Request
from devtui.session.store.ring import Ring

if TYPE_CHECKING:
    from typing_extensions import Self

T = TypeVar("T")


class FilterInput(Input):
    """The line to type a filter into; escape drops the filter, arrows move in the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move_in_list(-1)", show=False),
        Binding("down", "move_in_list(1)", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(placeholder="filter", select_on_focus=False)

    def action_move_in_list(self, lines: int) -> None:
        """Move the cursor of the list above."""
        for ancestor in self.ancestors:
            if isinstance(ancestor, Pane):
                ancestor.list.action_move(lines)


class Pane(Vertical, Generic[T]):
    """One of the four panes. `number` is its key, `name` its title."""

    def __init__(self, number: int, name: str, ring: Ring[T], rows: Rows[T], empty: str) -> None:
        super().__init__(id=name.lower(), classes="pane")
        self.number = number
        self.title = name
        self.list: LineList[T] = LineList(ring, rows, empty=empty)
        self.note = ""
        """A note in the border, beside the count of new items below."""
        self._titling = False
        self._shown_title: object = None

    def compose(self) -> ComposeResult:
        """Yield the list and the filter's line."""
        yield self.list
        yield Horizontal(Static("/", markup=False), FilterInput(), classes="filter")

    @property
    def filter_input(self) -> FilterInput:
        """The line to type the filter into."""
        return self.query_one(FilterInput)

    def open_filter(self) -> None:
        """Show the filter's line and focus it."""
        self.add_class("-filtered")
        self.filter_input.focus()

    def drop_filter(self) -> None:
        """Show every item again."""
        self.filter_input.value = ""
        self.list.search("")
        self.remove_class("-filtered")
        self.list.focus()

    @property
    def filtered(self) -> bool:
        """Whether a filter is set, or is being typed."""
        return self.has_class("-filtered")

    @on(Input.Changed)
    def _search(self, event: Input.Changed) -> None:
        event.stop()
        self.list.search(event.value)

    @on(Input.Submitted)
    def _keep(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value:
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
                return "Only lines of the log are wrapped here: enter opens the whole row."
            case "stack" if not (isinstance(item, Request) and item.running):
                return "Only a request that still runs has a stack: select one."
        return ""

    def on_click(self) -> None:
        """Focus the list on a click anywhere in the pane, such as on its title."""
        if not self.filter_input.has_focus:
            self.list.focus()

    def on_mount(self) -> None:
        """Set the title now, and again whenever the list changes."""
        self.watch(self.list, "revision", self.look)

    def look(self) -> None:
        """Update the counts in the border."""
        matches = self.list.matches
        total, unseen = len(matches.ring), self.list.unseen_count
        newest = self._newest() if self.has_class("-collapsed") else ""
        words = (total, len(matches), unseen, matches.query, newest, self.note, self.size.width)
        if words == self._shown_title:
            return
        self._shown_title = words
        count = f"{len(matches):,} of {total:,}" if matches.query else f"{total:,}"
        parts: list[Any] = [(f"{self.number} ", "dim"), (self.title, "bold"), f" {count}"]
        if self.has_class("-collapsed"):
            # A closed pane has no corner: the dash aligns its title with those of open panes.
            room = self.size.width - len(self.title) - len(count) - 10
            parts = [("─ ", "$foreground 18%"), *parts]
            parts += ["  ", (fit(newest, room), "$foreground 55%"), " "] if newest else [" "]
        self._titling = True
        try:
            self.border_title = Content.assemble(*parts)
            below = f"{unseen:,} new below" if unseen else ""
            self.border_subtitle = Content("   ".join(filter(None, [self.note, below])))
        finally:
            self._titling = False

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
            # Coordinates are those of the content, and the border lies outside.
            regions = (Region(-1, -1, width + 1, 1), Region(-1, height - 2, width + 1, 1))
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def _newest(self) -> str:
        ring = self.list.matches.ring
        return self.list.rows.summary(ring[ring.end - 1]) if ring else ""
