"""Know which record of `logging` is being handled, to tag the lines that its handlers write."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable


class _Thread(threading.local):
    record: logging.LogRecord | None = None
    written = False  # whether the handler has written a line of it


_thread = _Thread()


def current() -> logging.LogRecord | None:
    """Return the record that a handler of the calling thread handles now."""
    return _thread.record


def continues() -> bool:
    """Return whether the handler has written a line of its record before, and note this one."""
    before, _thread.written = _thread.written, True
    return before


def watch(on_exception_logged: Callable[[BaseException], None]) -> None:
    """Note the records from now on, and call `on_exception_logged` with an exception of one.

    A handler on the root logger would change the app: with one, `logging.basicConfig` does nothing.

    Our frame counts as one of logging's. Logging itself, and apps that look for the caller of a
    log function (a recipe of loguru's), skip the frames of that file.
    """
    handle = logging.Handler.handle

    def tapped(handler: logging.Handler, record: logging.LogRecord) -> bool:
        outer = _thread.record, _thread.written
        _thread.record, _thread.written = record, False
        try:
            return bool(handle(handler, record))
        finally:
            _thread.record, _thread.written = outer
            if record.exc_info and isinstance(record.exc_info[1], BaseException):
                on_exception_logged(record.exc_info[1])

    theirs = handle.__code__
    last_line = max(line for *_, line in theirs.co_lines() if line is not None)
    calls_after_lines = 3  # from `def` to the call
    tapped.__code__ = tapped.__code__.replace(
        co_filename=theirs.co_filename,
        co_name=theirs.co_name,
        co_firstlineno=last_line - calls_after_lines,
    )
    logging.Handler.handle = tapped  # type: ignore[method-assign,assignment]
