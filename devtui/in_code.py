"""What a call of `devtui.run` means in this process.

A server process sets `serve` before it runs a program that makes the call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Role:
    """The role of this process: it serves, or it starts a session."""

    def __init__(self) -> None:
        self.serve: Callable[[WSGIApplication], None] | None = None
        """Serves the app of the first call; None outside of a server process."""
        self.served = False


role = Role()
