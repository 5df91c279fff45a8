"""Keep idle connections from one generation to the next."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from devtui.server.guest.descriptors import OwnSocket

# The most descriptors that one message carries; the system's limit is 253.
_MOST = 200


class Shelf:
    """A pair of sockets from the session, in which descriptors of connections wait.

    Closing a connection may lose a request that its client has just sent, and only browsers send it
    again. In here the connection stays open, and requests on it wait for the next generation.
    """

    def __init__(self, descriptors: Sequence[int]) -> None:
        self._in, self.out = (socket.socket(fileno=descriptor) for descriptor in descriptors)
        for end in (self._in, self.out):
            # The session's ends share this setting, which it does not use.
            end.setblocking(False)
            # A fork that outlives us must not keep the connections open.
            os.register_at_fork(after_in_child=OwnSocket(end).let_go)

    def leave(self, connections: Sequence[Any]) -> int:
        """Put in copies of the descriptors, in order; return how many had room."""
        numbers = [connection.fileno() for connection in connections]
        for first in range(0, len(numbers), _MOST):
            try:
                socket.send_fds(self._in, [b"\0"], numbers[first : first + _MOST])
            except OSError:  # it is full, or the app has closed something
                return first
        return len(numbers)

    def close(self) -> None:
        """Close this process's ends."""
        self._in.close()
        self.out.close()

    def take(self) -> list[socket.socket]:
        """Take out all connections."""
        taken: list[socket.socket] = []
        with suppress(OSError):  # there are no more, or the app has closed it
            while True:
                data, descriptors, _, _ = socket.recv_fds(self.out, 1, _MOST)
                for descriptor in descriptors:
                    os.set_inheritable(descriptor, False)
                    taken.append(socket.socket(fileno=descriptor))
                if not data:
                    break
        return taken
