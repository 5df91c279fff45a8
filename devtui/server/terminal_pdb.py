"""pdb in the borrowed terminal."""

from __future__ import annotations

import bdb
import pdb
import threading
from collections.abc import Callable
from typing import Any

from devtui.server.terminal import Terminal


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


_ends: dict[threading.Thread, Callable[[], None]] = {}


def release_at_end(thread: threading.Thread, end: Callable[[], None]) -> None:
    """Call `end` when another debugger, made on bdb, is told to continue or quit in that thread."""
    _ends[thread] = end
    for name in ("set_continue", "set_quit"):
        original = getattr(bdb.Bdb, name)
        if not hasattr(original, "__wrapped__"):
            setattr(bdb.Bdb, name, _followed_by_end(original))


def _followed_by_end(original: Callable[[bdb.Bdb], None]) -> Callable[[bdb.Bdb], None]:
    def method(debugger: bdb.Bdb) -> None:
        original(debugger)
        end = _ends.pop(threading.current_thread(), None)
        if end is not None:
            end()

    method.__wrapped__ = original  # type: ignore[attr-defined]
    return method
