"""The keys of the main screen that find rows: filter, hide, follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from devtui.dashboard.availability import NO_ROW
from devtui.dashboard.keys.commands import in_force
from devtui.dashboard.lists.list_screen import ListScreen
from devtui.dashboard.lists.sorting import ORDERS, Order
from devtui.dashboard.messages import Open
from devtui.dashboard.opened.choose_copy import ChooseCopy
from devtui.events import AppFailed, Reloaded, ServerExited
from devtui.filters.facts import PaneName
from devtui.session.store.error_groups import ErrorEntry, ErrorGroup
from devtui.session.store.log_entry import LogEntry
from devtui.session.store.one_call import AllRepeats
from devtui.session.store.request_record import Request

if TYPE_CHECKING:
    from textual.timer import Timer

    from devtui.dashboard.hiding.hiding import Hiding
    from devtui.dashboard.panes.pane import Pane


MAX_SHOWN = 5_000
"""How many of the newest rows of a list are copied at once."""

PLACE_SECONDS = 0.2
"""How long an opened row may show an old place: to find the new one may take a look at all rows."""

GONE = "This row is no longer in its list: it is filtered out, hidden, or too old."
_ITEMS: dict[PaneName, tuple[type, ...]] = {
    "requests": (Request,),
    "log": (LogEntry,),
    "reloads": (Reloaded, AppFailed, ServerExited),
    "errors": (ErrorGroup, ErrorEntry),
}
"""The types of each pane's rows; equal errors share one row."""

NO_ROW_AFTER = "This is the last row of the list."
NO_ROW_BEFORE = "This is the first row of the list."


class FindsRows:
    """A base class for the screen with the panes; the keys act on the open one."""

    panes: tuple[Pane[Any], ...]
    hiding: Hiding
    _placing: Timer | None = None

    @property
    def open_pane(self) -> Pane[Any]:
        """The pane on whose rows the keys act."""
        raise NotImplementedError

    def why_not_find(self, action: str) -> str:
        """Say why the action cannot work now; empty if it can, or if it is not one of ours."""
        if action == "hide":
            return self.hiding.why_not(self.open_pane)
        if action == "copy_choice" and self.open_pane.list.item is None:
            return NO_ROW
        if action == "sort" and self.open_pane.pane_name != "requests":
            return f"Only requests can be sorted: press {in_force.key('requests')} first."
        return ""

    def neighbour(self, item: object, steps: int) -> Any:
        """Select and return the row `steps` after one; return a text if there is none.

        These are the rows that the pane shows, in its order.
        """
        found = self._place_of(item)
        if found is None:
            return GONE
        pane, index = found
        if not 0 <= index + steps < len(pane.list.matches):
            return NO_ROW_AFTER if steps > 0 else NO_ROW_BEFORE
        pane.list.select(index + steps)
        return pane.list.item

    def place_of(self, item: object) -> str:
        """Return `row 3 of 24`, or nothing if no list shows the item."""
        found = self._place_of(item)
        if found is None:
            return ""
        pane, index = found
        return f"row {index + 1:,} of {len(pane.list.matches):,}"

    def rows_changed(self) -> None:
        """Say in the opened rows, a moment later, which of the rows in their lists they are."""
        if self._placing is None and len(self.open_pane.app.screen_stack) > 1:
            self._placing = self.open_pane.set_timer(PLACE_SECONDS, self._show_places)

    def _show_places(self) -> None:
        self._placing = None
        for screen in self.open_pane.app.screen_stack:
            if isinstance(screen, ListScreen):
                screen.show_place(self.place_of(screen.shows))

    def _place_of(self, item: object) -> tuple[Pane[Any], int] | None:
        for pane in self.panes:
            if isinstance(item, _ITEMS[pane.pane_name]):
                index = pane.index_of(item)
                return None if index is None else (pane, index)
        return None

    def action_filter(self) -> None:
        """Type a filter for the open pane."""
        self.open_pane.open_filter()

    def action_unfilter(self) -> None:
        """Show every row of the open pane again."""
        self.open_pane.drop_filter()

    def action_follow(self) -> None:
        """Follow the newest row again."""
        self.open_pane.list.follow()

    def action_copy_choice(self) -> None:
        """Choose what to copy from the selected row."""
        item = self.open_pane.list.item
        if item is not None:
            matches = self.open_pane.list.matches
            shown = [matches[at] for at in range(max(len(matches) - MAX_SHOWN, 0), len(matches))]
            self.open_pane.post_message(ChooseCopy(item, shown=shown))

    def action_sort(self, order: Order | None = None) -> None:
        """Sort the requests in this order, or in the next one."""
        orders = list(ORDERS)
        now = orders.index(self.open_pane.list.matches.order)
        self.open_pane.list.sort(order or orders[(now + 1) % len(orders)])

    def action_show_repeats(self) -> None:
        """Show the repeated calls of all requests, the worst first."""
        self.open_pane.post_message(Open(AllRepeats()))

    def action_hide(self) -> None:
        """Hide rows like the selected one."""
        self.hiding.ask(self.open_pane)

    def action_show_hidden(self) -> None:
        """Show and edit what is hidden."""
        self.hiding.show()
