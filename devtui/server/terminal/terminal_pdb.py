"""pdb in the borrowed terminal."""

from __future__ import annotations

import pdb
from typing import Any

from devtui.server.terminal.loan import Terminal


class TerminalPdb(pdb.Pdb):
    """Has the terminal from where it stops until it is told to continue or to quit."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        super().__init__(stdout=terminal.screen, nosigint=True)
        self.use_rawinput = True  # which a stdout of one's own turns off, and readline with it

    def interaction(self, *arguments: Any, **options: Any) -> None:
        """As pdb's own; a breakpoint that was set in pdb borrows the terminal anew."""
        self._terminal.acquire("breakpoint")
        super().interaction(*arguments, **options)

    def set_continue(self) -> None:
        """Go on without the terminal."""
        super().set_continue()
        self._terminal.release()

    def set_quit(self) -> None:
        """Give up without the terminal."""
        super().set_quit()
        self._terminal.release()
