"""Know which writes print one traceback: by its text alone a note could be anything."""

from __future__ import annotations

import sys
import threading
import traceback

_HEADER = b"Traceback (most recent call last)"
# All of `traceback.print_exc` and the like print here, line by line. Python 3.10 has no `print`.
_PRINTS = getattr(traceback.TracebackException, "print", traceback.print_exception).__code__


class _Thread(threading.local):
    call = 0  # the id of the frame that prints a traceback; a reference would keep its variables


_thread = _Thread()


def continues(data: bytes | memoryview) -> bool:
    """Return whether the caller's caller goes on to print a traceback, in the same call."""
    begins = data[: len(_HEADER)] == _HEADER
    if not begins and not _thread.call:
        return False
    frame = sys._getframe(2)
    call = id(frame) if frame.f_code is _PRINTS else 0
    # The next call has often the same id.
    same = call != 0 and call == _thread.call and not begins
    _thread.call = call
    return same
