"""Guard our descriptors against an app that closes them, and our sockets against its forks."""

from __future__ import annotations

import errno
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
        return _identity(self.socket.fileno())


class OwnFile:
    """A small file that is open under a number, and its identity when it was opened."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._opened = _identity(descriptor)

    def read(self, most: int) -> bytes:
        """Return what is in it; raise `OSError` if it was closed or replaced."""
        self._check()
        return os.pread(self._descriptor, most, 0)

    def write(self, data: bytes) -> None:
        """Write from its start; raise `OSError` if it was closed or replaced."""
        self._check()
        os.pwrite(self._descriptor, data, 0)

    def _check(self) -> None:
        if self._opened is None or _identity(self._descriptor) != self._opened:
            raise OSError(errno.EBADF, "the app has closed a file of devtui's")


def _identity(descriptor: int) -> tuple[int, int] | None:
    try:
        status = os.fstat(descriptor)
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
