"""The screen of an opened row."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from devtui.dashboard.availability import NO_PLACE, NO_ROW
from devtui.dashboard.commands import bindings, in_force
from devtui.dashboard.details.copy_choices import ChooseCopy, section_name
from devtui.dashboard.details.line_search import MarkedRows
from devtui.dashboard.details.log_detail import error_of
from devtui.dashboard.details.row_detail import detail_of, frame_of, has_secrets, request_id_of
from devtui.dashboard.details.search import Search
from devtui.dashboard.lists.line_list import LineList
from devtui.dashboard.lists.list_screen import ListScreen
from devtui.dashboard.lists.sections import Detail, Section, ShownLine, laid_out
from devtui.dashboard.messages import Copy, Edit, GoTo, Plain, ShowStack
from devtui.dashboard.panes.handled import errors_of
from devtui.dashboard.selection import Selection
from devtui.dashboard.widgets.cells import fit
from devtui.dashboard.widgets.key_bar import KeyBar
from devtui.dashboard.widgets.too_small import NeedsRoom
from devtui.events import AnyEvent, ErrorRaised, Frame, RequestFinished
from devtui.session.store.error_groups import ErrorEntry
from devtui.session.store.log_entry import LogEntry
from devtui.session.store.request_record import Request
from devtui.session.store.ring import Ring

if TYPE_CHECKING:
    from devtui.session.store.store import Store

NO_MATCH = "The text is not in this row."

# The frame's two borders, the space before a line, and the scrollbar.
_BESIDE_ROWS = 4


class DetailScreen(NeedsRoom, ListScreen):
    """The sections of one row. Keys act on the section and frame under the cursor.

    `folds` has the titles of folded sections. All opened rows share it: what one wants to see of a
    request, one wants to see of the next.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("detail")]
    command_place = "detail"

    def __init__(self, store: Store, item: Plain, folds: set[str] | None = None) -> None:
        super().__init__()
        self._store = store
        self.item = item
        self._folds = folds if folds is not None else set()
        rows = MarkedRows()
        self.list: LineList[ShownLine] = LineList(Ring(1), rows, follow=False)
        self._search = Search(self.list, rows)
        self._reveal = False
        self._has_secrets = False
        self._wrapped = True
        self._laid_out: tuple[int, bool, bool, bool] | None = None
        self._title = ""
        self._sections: list[Section] = []

    @property
    def shows(self) -> object:
        """The row."""
        return self.item

    def compose(self) -> ComposeResult:
        """Yield the framed lines and the key bar."""
        with Vertical(id="detail", classes="pane -open"):
            yield self.list
            yield self._search.line
        yield KeyBar()

    def on_mount(self) -> None:
        """Show the row in the first frame."""
        self._search.line.display = False
        self.look()
        self.list.focus()

    def on_resize(self) -> None:
        """Wrap the lines again, after the list has got its size."""
        self.call_after_refresh(self.look)

    @property
    def _row_width(self) -> int:
        """The width of the lines; before the layout, the width that it will have."""
        return self.list.row_width or self.app.size.width - _BESIDE_ROWS

    def look(self) -> None:
        """Show the row again if its width or the row itself has changed."""
        wanted = (self._row_width, self._request_runs(), self._reveal, self._wrapped)
        if wanted[0] <= 0 or wanted == self._laid_out:
            return
        self._laid_out = wanted
        detail = detail_of(self.item, self._store, self._reveal)
        self._has_secrets = has_secrets(self.item, self._store)
        frame = self.query_one("#detail")
        frame.border_title = Content(fit(detail.title, self.size.width - 8))
        self._title, self._sections = detail.title, detail.sections
        self._lay_out()

    def _lay_out(self) -> None:
        """Wrap and fold the sections, and keep the cursor in its section."""
        line, index = self.list.item, self.list.cursor
        title = line.section.title if line is not None else ""
        before = self._first_line_of(title)
        shown = laid_out(
            self._sections, self._row_width, wrapped=self._wrapped, folds=self._is_folded
        )
        self.list.show_ring(shown)
        after = self._first_line_of(title)
        self.list.select(index if before is None or after is None else after + index - before)
        self._search.again(move=False)

    def _first_line_of(self, title: str) -> int | None:
        lines = self.list.matches.ring.items
        return next((at for at, it in enumerate(lines) if it.section.title == title), None)

    def _is_folded(self, section: Section) -> bool:
        return self._search.hides(section, section.title in self._folds)

    def show(self, item: Plain) -> None:
        """Show another row, from the section on that the cursor is in."""
        line = self.list.item
        title = line.section.title if line is not None else ""
        self.item, self._reveal, self._laid_out = item, False, None
        self.look()
        at = self._first_line_of(title)
        self.list.select(at or 0)
        self.refresh_bindings()

    @on(LineList.Changed)
    def _cursor_moved(self) -> None:
        self.refresh_bindings()

    @on(LineList.Opened)
    def _open_line(self, event: LineList.Opened) -> None:
        target = event.item.target
        if event.item.heading:
            self._fold(event.item.section)
        elif isinstance(target, (LogEntry, Request)):
            self.app.post_message(GoTo(target))
        elif event.item.frame is not None:
            self.action_edit_row()

    def _fold(self, section: Section) -> None:
        """Fold a section, or show its lines again."""
        self._folds.symmetric_difference_update((section.title,))
        self._lay_out()
        self.list.select(self._first_line_of(section.title) or 0)

    @on(Input.Changed)
    def _search_typed(self) -> None:
        self._lay_out()
        self._search.again(move=True)
        self.refresh_bindings()

    @on(Input.Submitted)
    def _search_kept(self) -> None:
        if self._search.wanted:
            self.list.focus()
        else:
            self._stop_searching()

    def _stop_searching(self) -> None:
        self._search.close()
        self._lay_out()
        self.refresh_bindings()

    def why_not(self, action: str) -> str:
        """Say why the action cannot work now; empty if it can."""
        match action:
            case "next_match" if not self._search.found_any:
                no_search = f"There is no search: {in_force.key('search')} begins one."
                return NO_MATCH if self._search.wanted else no_search
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
        return ""

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

    def action_back(self) -> None:
        """Stop searching, else go back to the dashboard."""
        if self._search.is_open:
            self._stop_searching()
        else:
            self.leave()

    def action_open_line(self) -> None:
        """Fold the section, or open the row or the place that the line leads to."""
        self.list.action_open()

    def action_search(self) -> None:
        """Search for a text in the row."""
        self._search.open()

    def action_next_match(self, steps: int) -> None:
        """Go to the next match, or to the one before."""
        self._search.step(steps)

    def action_secrets(self) -> None:
        """Show what is masked, or mask it again."""
        self._reveal = not self._reveal
        self.look()

    def action_wrap(self) -> None:
        """Cut long lines, or wrap them again."""
        self._wrapped = not self._wrapped
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
        """Copy the section under the cursor."""
        line = self.list.item
        if line is not None:
            self.app.post_message(Copy(line.section.text, section_name(line.section.title)))

    def action_copy_choice(self) -> None:
        """Choose what to copy."""
        detail = Detail(self._title, self._sections)
        self.app.post_message(ChooseCopy(self.item, self.list.item, detail))

    def action_edit_row(self) -> None:
        """Open the frame under the cursor in the editor, else the row's place."""
        frame = self._frame()
        if frame is not None:
            self.app.post_message(Edit(frame))
