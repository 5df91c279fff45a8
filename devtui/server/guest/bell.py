"""Waiting for something that other threads change, with no lock that a thread could hold on to."""

from __future__ import annotations

import queue
from collections.abc import Callable

from devtui.server.guest.clocks import clock


class Bell:
    """Rung by whoever has changed something; heard by the one thread that waits for it.

    A condition variable holds a lock while it notifies. A finaliser of the user's may run in there
    and wait for something, and then who waits would wait past any timeout.
    """

    def __init__(self) -> None:
        # Looked up now: where gevent has replaced it, others must get to run while it is waited.
        self._rings: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._heard = False  # somebody waits, or has waited

    def ring(self) -> None:
        """Have it looked at again whether that is the case which is waited for."""
        if self._heard:
            self._rings.put(None)

    def wait_for(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until the condition holds; false where it does not in that time."""
        self._heard = True
        end = clock.monotonic() + seconds
        while not condition():
            left = end - clock.monotonic()
            if left <= 0:
                return False
            try:
                self._rings.get(timeout=left)
            except queue.Empty:
                return condition()
        return True
