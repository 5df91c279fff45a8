"""The terminal in the place of the standard descriptors, and of `sys.stdin`."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from typing import TextIO

_STANDARD = (0, 1, 2)
_LFLAG = 3  # where tcgetattr has the local modes


class StandardStreams:
    """Puts a terminal behind the descriptors 0, 1 and 2, and back what was there before."""

    def __init__(self) -> None:
        self.stdin: TextIO | None = None
        """What reads the terminal; None where it is not here."""
        self._saved: tuple[int | None, ...] = ()  # None: it was closed
        self._saved_stdin: TextIO | None = None

    def take(self, path: str) -> None:
        """Put the terminal there. Raises `OSError` where it cannot be opened."""
        opened = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        tty = _copy(opened)
        os.close(opened)
        assert tty is not None
        self._saved = tuple(map(_copy, _STANDARD))
        for fd in _STANDARD:
            os.dup2(tty, fd)
        os.close(tty)
        _send_signals(0, on=True)
        with suppress(ImportError):
            # Now that it finds the terminal: without it, input() offers neither editing nor
            # history.
            import readline  # noqa: F401
        # What input() looks at: its descriptor must be 0, and the encoding the terminal's.
        self._saved_stdin = sys.stdin
        self.stdin = open(0, encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115
        sys.stdin = self.stdin

    def put_back(self) -> None:
        """Put back what was there."""
        # At once, and not only when the front end hears of it: a ctrl+c that is pressed right
        # after the last command is meant for devtui, which finds it unread.
        _send_signals(0, on=False)
        for fd, saved in enumerate(self._saved):
            if saved is None:
                os.close(fd)
            else:
                os.dup2(saved, fd)
                os.close(saved)
        self._saved = ()
        if self.stdin is not None:
            sys.stdin, self._saved_stdin, self.stdin = self._saved_stdin, None, None


def _send_signals(tty: int, *, on: bool) -> None:
    """Whether ctrl+c and the like send signals to us, or are characters like any other."""
    import termios

    with suppress(termios.error):  # the window was closed
        modes = termios.tcgetattr(tty)
        modes[_LFLAG] = (modes[_LFLAG] & ~termios.ISIG) | (termios.ISIG if on else 0)
        termios.tcsetattr(tty, termios.TCSANOW, modes)


def _copy(fd: int) -> int | None:
    """Another descriptor of the same, none of 0, 1 and 2, which the app may have closed."""
    import fcntl  # few apps ever ask a person anything

    try:
        return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 3)
    except OSError as error:
        if error.errno != errno.EBADF:
            raise
        return None
