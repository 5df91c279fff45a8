"""Split the bytes from the session into orders."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from devtui.server.guest.descriptors import OwnFile


class Kept(NamedTuple):
    """What the session keeps from one server process to the next."""

    shelf: list[int]
    """Two descriptors of sockets: idle connections wait in between."""
    made_up: OwnFile | None
    """The file of the certificate that the first process made up, if one is wanted."""


class ReceivedOrders:
    """The part of an order received so far, and the descriptor that came for the next order."""

    def __init__(self) -> None:
        self.descriptor: int | None = None
        self._part = bytearray()

    def lines(self, data: bytes) -> Iterator[bytes]:
        """Add bytes; yield each line that they complete."""
        searched = len(self._part)  # a long order comes in many pieces
        self._part += data
        while (end := self._part.find(b"\n", searched)) >= 0:
            searched = 0
            line = bytes(self._part[:end])
            del self._part[: end + 1]
            yield line

    def keep(self, descriptors: list[int]) -> Kept | None:
        """Keep the first one for the next order that has one, and return what the others are."""
        for descriptor in descriptors:
            # Programs that the app starts must not inherit the port.
            os.set_inheritable(descriptor, False)
        self.descriptor, *others = descriptors
        if not others:
            return None
        return Kept(others[:2], OwnFile(others[2]) if others[2:] else None)

    def take_descriptor(self) -> int | None:
        """Return the kept descriptor, once."""
        descriptor, self.descriptor = self.descriptor, None
        return descriptor
