"""The screen of an opened row."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType

from devtui.config.state_file import StateFileError
from devtui.dashboard.availability import NO_PLACE, NO_ROW
from devtui.dashboard.calls.call_detail import FACTS
from devtui.dashboard.details.compared import IgnoredRule
from devtui.dashboard.details.copy_choices import section_name
from devtui.dashboard.details.log_detail import error_of
from devtui.dashboard.details.row_detail import (
    copied_call,
    detail_of,
    frame_of,
    has_secrets,
    request_id_of,
)
from devtui.dashboard.keys.commands import KeyScope, bindings
from devtui.dashboard.lists.line_list import LineList
from devtui.dashboard.lists.sections import Detail, Section
from devtui.dashboard.messages import ComparedAgain, Copy, GoTo, PlainItem, ShowStack, Tell
from devtui.dashboard.opened.choose_copy import ChooseCopy
from devtui.dashboard.opened.opened_screen import OpenedScreen
from devtui.dashboard.panes.handled import errors_of
from devtui.dashboard.replay.sends_again import SendsAgain
from devtui.dashboard.selection import Selection
from devtui.events import AnyEvent, ErrorRaised, Frame, RequestFinished
from devtui.session.replay.change import Change
from devtui.session.store.error_groups import ErrorEntry
from devtui.session.store.log_entry import LogEntry
from devtui.session.store.one_call import OneCall, OneRepeat
from devtui.session.store.request_record import Request

if TYPE_CHECKING:
    from devtui.session.replay.replays import Replays
    from devtui.session.store.store import Store

_ROWS = (LogEntry, Request, OneCall, OneRepeat, ErrorEntry)
"""The rows that a line can lead to."""


class DetailScreen(SendsAgain, OpenedScreen):
    """The sections of one row. Keys act on the section and frame under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("detail")]
    key_scopes: ClassVar[tuple[KeyScope, ...]] = ("opened", "detail")

    def __init__(
        self,
        store: Store,
        item: PlainItem,
        folds: set[str] | None = None,
        replays: Replays | None = None,
    ) -> None:
        super().__init__(folds)
        self._store = store
        self._replays = replays
        self.item = item
        self._reveal = False
        self._has_secrets = False
        self._laid_out: tuple[int, bool, bool, bool] | None = None
        self._title = ""
        self._sections: list[Section] = []

    @property
    def shows(self) -> object:
        """The row."""
        return self.item

    def on_mount(self) -> None:
        """Show the row in the first frame."""
        self.look()
        self.list.focus()

    def look(self) -> None:
        """Show the row again if its width or the row itself has changed."""
        wanted = (self.row_width, self._request_runs(), self._reveal, self.wrapped)
        if wanted[0] <= 0 or wanted == self._laid_out:
            return
        self._laid_out = wanted
        detail = detail_of(self.item, self._store, self._reveal, wanted[0], self._replays)
        self._has_secrets = has_secrets(self.item, self._store, self._replays)
        self.show_title(detail.title)
        self._title, self._sections = detail.title, detail.sections
        self.lay_out()

    def lay_out(self) -> None:
        """Wrap and fold the sections, and keep the cursor in its section."""
        line, index = self.list.item, self.list.cursor
        name = line.section.name if line is not None else ""
        before = self.first_line_of(name)
        self.show_sections(self._sections, self.row_width)
        after = self.first_line_of(name)
        self.list.select(index if before is None or after is None else after + index - before)
        self.search.again(move=False)

    def show(self, item: PlainItem, place: str) -> None:
        """Show another row, with the cursor in the same section."""
        self.place = place
        line = self.list.item
        name = line.section.name if line is not None else ""
        self.item, self._reveal, self._laid_out = item, False, None
        self.look()
        at = self.first_line_of(name)
        self.list.select(at or 0)
        self.refresh_bindings()

    @on(LineList.Changed)
    def _cursor_moved(self) -> None:
        self.refresh_bindings()

    @on(LineList.Opened)
    def _open_line(self, event: LineList.Opened) -> None:
        target = event.item.target
        if event.item.heading:
            self.fold(event.item.section)
        elif isinstance(target, _ROWS):
            self.app.post_message(GoTo(target))
        elif event.item.frame is not None:
            self.action_edit_row()

    def why_not(self, action: str) -> str:
        """Say why the action cannot work now; empty if it can."""
        match action:
            case "open_line" if not self._leads_somewhere():
                return "This line leads to no row and no place in the code."
            case "edit_row" if self._frame() is None:
                return NO_PLACE
            case "copy_row" if self.list.item is None:
                return NO_ROW
            case "secrets" if not self._has_secrets:
                return "Nothing here is masked."
            case "stack" if not self._request_runs():
                is_request = isinstance(self.item, Request)
                return "The request has ended." if is_request else "Only a request has a stack."
            case "error" if self._error() is None:
                if isinstance(self.item, Request):
                    return "No error of this request is kept."
                return "No error is kept that belongs to this row."
            case "ignore" if self._rule() is None:
                return "This line is not a difference that could be ignored."
        return self.why_not_send(action) or super().why_not(action)

    def heard(self, event: AnyEvent) -> None:
        """Update if the event is about the request shown here."""
        super().heard(event)
        mine = isinstance(self.item, Request) and self.item.started.id
        if (isinstance(event, RequestFinished) and event.id == mine) or (
            isinstance(event, ErrorRaised) and event.request_id == mine
        ):
            self.look()
            self.refresh_bindings()

    def _request_runs(self) -> bool:
        return isinstance(self.item, Request) and self.item.running

    def _error(self) -> ErrorEntry | None:
        if isinstance(self.item, LogEntry):
            return error_of(self.item, self._store)
        if not isinstance(self.item, Request):
            return None
        errors = errors_of(self.item, self._store)
        return errors[0] if errors else None

    def _frame(self) -> Frame | None:
        line = self.list.item
        if line is not None and line.frame is not None:
            return line.frame
        return frame_of(self.item, self._store)

    def selected(self) -> Selection:
        """Return the row's request and the place under the cursor, for custom commands."""
        request_id = request_id_of(self.item)
        return Selection(self._store.request(request_id), request_id, self._frame())

    def _leads_somewhere(self) -> bool:
        line = self.list.item
        if line is None:
            return False
        return line.heading or line.frame is not None or line.target is not None

    def action_secrets(self) -> None:
        """Show what is masked, or mask it again."""
        self._reveal = not self._reveal
        self.look()

    def _rule(self) -> tuple[str, bool] | None:
        """Return the rule that the line can change, and whether it is in force."""
        target = self.list.item.target if self.list.item is not None else None
        if isinstance(target, IgnoredRule):
            return target.rule, True
        return (target.rule, False) if isinstance(target, Change) and target.rule else None

    def action_ignore(self) -> None:
        """Ignore differences like the one under the cursor from now on, or show them again."""
        found = self._rule()
        if found is None or self._replays is None or not isinstance(self.item, Request):
            return
        rule, in_force = found
        ignores = self._replays.ignores
        try:
            (ignores.remove if in_force else ignores.add)(rule)
        except ValueError as error:
            self.app.post_message(Tell(str(error), "warning"))
            return
        except StateFileError as error:
            self.app.post_message(Tell(f"This holds until you leave: {error}", "warning"))
        self._replays.compare_again()
        self.app.post_message(ComparedAgain())
        self._laid_out = None
        self.look()

    def action_stack(self) -> None:
        """Show the stack of the request."""
        if isinstance(self.item, Request):
            self.app.post_message(ShowStack(self.item))

    def action_error(self) -> None:
        """Go to the error of the request, or of the record."""
        entry = self._error()
        if entry is not None:
            self.app.post_message(GoTo(entry))

    def action_copy_row(self) -> None:
        """Copy the call under the cursor, or of the facts under it, else the section."""
        line = self.list.item
        if line is not None and isinstance(line.target, (OneCall, OneRepeat)):
            self.app.post_message(Copy(*copied_call(line.target)))
        elif (
            line is not None
            and line.section.title in FACTS
            and isinstance(self.item, (OneCall, OneRepeat))
        ):
            self.app.post_message(Copy(*copied_call(self.item)))
        elif line is not None:
            self.app.post_message(Copy(line.section.text, section_name(line.section.title)))

    def action_copy_choice(self) -> None:
        """Choose what to copy."""
        detail = Detail(self._title, self._sections)
        self.app.post_message(ChooseCopy(self.item, self.list.item, detail))
