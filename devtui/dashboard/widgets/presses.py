"""What the mouse means to a list: a click selects the row that was pressed, a double click opens.

A click gives its pane the focus, and the pane with the focus has the most room. So the second
click of a double click can land on another row, on another pane or on none, though the mouse has
not moved; and rows that come move all others between a press and its release.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from textual.app import App
from textual.errors import NoWidget
from textual.events import Click, Event, MouseDown, MouseUp
from textual.geometry import Offset

if TYPE_CHECKING:
    from devtui.dashboard.widgets.line_list import LineList


class Pointer:
    """The mouse in one list; rows are told by their numbers in the ring, which stay."""

    def __init__(self, line_list: LineList[Any]) -> None:
        self._list = line_list
        self._pressed: int | None = None

    def number_at(self, y: int) -> int | None:
        """The number of the row that is drawn at that line in view."""
        index = self._list.scroll_offset.y + y
        return self._list.matches.number_at(index) if index < len(self._list.matches) else None

    def press(self, number: int | None) -> None:
        """That row is pressed: a click means it, whatever is there by then."""
        self._pressed = number

    def click(self, event: Click) -> None:
        """Select, or open with the second click, and take the focus."""
        number, self._pressed = self._pressed, None
        if number is None:
            number = self.number_at(event.y)
        if event.chain > 1:
            event.prevent_default()  # Textual would select the text of all lines
        if number is not None and len(self._list.matches):
            self._list.select(self._list.matches.index_of(number))
            if event.chain == 2:
                self._list.action_open()
        if self._list.can_focus:
            self._list.focus(scroll_visible=False)

    def open(self, number: int) -> None:
        """Open the row of that number, if it is still there."""
        matches = self._list.matches
        index = matches.index_of(number)
        if index < len(matches) and matches.number_at(index) == number:
            self._list.select(index)
            self._list.action_open()


class _Press(msgspec.Struct, frozen=True):
    """A row of a list, and where and when it was pressed."""

    line_list: LineList[Any]
    number: int
    offset: Offset
    time: float


class Presses:
    """Tells lists which row is pressed, and opens it with the second click wherever that lands."""

    def __init__(self, app: App[int]) -> None:
        self._app = app
        self._first: _Press | None = None
        self._opens: _Press | None = None

    def take(self, event: Event) -> bool:
        """Take note of an event of the mouse; whether that is all that is to be done."""
        if isinstance(event, MouseDown):
            return self._pressed(event)
        if isinstance(event, MouseUp):
            return self._released(event)
        return False

    def _pressed(self, event: MouseDown) -> bool:
        first, self._first = self._first, None
        now = self._row_under(event)
        if first is not None and self._is_second(first, event):
            if now is None or (now.line_list, now.number) != (first.line_list, first.number):
                self._opens = first
                return True
        elif now is not None:
            self._first = now
        if now is not None:
            now.line_list.pointer.press(now.number)
        return False

    def _released(self, event: MouseUp) -> bool:
        opens, self._opens = self._opens, None
        if opens is None:
            return False
        if event.screen_offset == opens.offset and opens.line_list.screen is self._app.screen:
            opens.line_list.pointer.open(opens.number)
        return True

    def _is_second(self, first: _Press, event: MouseDown) -> bool:
        # As Textual itself tells a double click from two.
        soon = event.time - first.time <= self._app.CLICK_CHAIN_TIME_THRESHOLD
        here = first.offset == event.screen_offset
        return soon and here and first.line_list.is_attached

    def _row_under(self, event: MouseDown) -> _Press | None:
        from devtui.dashboard.widgets.line_list import LineList

        try:
            widget, region = self._app.get_widget_at(event.x, event.y)
        except NoWidget:
            return None
        if not isinstance(widget, LineList):
            return None
        number = widget.pointer.number_at(event.y - region.y)
        if number is None:
            return None
        return _Press(widget, number, event.screen_offset, event.time)
