"""A screen whose workers end before its widgets do."""

from __future__ import annotations

from textual.await_remove import AwaitRemove
from textual.screen import Screen


class EndsWork:
    """A base class for screens, before Textual's.

    Textual cancels a screen's workers after it has removed the screen's widgets. An answer that
    comes in between would find no widget to show it in.
    """

    def remove(self) -> AwaitRemove:
        """Cancel the workers of the screen and its widgets, and remove them."""
        assert isinstance(self, Screen)
        for node in (self, *self.query("*")):
            self.workers.cancel_node(node)
        return Screen.remove(self)
