"""What a terminal does with its input: its modes, as tcgetattr(3) returns them."""

from __future__ import annotations

import os
import select
import signal
import termios
from contextlib import suppress
from functools import cache
from typing import Any

_LFLAG, _CC = 3, 6  # the indices of the local modes and the special characters in tcgetattr's list
_SIGNALS = {termios.VINTR: signal.SIGINT, termios.VQUIT: signal.SIGQUIT}
_WAIT_MS = 10
_READ_BYTES = 64 * 1024


def be_as_at_start(tty: int) -> None:
    """Give a terminal the modes that devtui's own had before a front end changed them.

    The first call must come before that.
    """
    modes = _at_start()
    if modes is not None:
        with suppress(termios.error):
            termios.tcsetattr(tty, termios.TCSANOW, modes)


def is_usual(tty: int) -> bool:
    """Whether input comes line by line, and is shown."""
    usual = termios.ICANON | termios.ECHO
    try:
        return bool(termios.tcgetattr(tty)[_LFLAG] & usual == usual)
    except termios.error:
        return True


def set_signals(tty: int, *, on: bool) -> None:
    """Have special characters send signals, or not, unless a program has set up raw input."""
    with suppress(termios.error):
        modes = termios.tcgetattr(tty)
        if modes[_LFLAG] & termios.ICANON:
            modes[_LFLAG] = (modes[_LFLAG] & ~termios.ISIG) | (termios.ISIG if on else 0)
            termios.tcsetattr(tty, termios.TCSANOW, modes)


def signals_of(tty: int, data: bytes) -> list[tuple[bytes, signal.Signals]]:
    """Return the special characters in what was typed, and the signals that they send."""
    try:
        modes = termios.tcgetattr(tty)
    except termios.error:
        return []
    if not modes[_LFLAG] & termios.ISIG:
        return []
    return [(modes[_CC][key], sent) for key, sent in _SIGNALS.items() if modes[_CC][key] in data]


def typed_ahead(tty: int) -> bytes:
    """Remove and return what was typed and not read: it was not meant for the next reader.

    A program that still reads would keep us waiting, so this uses an open file of its own: the
    app's must stay as it is.
    """
    try:
        own = os.open(os.ttyname(tty), os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""  # the terminal is gone
    try:
        modes = termios.tcgetattr(tty)
        raw = termios.tcgetattr(tty)
        raw[_LFLAG] &= ~(termios.ICANON | termios.ECHO)
        raw[_CC][termios.VMIN] = raw[_CC][termios.VTIME] = 0
        termios.tcsetattr(tty, termios.TCSANOW, raw)
        try:
            poll = select.poll()  # the kernel may pass it on a little later
            poll.register(own, select.POLLIN)
            poll.poll(_WAIT_MS)
            return os.read(own, _READ_BYTES)
        finally:
            termios.tcsetattr(tty, termios.TCSANOW, modes)
    except (OSError, termios.error):
        return b""
    finally:
        os.close(own)


def end_of_input(tty: int) -> bytes:
    """Return the keys that discard the unfinished line and end the input; empty if none do."""
    try:
        modes = termios.tcgetattr(tty)
    except termios.error:
        return b""
    if not modes[_LFLAG] & termios.ICANON:
        return b""
    return bytes(modes[_CC][termios.VKILL] + modes[_CC][termios.VEOF])


@cache
def _at_start() -> list[Any] | None:
    try:
        return termios.tcgetattr(0)
    except termios.error:
        return None
