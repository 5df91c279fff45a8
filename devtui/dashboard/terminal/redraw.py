"""Redraw everything once the terminal's size is stable after a resize."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from textual.events import Resize
from textual.geometry import Size

if TYPE_CHECKING:
    from textual.app import App
    from textual.timer import Timer

REST_SECONDS = 0.1
"""How long a size has to stay the same before the redraw."""


class Redraw:
    """Redraw once for a series of resizes.

    Textual skips a resize back to the old size, but the sizes in between have damaged the screen.
    """

    def __init__(self, app: App[int]) -> None:
        self._app = app
        self._resting: Timer | None = None

    def resized(self) -> None:
        """Plan a redraw, unless the size changes again before."""
        if self._resting is not None:
            self._resting.stop()
        self._resting = self._app.set_timer(REST_SECONDS, self._draw)

    def _draw(self) -> None:
        self._resting = None
        self._app.refresh(layout=True)
        if self._app.is_headless:
            return
        # The last of many SIGWINCH may come before the size is set.
        size = Size(*shutil.get_terminal_size())
        if size != self._app.size:
            self._app.post_message(Resize(size, size))
