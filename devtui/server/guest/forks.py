"""Forks of the app that go on in our code: they end there, for there is one server."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import suppress
from typing import NoReturn

_STATUS_OF_ERROR = 1


class _Process:
    """What this process is: a fork of the app's, or one that the app has made forks of."""

    forked = False
    has_forked = False


_process = _Process()


def _note_child() -> None:
    _process.forked = True


def _note_parent() -> None:
    _process.has_forked = True


os.register_at_fork(after_in_child=_note_child, after_in_parent=_note_parent)


def may_live() -> bool:
    """Whether there may be a fork of this process, with copies of its descriptors."""
    return _process.has_forked


def end_if_forked(error: BaseException | None = None) -> None:
    """End the process where the app has made it, by os.fork, and not we.

    To be called where the app's code returns to ours, with what it raised. A fork that went on
    would answer the same request once more, on the same connection, or accept requests of which
    nobody hears.
    """
    if _process.forked:
        _end(error)


def _end(error: BaseException | None) -> NoReturn:
    """As a process ends that returns from its program: tell of the error, flush the streams."""
    status = _STATUS_OF_ERROR
    if error is None or isinstance(error, SystemExit):
        code = None if error is None else error.code
        status = code & 0xFF if isinstance(code, int) else int(code is not None)
    else:
        with suppress(Exception):  # the app may have put anything in the place of stderr
            traceback.print_exception(type(error), error, error.__traceback__)
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()
    os._exit(status)
