"""A screen with lists, and the colours that the style sheet gives their lines."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style
from textual.screen import Screen

from devtui.dashboard.availability import SaysWhyNot
from devtui.dashboard.messages import Edit, OpenNeighbour
from devtui.dashboard.selection import NOTHING, Selection
from devtui.dashboard.widgets.app_colours import AppColours
from devtui.dashboard.widgets.ends_work import EndsWork
from devtui.events import AnyEvent, Frame, ServerExited, StateChanged
from devtui.text.sgr import Look

_CURSORS = ("cursor", "cursor-blurred")
_MATCHES = ("match", "match-now")
_LINES = ("dim", "good", "info", "warn", "bad", "bad-strong", "accent", "strong", "rule", "heading")
_CODE = ("code-comment", "code-keyword", "code-string", "code-number", "code-name")


class ListScreen(EndsWork, SaysWhyNot, Screen[None]):
    """A screen that looks up colours by name, for all its lists.

    Each colour is a component class of the screen. If the lists had component classes, Textual
    would style two dozen more nodes for each list: most of its work before the first frame.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"line--{name}" for name in (*_CURSORS, *_LINES, *_CODE, *_MATCHES)
    }

    def __init__(self) -> None:
        super().__init__()
        self._line_styles: dict[str, Style] = {}
        self._looks = AppColours(self.line_style, lambda: self.rich_style)

    @property
    def shows(self) -> object:
        """The item that the whole screen shows, if there is one."""
        return None

    def show_place(self, place: str) -> None:
        """Show which row of its list this is, if it is one."""

    def selected(self) -> Selection:
        """Return what is selected, for custom commands."""
        return NOTHING

    def action_neighbour(self, steps: int) -> None:
        """Open the row after the shown one, or before it."""
        self.app.post_message(OpenNeighbour(self.shows, steps))

    def action_edit_row(self) -> None:
        """Open the place under the cursor in the editor."""
        frame = self._frame()
        if frame is not None:
            self.app.post_message(Edit(frame))

    def _frame(self) -> Frame | None:
        """Return the place under the cursor, if there is one."""
        return None

    def action_pane(self, number: int) -> None:
        """Leave every opened row, and go to a pane."""
        self.leave()
        below = self.app.screen
        if isinstance(below, ListScreen):
            below.action_pane(number)

    def leave(self) -> None:
        """Go back to the screen below."""
        self.dismiss()

    def heard(self, event: AnyEvent) -> None:
        """Update the keys after an event of the session; only the topmost screen gets events."""
        if isinstance(event, (StateChanged, ServerExited)):
            self.refresh_bindings()

    def notify_style_update(self) -> None:
        """Forget the colours of the last theme."""
        super().notify_style_update()
        self._line_styles.clear()
        self._looks.forget()

    def cursor_style(self, name: str) -> Style:
        """Return the background under the cursor: `cursor`, or `cursor-blurred` without focus."""
        return self.get_component_rich_style(f"line--{name}")

    def style_of(self, name: str | Look) -> Style:
        """Return the colours with this name, or those of text that the app has coloured."""
        return self.line_style(name) if isinstance(name, str) else self._looks.style_of(name)

    def line_style(self, name: str) -> Style:
        """Return the colours with this name; only those of matches have a background."""
        style = self._line_styles.get(name)
        if style is None:
            style = Style()
            if name:
                # Only the full style has its colour mixed with the background.
                full = self.get_component_rich_style(f"line--{name}")
                style = Style(color=full.color, bold=full.bold, dim=full.dim, italic=full.italic)
                if name in _MATCHES:
                    style += Style(bgcolor=full.bgcolor, underline=full.underline)
            self._line_styles[name] = style
        return style
