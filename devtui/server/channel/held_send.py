"""A send that keeps the interpreter's lock.

`socket.send` gives the lock away for the system call, which takes microseconds; but where many
threads wait for the lock, each such send waits for its turn again. Requests have two events each,
and those two turns took a tenth of the requests a second.
"""

from __future__ import annotations

import ctypes
import socket
from collections.abc import Iterator

# No call of ours may wait while it keeps the lock, whatever the app did to the descriptor.
_FLAGS = socket.MSG_DONTWAIT | getattr(socket, "MSG_NOSIGNAL", 0)

# What one call copies at most, since nobody else runs meanwhile.
_MAX_BYTES = 64 * 1024


class HeldSend:
    """Sends on one socket and never waits.

    Raises `AttributeError` or `OSError` on a system whose C library cannot be called so.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        # PyDLL calls without letting go of the lock, and CDLL as `socket.send` does.
        self._send = ctypes.PyDLL(None).send
        self._send.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int)
        self._send.restype = ctypes.c_ssize_t

    def __call__(self, data: bytes) -> Iterator[int]:
        """Send the beginning of the data when the one item is asked for: how many bytes went.

        It is -1 where nothing could be sent; `socket.send` then tells why. No bytecode runs between
        the call of the system and the item.
        """
        piece = data[:_MAX_BYTES]
        return map(self._send, (self._connection.fileno(),), (piece,), (len(piece),), (_FLAGS,))
