"""A sentence instead of a screen, where the terminal is too small for it."""

from __future__ import annotations

from textual.css.query import NoMatches
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Static

SMALLEST = (40, 10)
"""The columns and lines with which every screen can be used."""


def is_too_small(width: int, height: int) -> bool:
    """Whether a terminal of that size is below `SMALLEST`."""
    return width < SMALLEST[0] or height < SMALLEST[1]


class TooSmall(Static):
    """Covers its screen, which stays as it is below: what was typed, and where the focus is."""

    def __init__(self) -> None:
        super().__init__(
            f"This terminal is too small: devtui needs {SMALLEST[0]} columns and "
            f"{SMALLEST[1]} lines. ctrl+q leaves.",
            markup=False,
        )


class NeedsRoom:
    """For a screen to inherit from, before Textual's class: it has a `TooSmall` when it has to."""

    async def _on_resize(self, event: Resize) -> None:
        """Cover the screen, or uncover it; ask for the right size where this one came too late."""
        # Textual calls this besides `on_resize` of the screen's own class.
        assert isinstance(self, Screen)
        size = self.app.size
        if event.size != size:
            # While a screen starts, sizes wait for it, and an older one can come after the newest.
            self.post_message(Resize(size, size))
        tiny = is_too_small(size.width, size.height)
        try:
            cover = self.query_one(TooSmall)
        except NoMatches:
            if tiny:
                self.mount(TooSmall())
        else:
            cover.display = tiny
