"""A screen with lists in it, and the colours that the style sheet gives their lines."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style
from textual.screen import Screen

from devtui.dashboard.availability import SaysWhyNot
from devtui.events import AnyEvent, ServerExited, StateChanged

_CURSORS = ("cursor", "cursor-blurred")
_LINES = ("dim", "good", "info", "warn", "bad", "bad-strong", "accent", "strong", "rule", "heading")
_CODE = ("code-comment", "code-keyword", "code-string", "code-number", "code-name")


class ListScreen(SaysWhyNot, Screen[None]):
    """Knows the colours by their names, once for all its lists.

    Each is a component class of the screen. To make them the lists' would have Textual style two
    dozen more nodes for every list, which was most of what it did until the first frame.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"line--{name}" for name in (*_CURSORS, *_LINES, *_CODE)
    }

    def __init__(self) -> None:
        super().__init__()
        self._line_styles: dict[str, Style] = {}

    @property
    def shows(self) -> object:
        """The item that the whole screen is about, if it is about one."""
        return None

    def leave(self) -> None:
        """Go back to the screen below."""
        self.dismiss()

    def heard(self, event: AnyEvent) -> None:
        """An event of the session, while this screen is the topmost: keys may work or cease to."""
        if isinstance(event, (StateChanged, ServerExited)):
            self.refresh_bindings()

    def notify_style_update(self) -> None:
        """Forget the colours of the theme that was."""
        super().notify_style_update()
        self._line_styles.clear()

    def cursor_style(self, name: str) -> Style:
        """Give the style of the line under the cursor: `cursor`, or `cursor-blurred`."""
        return self.get_component_rich_style(f"line--{name}")

    def line_style(self, name: str) -> Style:
        """The colours of that name, without a background of their own; none for an empty name."""
        style = self._line_styles.get(name)
        if style is None:
            style = Style()
            if name:
                # Only the full style has its colour mixed with what is behind it.
                full = self.get_component_rich_style(f"line--{name}")
                style = Style(color=full.color, bold=full.bold, dim=full.dim, italic=full.italic)
            self._line_styles[name] = style
        return style
