"""Guard our sockets against an app that closes descriptors, and against its forks."""

from __future__ import annotations

import os
import socket


class OwnSocket:
    """A socket, and the identity of its descriptor when it was opened."""

    def __init__(self, opened: socket.socket) -> None:
        self.socket = opened
        self._identity = self._look()

    @property
    def is_whole(self) -> bool:
        """Whether the descriptor was neither closed nor replaced."""
        return self._identity is not None and self._look() == self._identity

    def let_go(self) -> None:
        """Close it in this process only, unless its number now means something else."""
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
