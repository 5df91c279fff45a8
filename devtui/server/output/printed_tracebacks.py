"""Know which writes print one traceback: the text alone does not tell a note from other output."""

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
    """Return whether the caller's caller continues to print a traceback, in the same call."""
    begins = data[: len(_HEADER)] == _HEADER
    if not begins and not _thread.call:
        return False
    frame = sys._getframe(2)
    call = id(frame) if frame.f_code is _PRINTS else 0
    # The frame of the next call often has the same id.
    same = call != 0 and call == _thread.call and not begins
    _thread.call = call
    return same
