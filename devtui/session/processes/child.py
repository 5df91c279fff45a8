"""A child process that was started with `os.posix_spawn`: its number, its end, its status.

The standard library's `subprocess` does all this and more, but its import takes as long as half
an interpreter's start, and the first server process is to be started before anything else is done.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_SIGKILL = 9  # POSIX fixes the number; `signal` takes some milliseconds to import

_STANDARD = 3  # the descriptors 0, 1 and 2


class Child:
    """A program that was started with nothing to read, and writes to the descriptors given.

    Of all others it inherits `passed` alone. It gets a session of its own, in which `terminal` (a
    path) is the controlling terminal; without, there is none. Raises `OSError` where it cannot be
    started, and `ValueError` where an argument or a variable has a NUL in it.

    `returncode` is None until the end was seen by `poll` or `wait`; then it is the exit status,
    or the negative number of the signal that ended it. One thread at a time may call these.
    """

    def __init__(
        self,
        command: list[str],
        environment: Mapping[str, str],
        stdout: int,
        stderr: int,
        passed: int,
        terminal: str | None = None,
    ) -> None:
        self.returncode: int | None = None
        os.set_inheritable(passed, True)
        try:
            others = [fd for fd in _inheritable() if fd != passed]
            actions = [
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, stdout, 1),
                (os.POSIX_SPAWN_DUP2, stderr, 2),
                *((os.POSIX_SPAWN_CLOSE, fd) for fd in others),
            ]
            if terminal is not None:
                # The first that the leader of a session opens becomes the controlling one.
                actions.insert(0, (os.POSIX_SPAWN_OPEN, 0, terminal, os.O_RDWR, 0))
            self.pid = os.posix_spawn(
                command[0], command, environment, file_actions=actions, setsid=True
            )
        finally:
            os.set_inheritable(passed, False)

    def poll(self) -> int | None:
        """The return code, or None while it runs."""
        self._reap(os.WNOHANG)
        return self.returncode

    def wait(self) -> int:
        """Wait for its end, without a deadline, and return the return code."""
        self._reap(0)
        assert self.returncode is not None
        return self.returncode

    def wait_for_change(self) -> int:
        """Wait until a signal stops it (its number), it goes on (0), or it ends (-1).

        One that has ended is left to be reaped where that is possible: so it keeps its number, and
        its group can still be killed without hitting a stranger's. waitid came to macOS with
        Python 3.13.
        """
        if not hasattr(os, "waitid"):
            return self._reap_change()
        anything = os.WEXITED | os.WSTOPPED | os.WCONTINUED
        try:
            change = os.waitid(os.P_PID, self.pid, anything | os.WNOWAIT)
            if change is not None and change.si_code in (os.CLD_STOPPED, os.CLD_CONTINUED):
                # Taken off, so that the next wait waits for the next change. It may have changed
                # once more between the two calls.
                taken = os.WSTOPPED | os.WCONTINUED | os.WNOHANG
                change = os.waitid(os.P_PID, self.pid, taken) or change
                return change.si_status if change.si_code == os.CLD_STOPPED else 0
        except ChildProcessError:
            pass  # where SIGCHLD is ignored, which is inherited, its end is told by an error
        return -1

    def _reap_change(self) -> int:
        try:
            _, status = os.waitpid(self.pid, os.WUNTRACED | os.WCONTINUED)
        except ChildProcessError:
            self.returncode = 0
            return -1
        if os.WIFSTOPPED(status):
            return os.WSTOPSIG(status)
        if os.WIFCONTINUED(status):
            return 0
        self.returncode = os.waitstatus_to_exitcode(status)
        return -1

    def kill(self) -> None:
        """Send SIGKILL, where its end was not seen yet."""
        if self.returncode is None:
            os.kill(self.pid, _SIGKILL)

    def _reap(self, options: int) -> None:
        if self.returncode is not None:
            return
        try:
            pid, status = os.waitpid(self.pid, options)
        except ChildProcessError:
            # Where SIGCHLD is ignored, which is inherited, the system keeps no status.
            self.returncode = 0
            return
        if pid:
            self.returncode = os.waitstatus_to_exitcode(status)


def above_the_standard(fd: int) -> int:
    """The same open file under a number that is not 0, 1 or 2; the given one is closed then.

    A program may be started with its standard descriptors closed, and what it opens first gets
    their numbers.
    """
    low = []
    while fd < _STANDARD:
        low.append(fd)
        fd = os.dup(fd)
    for one in low:
        os.close(one)
    return fd


def _inheritable() -> list[int]:
    """Our descriptors that a program started by us would have too, but for the standard ones.

    Python makes all its own uninheritable (PEP 446): these come from whoever has started us, as
    those of a shell's `<(...)` do.
    """
    found = []
    for name in os.listdir("/dev/fd"):
        fd = int(name)
        try:
            if fd >= _STANDARD and os.get_inheritable(fd):
                found.append(fd)
        except OSError:
            continue  # the one that listed the folder
    return found
