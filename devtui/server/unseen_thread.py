"""A thread of devtui's own, of which the app sees nothing."""

from __future__ import annotations

import _thread
from collections.abc import Callable


class UnseenThread:
    """Runs `target` in a thread that `threading` does not know, and that nobody waits for.

    The app finds the main thread alone, as in any fresh process. gevent, for one, patches the
    locks that exist, that of a running import among them, only where there is no other thread.
    """

    def __init__(self, target: Callable[[], object]) -> None:
        self._target = target
        self._running = _thread.allocate_lock()

    def start(self) -> None:
        """Start it, once."""
        self._running.acquire()
        _thread.start_new_thread(self._run, ())

    def join(self) -> None:
        """Wait until it has ended."""
        with self._running:
            pass

    def _run(self) -> None:
        try:
            self._target()
        finally:
            self._running.release()
