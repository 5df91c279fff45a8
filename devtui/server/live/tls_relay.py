"""Relay the script's encrypted connections: the state of TLS cannot leave this process."""

from __future__ import annotations

import select
import socket
import ssl
from contextlib import suppress
from typing import Any

from devtui.server.guest.descriptors import OwnSocket
from devtui.server.guest.polling import plain_poll
from devtui.server.guest.threads import UnseenThread

_READ_BYTES = 16 * 1024


class TlsRelays:
    """The relays of this process, each in a thread that the app does not see."""

    def __init__(self) -> None:
        self._open: set[OwnSocket] = set()

    def begin(self, connection: Any) -> socket.socket:
        """Relay an encrypted connection; return the other end of the relay."""
        ours, theirs = socket.socketpair()
        connection.setblocking(False)
        ends = {OwnSocket(connection), OwnSocket(ours)}

        def run() -> None:
            self._open |= ends
            try:
                with suppress(OSError):  # one of the two has disconnected
                    _relay(connection, ours)
            finally:
                self._open -= ends
                connection.close()
                ours.close()

        UnseenThread(run).start()
        return theirs

    def let_go(self) -> None:
        """Close all in a fork: the browser must see when the parent ends."""
        for end in tuple(self._open):
            end.let_go()
        self._open.clear()


def _relay(encrypted: Any, plain: socket.socket) -> None:
    """Copy both ways until one end closes."""
    ready = plain_poll()
    ready.register(encrypted, select.POLLIN)
    ready.register(plain, select.POLLIN)
    while True:
        for descriptor, _ in ready.poll():
            if descriptor == plain.fileno():
                if not (data := plain.recv(_READ_BYTES)):
                    return
                _send_all(encrypted, data)
            elif not _read_all(encrypted, plain):
                return


def _read_all(encrypted: Any, plain: socket.socket) -> bool:
    """Copy what has come from the browser; return false at its end."""
    while True:
        try:
            data = encrypted.recv(_READ_BYTES)
        except ssl.SSLWantReadError:
            return True
        if not data:
            return False
        plain.sendall(data)


def _send_all(encrypted: Any, data: bytes) -> None:
    writable = plain_poll()
    writable.register(encrypted, select.POLLOUT)
    while data:
        try:
            data = data[encrypted.send(data) :]
        except ssl.SSLWantWriteError:
            writable.poll()
