"""Guard our sockets against an app that closes descriptors, and against its forks."""

from __future__ import annotations

import os
import socket
import sys
from _socket import socket as plain_socket


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
        """Close it in a fork, unless its number now means something else.

        Under gevent a socket that never has anything to read takes its number: greenlets that wait
        for the number live on in the fork, and libev aborts a process that waits on a closed one.
        """
        if not self.is_whole:
            self.socket.detach()
        elif "gevent" not in sys.modules or not _silence(self.socket.fileno()):
            self.socket.close()

    def _look(self) -> tuple[int, int] | None:
        try:
            status = os.fstat(self.socket.fileno())
        except OSError:
            return None
        return status.st_dev, status.st_ino


def _silence(descriptor: int) -> bool:
    """Put a socket that nobody can send to in its place; return false if there is no room."""
    try:
        silent = plain_socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            os.dup2(silent.fileno(), descriptor, inheritable=False)
        finally:
            silent.close()
    except OSError:
        return False
    return True
