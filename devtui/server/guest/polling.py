"""Wait for sockets, whatever the app has done to `select`."""

from __future__ import annotations

import select

# Taken before the app can patch or remove it.
plain_poll = select.poll


def poll() -> select.poll:
    """Return gevent's `poll` if the app has patched it, so that other greenlets run meanwhile.

    eventlet removes it, and raises if two of its greenlets wait for the same socket.
    """
    patched: type[select.poll] = getattr(select, "poll", plain_poll)
    return patched()
