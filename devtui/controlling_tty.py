"""The controlling terminal: who is in its foreground, and the modes that it is in."""

from __future__ import annotations

import asyncio
import errno
import os
import select
import signal
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_CC = 6  # where tcgetattr has the control characters


class ControllingTerminal:
    """The terminal behind a descriptor, to be lent to another process group and taken back.

    The kernel lets only the foreground group read, and stops others that try to change anything
    (SIGTTIN, SIGTTOU; see termios(3) and tcsetpgrp(3)). The other group must be of the same
    session.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._modes: list[Any] | None = None

    def hand_over(self, process_group: int) -> None:
        """Put that process group into the foreground, and remember the modes.

        ctrl+z stops nobody there meanwhile: the group is no shell's job, to be continued by it.

        Raises `OSError`: ENOTTY where it is no terminal of ours, and EBUSY where we are not in
        the foreground ourselves, and so have nothing to lend.
        """
        if os.tcgetpgrp(self._fd) != os.getpgrp():
            raise OSError(errno.EBUSY, "devtui runs in the background")
        try:
            self._modes = termios.tcgetattr(self._fd)
            lent = termios.tcgetattr(self._fd)
            lent[_CC][termios.VSUSP] = bytes([os.fpathconf(self._fd, "PC_VDISABLE")])
            termios.tcsetattr(self._fd, termios.TCSADRAIN, lent)
        except termios.error as error:  # which is no OSError
            raise OSError(*error.args) from error
        os.tcsetpgrp(self._fd, process_group)

    def take_back(self) -> None:
        """Be in the foreground again, with the modes as they were; nothing where it is gone."""
        if self._modes is None:
            return
        modes, self._modes = self._modes, None
        with _unstopped():
            try:
                os.tcsetpgrp(self._fd, os.getpgrp())
                termios.tcsetattr(self._fd, termios.TCSADRAIN, modes)
            except (OSError, termios.error):
                return  # the window was closed meanwhile, and SIGHUP tells the rest of us


@contextmanager
def _unstopped() -> Iterator[None]:
    """A background process may change its terminal while SIGTTOU is blocked."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class HangUp:
    """Tells a terminal that has gone from a SIGHUP that somebody sent to say: reload."""

    def __init__(self) -> None:
        """To be made before any such signal comes."""
        self._had_one = _has_terminal()

    def terminal_gone(self) -> bool:
        """Whether there was a controlling terminal, and it is there no more."""
        return self._had_one and not _has_terminal()


class HangUpWatch:
    """Calls back when the terminal behind a descriptor has gone, on the running event loop.

    Only a session leader is sure to get a SIGHUP then. It costs nothing meanwhile. It works where
    there is epoll (Linux), which tells of a hang-up without being asked to tell of input, and does
    nothing elsewhere, nor for a descriptor that is no terminal's.
    """

    def __init__(self, fd: int, on_gone: Callable[[], None]) -> None:
        """`on_gone` is called once."""
        self._on_gone = on_gone
        self._epoll: select.epoll | None = None
        if hasattr(select, "epoll") and os.isatty(fd):
            self._epoll = select.epoll()
            self._epoll.register(fd, 0)
            asyncio.get_running_loop().add_reader(self._epoll.fileno(), self._gone)

    def close(self) -> None:
        """Watch no more."""
        epoll, self._epoll = self._epoll, None
        if epoll is not None:
            asyncio.get_running_loop().remove_reader(epoll.fileno())
            epoll.close()

    def _gone(self) -> None:
        self.close()
        self._on_gone()


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True
