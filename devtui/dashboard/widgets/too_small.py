"""A sentence that covers a screen if the terminal is too small."""

from __future__ import annotations

from textual.css.query import NoMatches
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Static

from devtui.dashboard.keys.commands import in_force

SMALLEST = (40, 10)
"""The columns and lines that every screen needs."""


def is_too_small(width: int, height: int) -> bool:
    """Whether a terminal is smaller than `SMALLEST`."""
    return width < SMALLEST[0] or height < SMALLEST[1]


class TooSmall(Static):
    """A cover of a screen, which keeps its text and its focus."""

    def __init__(self) -> None:
        super().__init__(
            f"This terminal is too small: devtui needs {SMALLEST[0]} columns and "
            f"{SMALLEST[1]} lines. {in_force.key('leave')} leaves.",
            markup=False,
        )


class NeedsRoom:
    """A base class for screens, before Textual's: it shows `TooSmall` if necessary."""

    async def _on_resize(self, event: Resize) -> None:
        """Cover or uncover the screen; ask for the right size if this one is outdated."""
        # Textual calls this in addition to the screen's `on_resize`.
        assert isinstance(self, Screen)
        size = self.app.size
        if event.size != size:
            # Sizes wait while a screen starts, and an older one can come after the newest.
            self.post_message(Resize(size, size))
        tiny = is_too_small(size.width, size.height)
        try:
            cover = self.query_one(TooSmall)
        except NoMatches:
            if tiny:
                self.mount(TooSmall())
        else:
            cover.display = tiny
