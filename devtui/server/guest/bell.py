"""Waiting for something that other threads change, with no lock that a thread could hold on to."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

from devtui.server.guest.clocks import clock


class Bell:
    """Rung by whoever has changed something; heard by the one thread that waits for it.

    A condition variable holds a lock while it notifies. A finaliser of the user's may run in there
    and wait for something, and then who waits would wait past any timeout.
    """

    def __init__(self) -> None:
        # Looked up now: where gevent has replaced it, others must get to run while it is waited.
        # No queue: up to Python 3.12 it waits for ever where a signal's handler takes longer than
        # it was to wait.
        self._silent = threading.Lock()
        self._silent.acquire()
        self._heard = False  # somebody waits, or has waited

    def ring(self) -> None:
        """Have it looked at again whether that is the case which is waited for."""
        if self._heard:
            with suppress(RuntimeError):  # it rings already
                self._silent.release()

    def wait_for(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until the condition holds; false where it does not in that time."""
        self._heard = True
        end = clock.monotonic() + seconds
        while not condition():
            left = end - clock.monotonic()
            if left <= 0:
                return False
            if not self._silent.acquire(timeout=left):
                return condition()
        return True
