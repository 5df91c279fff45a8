"""Double clicks: the second click opens the row that the first one pressed.

The first click gives the pane the focus, and with it the most room. So the second one can land on
another row or pane, or on none, although the mouse has not moved. New rows also move all others
between a press and its release.
"""

from __future__ import annotations

from typing import Any

import msgspec
from textual.app import App
from textual.errors import NoWidget
from textual.events import Event, MouseDown, MouseUp
from textual.geometry import Offset

from devtui.dashboard.lists.line_list import LineList


class _Press(msgspec.Struct, frozen=True):
    """A row of a list, and where and when it was pressed."""

    line_list: LineList[Any]
    number: int
    offset: Offset
    time: float


class Presses:
    """Tell lists which row is pressed, and open it with the second click wherever that lands."""

    def __init__(self, app: App[int]) -> None:
        self._app = app
        self._first: _Press | None = None
        self._opens: _Press | None = None

    def take(self, event: Event) -> bool:
        """Note an event of the mouse; return whether nobody else must handle it."""
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
            now.line_list.press(now.number)
        return False

    def _released(self, event: MouseUp) -> bool:
        opens, self._opens = self._opens, None
        if opens is None:
            return False
        if event.screen_offset == opens.offset and opens.line_list.screen is self._app.screen:
            opens.line_list.open_number(opens.number)
        return True

    def _is_second(self, first: _Press, event: MouseDown) -> bool:
        # As Textual itself tells a double click from two clicks.
        soon = event.time - first.time <= self._app.CLICK_CHAIN_TIME_THRESHOLD
        here = first.offset == event.screen_offset
        return soon and here and first.line_list.is_attached

    def _row_under(self, event: MouseDown) -> _Press | None:
        try:
            widget, region = self._app.get_widget_at(event.x, event.y)
        except NoWidget:
            return None
        if not isinstance(widget, LineList):
            return None
        number = widget.number_at(event.y - region.y)
        if number is None:
            return None
        return _Press(widget, number, event.screen_offset, event.time)
