"""The main screen: header, four panes in a layout for the terminal's size, key bar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType

from devtui.config.state_file import ProjectFile
from devtui.dashboard.availability import NO_PLACE, SERVER_ACTIONS
from devtui.dashboard.details.preview import Preview
from devtui.dashboard.details.row_detail import copied_text, frame_of, request_id_of
from devtui.dashboard.finding import FindsRows
from devtui.dashboard.hiding.hiding import Hiding
from devtui.dashboard.hiding.rules import Rules
from devtui.dashboard.keys.commands import KeyScope, bindings
from devtui.dashboard.lists.line_list import LineList
from devtui.dashboard.lists.list_screen import ListScreen
from devtui.dashboard.messages import Copy, Open, ShowStack
from devtui.dashboard.panes.errors_pane import ErrorsPane
from devtui.dashboard.panes.filter_line import FilterInput
from devtui.dashboard.panes.log_pane import LogPane
from devtui.dashboard.panes.pane import Pane
from devtui.dashboard.panes.pane_area import PaneArea, arrange
from devtui.dashboard.panes.requests_pane import RequestsPane
from devtui.dashboard.panes.rows import ReloadRows
from devtui.dashboard.replay.sends_again import SendsAgain
from devtui.dashboard.selection import Selection
from devtui.dashboard.widgets.header import Header
from devtui.dashboard.widgets.key_bar import KeyBar
from devtui.dashboard.widgets.too_small import NeedsRoom
from devtui.events import (
    AnyEvent,
    AppFailed,
    AppLoaded,
    ErrorRaised,
    EventsDropped,
    LogWritten,
    Reloaded,
    RequestFinished,
    RequestStarted,
    ServerExited,
    StateChanged,
)
from devtui.session.state import State
from devtui.session.store.request_record import Request
from devtui.text.formats import clock_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from devtui.dashboard.clock import Clock
    from devtui.dashboard.widgets.usage import Usage
    from devtui.session.shown_session import ShownSession


class MainScreen(NeedsRoom, FindsRows, SendsAgain, ListScreen):
    """The screen that devtui starts with."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("main")]
    TITLE = "devtui"
    key_scopes: ClassVar[tuple[KeyScope, ...]] = ("main",)

    def __init__(
        self, session: ShownSession, clock: Clock, sample: Callable[[int | None], Usage | None]
    ) -> None:
        """`sample` measures the usage of a process, given its pid."""
        super().__init__()
        store = session.store
        self._session = session
        self._clock = clock
        self.header = Header(session, clock, sample)
        self.requests: Pane[Any] = RequestsPane(store, clock.now)
        self.log_pane: LogPane = LogPane(store)
        self.reloads: Pane[Any] = Pane(3, "Reloads", store.reloads, ReloadRows(), "No reload yet.")
        self.errors = ErrorsPane(store)
        self.panes: tuple[Pane[Any], ...] = (
            self.requests,
            self.log_pane,
            self.reloads,
            self.errors,
        )
        self.preview = Preview(store, session.replays)
        self.area = PaneArea(self.panes, self.preview)
        chosen = session.settings.preferences
        of_config = {rule.text: rule.place for rule in chosen.hidden} if chosen else {}
        rules = Rules(ProjectFile(session.settings.folder, "hidden"), of_config)
        self.hiding = Hiding(self, self.panes, rules)
        self._before_error: Pane[Any] | None = None
        self._enabled: tuple[bool | None, ...] = ()

    def compose(self) -> ComposeResult:
        """Yield the header, the panes and the key bar."""
        arrange(self, *self.app.size)  # before the widgets below look up their styles
        yield self.header
        yield self.area
        yield KeyBar()

    def on_mount(self) -> None:
        """Focus the requests, or the errors if the app did not load."""
        self.set_focus(self.requests.list)
        self._show_state(self._session.state)
        # The lists were filled earlier, and events reach them only from now on.
        self._mark(*self.panes)
        self.hiding.begin()

    # -- layout ------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        """Arrange the panes."""
        self.area.fit(event.size.width, event.size.height)

    @property
    def open_pane(self) -> Pane[Any]:
        """The pane on whose rows the keys act."""
        return self.area.open_pane

    def on_descendant_focus(self) -> None:
        """Enlarge the pane with the focus."""
        # Not the event's widget: it may have lost the focus again since the event was sent.
        focused = self.focused
        for pane in self.panes:
            if focused is not None and pane in focused.ancestors_with_self:
                self._open_up(pane)

    def _open_up(self, pane: Pane[Any]) -> None:
        if pane is not self.open_pane:
            self.area.open(pane)
            self._show_selected()
        self.update_keys()

    def _go_to(self, pane: Pane[Any]) -> None:
        """Open a pane and put the cursor there."""
        # Focus first: a list whose pane closes while it has the focus would lose it to any other.
        self.set_focus(pane.list)
        self._open_up(pane)

    # -- events of the session ---------------------------------------------------------------

    def take(self, event: AnyEvent) -> None:
        """Show what an event has changed. This is quick: the lists refresh later."""
        match event:
            case RequestStarted() | RequestFinished():
                self.requests.list.mark_dirty()
                if isinstance(event, RequestFinished) and (event.status or 500) >= 500:
                    self.hiding.failed(self._session.store.request(event.id))
                    self._mark(self.errors, self.log_pane)  # so its errors were not handled
            case LogWritten():
                self.log_pane.list.mark_dirty()
            case ErrorRaised():
                self._mark(self.errors, self.requests, self.log_pane)
                self.hiding.failed(self._session.store.request(event.request_id))
            case AppFailed() | AppLoaded():
                self._mark(self.errors, self.reloads)
            case Reloaded() | ServerExited():
                self._mark(self.reloads, self.requests)
            case StateChanged():
                self._show_state(State(event.state))
            case EventsDropped():
                self._tell_dropped()
        if not isinstance(event, (LogWritten, RequestStarted, RequestFinished)):
            self.header.look()
            self.update_keys()

    def _mark(self, *panes: Pane[Any]) -> None:
        for pane in panes:
            pane.list.mark_dirty()

    def _tell_dropped(self) -> None:
        count = self._session.store.events_dropped
        self.requests.note = f"{count:,} events were lost"
        self.requests.look()

    def _show_state(self, state: State) -> None:
        """Show the error of a failed load, and go back once it is fixed."""
        failing = state in (State.FAILED, State.SERVING_ERROR)
        self.errors.set_class(failing, "-failing")
        self.reloads.set_class(state is State.CRASHED, "-failing")
        busy = isinstance(self.focused, FilterInput)
        if failing and self._before_error is None and not busy:
            self._before_error = self.open_pane
            self.errors.select_newest()
            self._go_to(self.errors)
        elif state is State.SERVING and self._before_error is not None:
            if self.open_pane is self.errors and not busy:
                self._go_to(self._before_error)
            self._before_error = None

    @on(LineList.Changed)
    def _list_changed(self, event: LineList.Changed) -> None:
        if event.line_list is self.open_pane.list:
            self._show_selected()
        self.rows_changed()
        self.update_keys()

    def _show_selected(self) -> None:
        line_list = self.open_pane.list
        self.preview.show(line_list.item, following=line_list.following)

    # -- commands ----------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether a key can work now; None greys it."""
        if action == "unfilter":
            return self.open_pane.filtered
        return super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        """Say why the action cannot work now; empty if it can."""
        if action == "edit_row" and self.open_pane.list.item is not None:
            return NO_PLACE if self._frame() is None else ""
        why_not = self.why_not_find(action) or self.why_not_send(action)
        return why_not or self.open_pane.why_not(action)

    def _is_on_a_row(self) -> bool:
        return self.open_pane.list.item is not None

    def update_keys(self) -> None:
        """Redraw the key bar if a key now works or no longer does."""
        actions = (
            *("follow", "clear", "open_row", "edit_row", "unfilter", "stack", "hide"),
            *("unfold", "wrap", "send_again", "profile"),
        )
        enabled = (
            *(self.check_action(action, ()) for action in actions),
            *(self.app.check_action(action, ()) for action in SERVER_ACTIONS),
        )
        if enabled != self._enabled:
            self._enabled = enabled
            self.refresh_bindings()

    def selected(self) -> Selection:
        """Return the selected row's request and place, for custom commands."""
        item, store = self.open_pane.list.item, self._session.store
        request_id = request_id_of(item)
        return Selection(store.request(request_id), request_id, self._frame())

    def _frame(self) -> Any:
        item = self.open_pane.list.item
        return None if item is None else frame_of(item, self._session.store)

    def action_pane(self, number: int) -> None:
        """Go to a pane."""
        self._go_to(self.panes[number - 1])

    def action_zoom(self) -> None:
        """Give the open pane the whole screen, or share it again."""
        self.area.zoom()

    def action_unfold(self) -> None:
        """Unfold the selected row in its place, or fold it."""
        self.open_pane.list.unfold()

    def action_wrap(self) -> None:
        """Wrap the long lines of the open pane, or cut them."""
        line_list = self.open_pane.list
        line_list.wrap(not line_list.wrapped)

    def action_clear(self) -> None:
        """Forget the rows of the open pane."""
        if self.open_pane is self.requests:
            self._session.store.clear_requests()
        elif self.open_pane is self.errors:
            self._session.store.clear_errors()
        else:
            self.open_pane.list.matches.ring.clear()
        self.open_pane.list.empty = f"Cleared at {clock_time(self._clock.now())}."
        self.open_pane.list.follow()

    def action_open_row(self) -> None:
        """Open the selected row."""
        self.open_pane.list.action_open()

    @on(LineList.Opened)
    def _open(self, event: LineList.Opened) -> None:
        self.app.post_message(Open(event.item))

    def action_stack(self) -> None:
        """Show where the selected request is now."""
        item = self.open_pane.list.item
        if isinstance(item, Request):
            self.app.post_message(ShowStack(item))

    def action_copy_row(self) -> None:
        """Copy the selected row."""
        item = self.open_pane.list.item
        if item is not None:
            self.app.post_message(Copy(*copied_text(item, self._session.url)))
