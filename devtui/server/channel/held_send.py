"""A send that keeps the interpreter's lock (GIL).

`socket.send` releases the lock for the system call, which takes some microseconds. While other
threads wait for the lock, each release costs a wake-up, and the thread that sends has to wait until
the lock is free again. That took a sixth of the requests that many connections get in a second.
"""

from __future__ import annotations

import ctypes
import socket
from collections.abc import Iterator

# The call must not wait while it keeps the lock, whatever the app has done to the descriptor.
_FLAGS = socket.MSG_DONTWAIT | getattr(socket, "MSG_NOSIGNAL", 0)

# The most that one call copies, since no other thread runs meanwhile.
_MAX_BYTES = 64 * 1024


class HeldSend:
    """Send on one socket, and never wait.

    Raise `AttributeError` or `OSError` if the C library of this system cannot be called.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        # PyDLL keeps the lock during a call, unlike CDLL.
        self._send = ctypes.PyDLL(None).send
        self._send.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int)
        self._send.restype = ctypes.c_ssize_t

    def __call__(self, data: bytes) -> Iterator[int]:
        """Send a first part of the data when its one item, the number of bytes, is asked for.

        The item is -1 if nothing was sent; `socket.send` tells why. No bytecode runs between the
        system call and the item.
        """
        piece = data[:_MAX_BYTES]
        return map(self._send, (self._connection.fileno(),), (piece,), (len(piece),), (_FLAGS,))
