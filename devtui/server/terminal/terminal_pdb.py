"""pdb in the borrowed terminal."""

from __future__ import annotations

import pdb
from typing import Any

from devtui.server.terminal.loan import Terminal


class TerminalPdb(pdb.Pdb):
    """A pdb that has the terminal from a stop until the user continues or quits."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        super().__init__(stdout=terminal.screen, nosigint=True)
        self.use_rawinput = True  # a custom stdout turns it off, and readline with it

    def interaction(self, *arguments: Any, **options: Any) -> None:
        """Borrow the terminal, also for a breakpoint that was set in pdb."""
        self._terminal.acquire("breakpoint")
        super().interaction(*arguments, **options)

    def set_continue(self) -> None:
        """Continue without the terminal."""
        super().set_continue()
        self._terminal.release()

    def set_quit(self) -> None:
        """Quit without the terminal."""
        super().set_quit()
        self._terminal.release()
