"""Replace the standard descriptors and `sys.stdin` by the terminal."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from typing import TextIO

_STANDARD = (0, 1, 2)
_LFLAG = 3  # the index of the local modes in tcgetattr's list


class StandardStreams:
    """Put a terminal behind the descriptors 0, 1 and 2, and restore them."""

    def __init__(self) -> None:
        self.stdin: TextIO | None = None
        """The stream that reads the terminal, None without it."""
        self._saved: tuple[int | None, ...] = ()  # None: it was closed
        self._saved_stdin: TextIO | None = None

    def take(self, path: str) -> None:
        """Put the terminal there. Raise `OSError` if it cannot be opened."""
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
            # Imported now that it finds the terminal. input() needs it for editing and history.
            import readline  # noqa: F401
        # input() checks it: its descriptor must be 0, and the encoding the terminal's.
        self._saved_stdin = sys.stdin
        self.stdin = open(0, encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115
        sys.stdin = self.stdin

    def put_back(self) -> None:
        """Restore the descriptors."""
        # At once, not only when the front end hears of it: ctrl+c right after the last command is
        # meant for devtui, which finds it unread.
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
    """Let ctrl+c and the like send signals, or not."""
    import termios

    with suppress(termios.error):  # the window was closed
        modes = termios.tcgetattr(tty)
        modes[_LFLAG] = (modes[_LFLAG] & ~termios.ISIG) | (termios.ISIG if on else 0)
        termios.tcsetattr(tty, termios.TCSANOW, modes)


def _copy(fd: int) -> int | None:
    """Duplicate a descriptor to a number above 2; the app may have closed 0, 1 or 2."""
    import fcntl  # few apps ever ask a person anything

    try:
        return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 3)
    except OSError as error:
        if error.errno != errno.EBADF:
            raise
        return None
