"""An opened row, on a screen of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen

from devtui.dashboard.cells import fit
from devtui.dashboard.commands import bindings
from devtui.dashboard.detail import DetailRows, ShownLine, laid_out
from devtui.dashboard.key_bar import KeyBar
from devtui.dashboard.line_list import LineList
from devtui.dashboard.row_detail import Item, detail_of, frame_of
from devtui.events import Frame
from devtui.session.ring import Ring
from devtui.session.store import Request

if TYPE_CHECKING:
    from devtui.dashboard.app import Dashboard


class DetailScreen(Screen[None]):
    """The sections of one row; the cursor says which section and frame the keys mean."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("detail")]

    def __init__(self, dashboard: Dashboard, item: Item) -> None:
        super().__init__()
        self._dashboard = dashboard
        self._item = item
        self.list: LineList[ShownLine] = LineList(Ring(1), DetailRows(), follow=False)
        self._laid_out: tuple[int, bool] | None = None

    def compose(self) -> ComposeResult:
        """The framed lines and the key bar."""
        with Vertical(id="detail", classes="pane -open"):
            yield self.list
        yield KeyBar()

    def on_mount(self) -> None:
        """Show the row as it is now."""
        self.list.focus()

    def on_resize(self) -> None:
        """Wrap the lines anew; the size of the list is known after this."""
        self.call_after_refresh(self.look)

    def look(self) -> None:
        """Show the row again, where its width or the row itself has changed."""
        running = isinstance(self._item, Request) and self._item.running
        wanted = (self.list.row_width, running)
        if not wanted[0] or wanted == self._laid_out:
            return
        self._laid_out = wanted
        detail = detail_of(self._item, self._dashboard.session.store)
        frame = self.query_one("#detail")
        frame.border_title = Content(fit(detail.title, self.size.width - 8))
        index = self.list.matches.index_of(self.list.cursor)
        self.list.show_ring(laid_out(detail.sections, wanted[0]))
        self.list.select(index)

    @on(LineList.Changed)
    def _cursor_moved(self) -> None:
        self.refresh_bindings()

    @on(LineList.Opened)
    def _open_frame(self) -> None:
        if self._frame() is not None:
            self.action_edit_row()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether a key can work now: None greys it."""
        if action == "edit_row":
            return True if self._frame() is not None else None
        return True

    def _frame(self) -> Frame | None:
        line = self.list.item
        if line is not None and line.frame is not None:
            return line.frame
        return frame_of(self._item, self._dashboard.session.store)

    def action_back(self) -> None:
        """Go back to the dashboard."""
        self.dismiss()

    def action_copy_row(self) -> None:
        """Copy the section in which the cursor is."""
        line = self.list.item
        if line is not None:
            what = f"the {line.section.title}" if line.section.title else "the text"
            self._dashboard.copy(line.section.text, what)

    def action_edit_row(self) -> None:
        """Open the frame under the cursor in the editor, else the row's own place."""
        frame = self._frame()
        if frame is not None:
            self._dashboard.edit(frame)
