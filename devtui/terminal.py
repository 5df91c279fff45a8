"""The controlling terminal: lend it to the app, notice that it is gone, stop as a shell's job."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import select
import signal
import sys
import termios
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from devtui.events import TerminalWanted
    from devtui.session.terminal.app_tty import AppTty

# Output that the terminal has not accepted yet; above this limit the app has to wait.
_MOST_PENDING = 64 * 1024

_READ_BYTES = 4096
_LAST_SECONDS = 0.5

_CTRL_C = b"\x03"


def no_terminal() -> OSError:
    """Return the error for a devtui that has no terminal to lend."""
    return OSError(errno.ENOTTY, "devtui does not run in a terminal")


class ControllingTerminal:
    """The terminal behind a descriptor; lending it connects it to the app's pseudo-terminal.

    It is in raw mode while it is lent, because the app's terminal handles ctrl+c, echo and lines.
    Use it on the running event loop of the main thread.
    """

    def __init__(self, fd: int, on_interrupt: Callable[[], None], *, reads_keys: bool) -> None:
        """Call `on_interrupt` for a ctrl+c that came too late for the app.

        `reads_keys` means that devtui itself reads keys while the terminal is not lent.
        """
        self._fd = fd
        self._reads_keys = reads_keys
        self._on_interrupt = on_interrupt
        self._modes: list[Any] | None = None
        self._opened = -1
        self._pending = bytearray()
        self._tty: AppTty | None = None

    def check(self) -> None:
        """Raise `OSError` if there is nothing to lend.

        ENOTTY: the descriptor is not our terminal. EBUSY: devtui is not in the foreground.
        """
        try:
            foreground = os.tcgetpgrp(self._fd)
        except OSError as error:  # its text would not say what is wrong
            raise no_terminal() from error
        if foreground != os.getpgrp():
            raise OSError(errno.EBUSY, "devtui runs in the background")

    def lend(self, tty: AppTty, wanted: TerminalWanted, announcement: str) -> None:
        """Connect the terminal with the app's terminal, until `take_back`.

        Write the announcement first: a ctrl+c after that line is for the app. Raises `OSError` as
        `check` does.
        """
        self.check()
        try:
            self._modes = termios.tcgetattr(self._fd)
            termios.tcsetattr(self._fd, termios.TCSADRAIN, _raw(termios.tcgetattr(self._fd)))
        except termios.error as error:  # not an OSError
            raise OSError(*error.args) from error
        self._opened = self._open()
        loop = asyncio.get_running_loop()
        loop.add_reader(self._opened, self._readable)
        loop.add_signal_handler(signal.SIGWINCH, self._resized)
        self._tty = tty
        self._resized()
        self._show(f"{announcement}\r\n".encode("utf-8", "backslashreplace"))
        tty.lend(self._show, for_program=wanted.purpose == "program")

    def take_back(self) -> None:
        """Disconnect the terminal and restore its modes; do nothing if it is not lent."""
        tty, self._tty = self._tty, None
        unread = b"" if tty is None else tty.take_back()
        if self._opened >= 0:
            loop = asyncio.get_running_loop()
            loop.remove_signal_handler(signal.SIGWINCH)
            loop.remove_reader(self._opened)
            loop.remove_writer(self._opened)
            self._show_last()
        modes, self._modes = self._modes, None
        if modes is not None:
            # It fails if the window was closed, which SIGHUP handles.
            with suppress(termios.error):
                termios.tcsetattr(self._fd, termios.TCSADRAIN, modes)
        if self._opened >= 0:
            if not self._reads_keys:
                with suppress(OSError):  # keys that did not reach the app: mostly none
                    unread += os.read(self._opened, _READ_BYTES)
            os.close(self._opened)
            self._opened = -1
        if _CTRL_C in unread:
            self._on_interrupt()

    def _open(self) -> int:
        """Open the terminal again: non-blocking mode must not affect the others that use it."""
        flags = os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            return os.open(os.ttyname(self._fd), flags)
        except OSError:  # it has no name here, as in a container whose terminal is outside
            return os.open("/dev/tty", flags)

    def _readable(self) -> None:
        assert self._tty is not None
        try:
            data = os.read(self._opened, _READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._tty.type(data)
        else:  # the window was closed
            asyncio.get_running_loop().remove_reader(self._opened)

    def _show(self, data: bytes) -> None:
        self._pending += data
        self._write()

    def _write(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._pending:
                del self._pending[: os.write(self._opened, self._pending)]
        except BlockingIOError:
            loop.add_writer(self._opened, self._write)
        except OSError:
            self._pending.clear()
        if not self._pending:
            loop.remove_writer(self._opened)
        if self._tty is not None:
            self._tty.pause(len(self._pending) > _MOST_PENDING)

    def _show_last(self) -> None:
        """Write the rest, as long as the terminal accepts it."""
        writable = select.poll()
        writable.register(self._opened, select.POLLOUT)
        while self._pending and writable.poll(_LAST_SECONDS * 1000):
            self._write()
        self._pending.clear()

    def _resized(self) -> None:
        with suppress(OSError):
            size = fcntl.ioctl(self._fd, termios.TIOCGWINSZ, bytes(8))
            if self._tty is not None:
                self._tty.set_size(size)


def _raw(modes: list[Any]) -> list[Any]:
    """Return raw modes, which pass every byte unchanged; see cfmakeraw(3)."""
    iflag, oflag, cflag, lflag, *rest = modes
    iflag &= ~(termios.IGNBRK | termios.BRKINT | termios.PARMRK | termios.ISTRIP)
    iflag &= ~(termios.INLCR | termios.IGNCR | termios.ICRNL | termios.IXON)
    oflag &= ~termios.OPOST
    lflag &= ~(termios.ECHO | termios.ECHONL | termios.ICANON | termios.ISIG | termios.IEXTEN)
    return [iflag, oflag, cflag & ~(termios.CSIZE | termios.PARENB) | termios.CS8, lflag, *rest]


class HangUp:
    """Tells a SIGHUP because the terminal is gone from one that asks for a restart."""

    def __init__(self) -> None:
        """Create it before any such signal can come."""
        self._had_one = _has_terminal()

    def terminal_gone(self) -> bool:
        """Whether there was a controlling terminal that is gone now."""
        return self._had_one and not _has_terminal()


class HangUpWatch:
    """Calls back on the running event loop when the terminal behind a descriptor is gone.

    Only a session leader is sure to get a SIGHUP then. Watching costs nothing. It needs epoll
    (Linux), which reports a hang-up without reporting input; on other systems, and for a
    descriptor that is not a terminal, it does nothing.
    """

    def __init__(self, fd: int, on_gone: Callable[[], None]) -> None:
        """Call `on_gone` once."""
        self._on_gone = on_gone
        self._watching = ExitStack()
        if sys.platform == "linux" and os.isatty(fd):
            epoll = self._watching.enter_context(select.epoll())
            epoll.register(fd, 0)
            loop = asyncio.get_running_loop()
            loop.add_reader(epoll.fileno(), self._gone)
            self._watching.callback(loop.remove_reader, epoll.fileno())

    def close(self) -> None:
        """Stop watching."""
        self._watching.close()

    def _gone(self) -> None:
        self.close()
        self._on_gone()


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def can_suspend() -> bool:
    """Whether a shell can continue us: a parent in our session but not in our process group.

    A program that the terminal's window starts directly has no such parent. The kernel does not
    stop such an orphaned process group on ctrl+z either; see setpgid(2).
    """
    group, session = os.getpgrp(), os.getsid(0)
    pid = os.getppid()
    try:
        while pid > 0 and os.getsid(pid) == session:
            if os.getpgid(pid) != group:
                return True
            import psutil  # few shells start us through another program

            pid = psutil.Process(pid).ppid()
    except Exception:
        return False  # the parent has exited, or belongs to another user, or psutil is broken
    return False


def suspend() -> None:
    """Stop the whole process group as the terminal does on ctrl+z, so that wrappers stop too."""
    os.killpg(os.getpgrp(), signal.SIGTSTP)
