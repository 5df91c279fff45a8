"""System calls on a socket that keep the interpreter's lock (GIL).

A method of `socket` releases the lock for its system call, which takes some microseconds. While
other threads wait for the lock, each release costs a wake-up, and the thread has to wait until the
lock is free again. With 32 connections a quarter more requests are answered if neither the receive
nor the sends of a request release it.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

# The calls must not wait while they keep the lock, whatever the app has done to the descriptor.
_FLAGS = socket.MSG_DONTWAIT | getattr(socket, "MSG_NOSIGNAL", 0)

_NOTHING = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.EINTR})

# The most that one call copies, since no other thread runs meanwhile.
_MAX_SENT = 64 * 1024
_MAX_RECEIVED = 16 * 1024


class HeldCalls:
    """Send and receive without waiting.

    Raise `AttributeError`, `ImportError` or `OSError` if the C library cannot be called.
    """

    def __init__(self) -> None:
        import ctypes  # takes 3 ms

        # It keeps the lock during a call, unlike CDLL.
        library = ctypes.PyDLL(None, use_errno=True)
        self._errno = ctypes.get_errno
        self._send: Any = library.send
        self._send.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int)
        self._receive: Any = library.recv
        self._receive.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        self._send.restype = self._receive.restype = ctypes.c_ssize_t
        self._room = ctypes.c_char * _MAX_RECEIVED

    def send(self, connection: socket.socket, data: bytes) -> Iterator[int]:
        """Send a first part of the data; the iterator's one item is the number of bytes sent.

        It is -1 if nothing was sent; `socket.send` tells why. The system call runs when the item is
        taken, with no bytecode in between.
        """
        piece = data[:_MAX_SENT]
        return map(self._send, (connection.fileno(),), (piece,), (len(piece),), (_FLAGS,))

    def receiver(self, connection: socket.socket) -> Callable[[memoryview], int]:
        """Return a function that fills a buffer with the bytes that have arrived.

        It returns their number: 0 at the end of the stream, -1 if nothing has arrived. It raises
        `OSError` as `socket.recv` does, because the system reports an error only once.
        """
        room = self._room()  # made once: Python announces each look at an address to audit hooks
        received = memoryview(room).cast("B")

        def receive(buffer: memoryview) -> int:
            size = min(len(buffer), _MAX_RECEIVED)
            count: int = self._receive(connection.fileno(), room, size, _FLAGS)
            if count > 0:
                buffer[:count] = received[:count]
            elif count < 0 and (number := self._errno()) not in _NOTHING:
                raise OSError(number, os.strerror(number))
            return count

        return receive


def held_calls() -> HeldCalls | None:
    """Return the calls, None if this system or an audit hook of the app's does not allow them."""
    with suppress(Exception):
        return HeldCalls()
    return None
