"""Sockets of ours whose descriptors the app can reach, and which its forks inherit."""

from __future__ import annotations

import os
import socket


class OwnSocket:
    """A socket, and what its descriptor stood for when it was opened."""

    def __init__(self, opened: socket.socket) -> None:
        self.socket = opened
        self._identity = self._look()

    @property
    def is_whole(self) -> bool:
        """Whether nobody has closed or replaced the descriptor behind our back."""
        return self._identity is not None and self._look() == self._identity

    def let_go(self) -> None:
        """Close it in this process alone; not what has got its number meanwhile."""
        if self.is_whole:
            self.socket.close()
        else:
            self.socket.detach()

    def _look(self) -> tuple[int, int] | None:
        try:
            status = os.fstat(self.socket.fileno())
        except OSError:
            return None
        return status.st_dev, status.st_ino
