"""The orders on their way to a server process: none is cut or lost, whatever its size."""

from __future__ import annotations

import asyncio
import os
import socket
from collections import deque

# What the system takes of one call at most; no more is copied for it.
_SEND_BYTES = 256 * 1024


class Outgoing:
    """Sends on a channel that does not block; what it does not take waits, in order.

    What waits is sent as the process reads, once `attach` was called on the running event loop. It
    is given up with the channel alone: a process that is gone reads no more.
    """

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._waiting: deque[tuple[memoryview, int | None]] = deque()  # with a descriptor to pass
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watched = False

    def attach(self) -> None:
        """Send what waits whenever there is room, from now on."""
        self._loop = asyncio.get_running_loop()
        self._send()

    def send(self, data: bytes, descriptor: int | None = None) -> None:
        """Send bytes after those that wait, with a copy of a descriptor."""
        passed = None if descriptor is None else os.dup(descriptor)
        self._waiting.append((memoryview(data), passed))
        self._send()

    def close(self) -> None:
        """Give up what waits; to be called before the channel is closed."""
        self._watch(False)
        while self._waiting:
            _drop(self._waiting.popleft()[1])

    def _send(self) -> None:
        try:
            while self._waiting:
                data, descriptor = self._waiting[0]
                sent = self._send_some(data[:_SEND_BYTES], descriptor)
                _drop(descriptor)
                if sent < len(data):
                    self._waiting[0] = (data[sent:], None)
                else:
                    self._waiting.popleft()
        except (BlockingIOError, InterruptedError):
            self._watch(True)
        except OSError:
            self.close()  # the process is gone, and its exit is about to be seen
        else:
            self._watch(False)

    def _send_some(self, data: memoryview, descriptor: int | None) -> int:
        if descriptor is None:
            return self._channel.send(data)
        return socket.send_fds(self._channel, [data], [descriptor])

    def _watch(self, on: bool) -> None:
        """Have the loop tell, or not, when there is room."""
        if self._loop is None or self._watched is on or self._channel.fileno() < 0:
            return
        self._watched = on
        if on:
            self._loop.add_writer(self._channel.fileno(), self._send)
        else:
            self._loop.remove_writer(self._channel.fileno())


def _drop(descriptor: int | None) -> None:
    if descriptor is not None:
        os.close(descriptor)
