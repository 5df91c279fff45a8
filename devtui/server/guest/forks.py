"""End forks of the app that continue in our code."""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

_STATUS_OF_ERROR = 1

_LONG_SECONDS = 3600.0


class _Process:
    """Whether this process is a fork, and whether it has forked."""

    forked = False
    has_forked = False
    forking: object = None
    """The greenlet that has forked, if there are any."""


_process = _Process()


def _note_child() -> None:
    _process.forked = True
    _process.forking = _greenlet()


def _note_parent() -> None:
    _process.has_forked = True


os.register_at_fork(after_in_child=_note_child, after_in_parent=_note_parent)


def may_live() -> bool:
    """Whether a fork may hold copies of our descriptors."""
    return _process.has_forked


def end_if_forked(error: BaseException | None = None) -> None:
    """End this process if it is a fork that the app has made.

    Call this where the app's code returns to ours, with the exception it raised. The fork would
    answer the same request again on the same connection, or accept requests that nobody records.
    """
    if _process.forked:
        _leave_to_other_greenlets()
        _end(error)


def stay_out(let_go: Callable[[], object] = lambda: None) -> None:
    """Leave our work to the process that serves, if this is a fork of it.

    Call this where our code goes on after a wait. In a fork under gevent or eventlet all greenlets
    go on, including ours. They would take requests from the process that serves. `let_go` ends
    whatever still watches our sockets.
    """
    if _process.forked:
        _leave_to_other_greenlets(let_go)
        _end(None)


def _greenlet() -> object:
    greenlets: Any = sys.modules.get("greenlet")
    return None if greenlets is None else greenlets.getcurrent()


def _leave_to_other_greenlets(let_go: Callable[[], object] = lambda: None) -> None:
    """Sleep for ever if another greenlet has forked: that one works for the app, and ends the fork.

    SQLAlchemy has greenlets too, but none of them runs our code.
    """
    if _greenlet() is _process.forking:
        return
    let_go()
    library: Any = sys.modules.get("gevent") or sys.modules.get("eventlet") or time
    while True:
        library.sleep(_LONG_SECONDS)


def _end(error: BaseException | None) -> NoReturn:
    """End like a program that returns: print the error and flush the streams."""
    status = _STATUS_OF_ERROR
    if error is None or isinstance(error, SystemExit):
        code = None if error is None else error.code
        status = code & 0xFF if isinstance(code, int) else int(code is not None)
    else:
        with suppress(Exception):  # the app may have replaced stderr
            traceback.print_exception(type(error), error, error.__traceback__)
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()
    os._exit(status)
