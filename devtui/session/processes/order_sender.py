"""Send orders to a server process, whole and in order, whatever their size."""

from __future__ import annotations

import asyncio
import os
import socket
from collections import deque
from collections.abc import Sequence
from typing import TypeAlias

Descriptors: TypeAlias = "list[int]"

# More than the system takes in one call, so no slice copies more.
_SEND_BYTES = 256 * 1024


class OrderSender:
    """Send on a channel that does not block; the rest waits, in order.

    After `attach`, which needs the running event loop, the rest is sent as the process reads. It is
    dropped when the channel is closed: a process that is gone reads no more.
    """

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._waiting: deque[tuple[memoryview, Descriptors]] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watched = False

    def attach(self) -> None:
        """Send the rest whenever there is room, from now on."""
        self._loop = asyncio.get_running_loop()
        self._send()

    def send(self, data: bytes, descriptors: Sequence[int] = ()) -> None:
        """Send bytes after the rest, with copies of descriptors."""
        self._waiting.append((memoryview(data), [os.dup(one) for one in descriptors]))
        self._send()

    def close(self) -> None:
        """Drop the rest. Call this before the channel is closed."""
        self._watch(False)
        while self._waiting:
            _drop(self._waiting.popleft()[1])

    def _send(self) -> None:
        try:
            while self._waiting:
                data, descriptors = self._waiting[0]
                sent = self._send_some(data[:_SEND_BYTES], descriptors)
                _drop(descriptors)
                if sent < len(data):
                    self._waiting[0] = (data[sent:], [])
                else:
                    self._waiting.popleft()
        except (BlockingIOError, InterruptedError):
            self._watch(True)
        except OSError:
            self.close()  # the process is gone, and its exit is about to be seen
        else:
            self._watch(False)

    def _send_some(self, data: memoryview, descriptors: Descriptors) -> int:
        if not descriptors:
            return self._channel.send(data)
        return socket.send_fds(self._channel, [data], descriptors)

    def _watch(self, on: bool) -> None:
        """Have the loop call `_send` when there is room, or stop that."""
        if self._loop is None or self._watched is on or self._channel.fileno() < 0:
            return
        self._watched = on
        if on:
            self._loop.add_writer(self._channel.fileno(), self._send)
        else:
            self._loop.remove_writer(self._channel.fileno())


def _drop(descriptors: Descriptors) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
