"""In a server without threads, a silent client must not keep all others waiting."""

from __future__ import annotations

import select
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from devtui.server.serving.connections import Connections

# How long a client may be silent while another one waits to be accepted: the first, and those that
# waited behind it, which have had their time.
FIRST_SECONDS = 0.5
NEXT_SECONDS = 0.1

LOOK_SECONDS = 0.1

# As they are before the app may patch them.
_poll = select.poll
_sleep = time.sleep


class Turns:
    """Closes the connection whose client is waited for once another client waits.

    Browsers open connections ahead of need and send nothing on them. `listener` is the descriptor
    of the listening socket.
    """

    def __init__(self, listener: int, connections: Connections) -> None:
        self._listener = _poll()
        self._listener.register(listener, select.POLLIN)
        self._connections = connections
        self.over = False  # set it before the listener is closed

    def watch(self) -> None:
        """Watch until it is over, in a thread of its own."""
        patience = FIRST_SECONDS
        while self._somebody_waits(None):
            _sleep(LOOK_SECONDS)
            if not self._somebody_waits(0):
                patience = FIRST_SECONDS
            elif self._connections.close_idle(1, patience):
                patience = NEXT_SECONDS

    def _somebody_waits(self, milliseconds: int | None) -> bool:
        ready = self._listener.poll(milliseconds)
        return not self.over and any(state & select.POLLIN for _, state in ready)
