"""Draws everything anew, once the terminal's size rests after a resize."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from textual.events import Resize
from textual.geometry import Size

if TYPE_CHECKING:
    from textual.app import App
    from textual.timer import Timer

REST_SECONDS = 0.1
"""How long a terminal's size has to stay the same before all is drawn anew."""


class Redraw:
    """One redraw for a row of resizes.

    Textual leaves out what it takes for no change: a size that is the old one again. But the
    sizes in between have taken away what stood there.
    """

    def __init__(self, app: App[int]) -> None:
        self._app = app
        self._resting: Timer | None = None

    def resized(self) -> None:
        """The terminal's size has changed: draw all, unless it changes again within the rest."""
        if self._resting is not None:
            self._resting.stop()
        self._resting = self._app.set_timer(REST_SECONDS, self._draw)

    def _draw(self) -> None:
        self._resting = None
        self._app.refresh(layout=True)
        if self._app.is_headless:
            return
        # The last of many signals may come before the size that it tells of.
        size = Size(*shutil.get_terminal_size())
        if size != self._app.size:
            self._app.post_message(Resize(size, size))
