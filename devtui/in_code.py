"""Keep the role of this process, which decides what a call of `devtui.run` does.

A server process sets `serve` before it runs a program that calls `devtui.run`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Role:
    """Whether this process serves the app or starts a session."""

    def __init__(self) -> None:
        self.serve: Callable[[WSGIApplication], None] | None = None
        """Serves the app of the first call; None outside of a server process."""
        self.served = False


role = Role()
