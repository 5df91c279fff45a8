"""Know which record `logging` is handling, to tag the lines that its handlers write."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable


class _Thread(threading.local):
    record: logging.LogRecord | None = None
    written = False  # whether the handler has written a line of it


_thread = _Thread()


def current() -> logging.LogRecord | None:
    """Return the record that a handler in the calling thread is handling."""
    return _thread.record


def continues() -> bool:
    """Return whether the handler has written a line of this record before; note that it has now."""
    before, _thread.written = _thread.written, True
    return before


def watch(on_exception_logged: Callable[[BaseException], None]) -> None:
    """From now on note the records, and call `on_exception_logged` with their exceptions.

    Do not add a handler to the root logger: `logging.basicConfig` would do nothing then.

    Our frame looks like one of logging's, because logging, and apps that look for the caller of a
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
