"""Let the threads of ended connections serve other connections, for a while."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

# How long a thread waits for another connection. A page opens several within this time, and to
# start a thread takes longer than to answer.
REST_SECONDS = 1.0


class FreeThreads:
    """The threads that wait for a connection; the last one in is the first one out.

    No lock is shared: each thread waits for its own, which is released by whoever takes the thread.
    """

    def __init__(self) -> None:
        self._free: deque[_Free] = deque()

    def serve(self, connection: Any) -> bool:
        """Give the connection to a free thread; return false if there is none."""
        try:
            free = self._free.pop()
        except IndexError:
            return False
        free.connection = connection
        free.silence.release()
        return True

    def next(self) -> Any:
        """Wait in a thread for its next connection; return None if none comes."""
        free = _Free()
        self._free.append(free)
        if not free.silence.acquire(timeout=REST_SECONDS):
            try:
                self._free.remove(free)
            except ValueError:  # it is being taken
                free.silence.acquire()
        return free.connection


class _Free:
    """A thread that waits."""

    def __init__(self) -> None:
        # Looked up now: if gevent has replaced it, greenlets must run while we wait.
        self.silence = threading.Lock()
        self.silence.acquire()
        self.connection: Any = None
