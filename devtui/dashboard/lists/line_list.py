"""A list that the user works in: keys move its cursor, and a click selects or opens."""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

from textual import events
from textual.binding import BindingType
from textual.message import Message

from devtui.dashboard.keys.commands import bindings
from devtui.dashboard.lists.line_view import LineView

T = TypeVar("T")


class LineList(LineView[T]):
    """The widget of every pane and every opened row.

    A press gives the pane the focus, and with it the most room, so the row may move before the
    click. Therefore the list remembers the number of the pressed row, which does not change.
    """

    # The focus moves the lines, so only the complete click gives it.
    FOCUS_ON_CLICK: ClassVar[bool] = False

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("list")]

    class Opened(Message):
        """The user opens the item under the cursor."""

        def __init__(self, line_list: LineList[Any], item: Any) -> None:
            super().__init__()
            self.line_list = line_list
            self.item = item

    _pressed_row: int | None = None

    def action_move(self, lines: int) -> None:
        """Move the cursor by some lines, or scroll if there is no cursor."""
        if not self.cursor_shown:
            self.scroll_relative(y=lines, animate=False)
            return
        self.select(self.cursor + lines)

    def action_page(self, pages: int) -> None:
        """Move the cursor by some screens."""
        items = self._lines.visible_count(self._viewport, self.scroll_offset.y)
        self.action_move(pages * max(items - 1, 1))

    def action_unfold(self, on: bool) -> None:
        """Unfold the item under the cursor in its place, or fold it."""
        self.unfold(on)

    def action_first(self) -> None:
        """Go to the oldest item."""
        self.select(0)

    def action_last(self) -> None:
        """Go to the newest item and follow again, or to the last one of a list that cannot."""
        if self.can_follow and self.matches.order == "time":
            self.follow()
        else:
            self.select(len(self.matches) - 1)

    def action_open(self) -> None:
        """Open the item under the cursor."""
        item = self.item
        if item is not None:
            self.post_message(self.Opened(self, item))

    # -- the mouse ---------------------------------------------------------------------------

    def number_at(self, y: int) -> int | None:
        """Return the number of the row that is drawn at this height."""
        index, _ = self.place_at(y)
        return self.matches.number_at(index) if index < len(self.matches) else None

    def press(self, number: int) -> None:
        """Remember the row for the click that follows."""
        self._pressed_row = number

    def on_click(self, event: events.Click) -> None:
        """Select the row, or open it on the second click, and take the focus."""
        number, self._pressed_row = self._pressed_row, None
        if number is None:
            number = self.number_at(event.y)
        if event.chain > 1:
            event.prevent_default()  # Textual would select the text of all lines
        if number is not None and len(self.matches):
            self.select(self.matches.index_of(number))
            if self._is_on_marker(event):
                self.unfold()
            elif event.chain == 2:
                self.action_open()
        if self.can_focus:
            self.focus(scroll_visible=False)

    def _is_on_marker(self, event: events.Click) -> bool:
        item, marker = self.item, self.rows.marker
        if item is None or marker is None or not self.rows.can_unfold(item):
            return False
        return event.x - self.gutter.left in marker and self.place_at(event.y)[1] == 0

    def open_number(self, number: int) -> None:
        """Open the row with this number, if it is still there."""
        index = self.matches.index_of(number)
        if index < len(self.matches) and self.matches.number_at(index) == number:
            self.select(index)
            self.action_open()
