"""Start a Python interpreter that becomes a server process and waits for its orders.

The program starts the first one before it has read its own command line, so this module must be
imported quickly: it uses small parts of the standard library only, such as the C part of `socket`,
and `os.posix_spawn` itself. `subprocess` does all that `Child` does, but with its import the
process starts after 10.3 ms instead of 1.4 ms (medians).
"""

from __future__ import annotations

import os
import sys
from _socket import socketpair

from devtui.server_script import SERVER_SCRIPT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SIGKILL = 9  # POSIX fixes the number; `signal` takes some milliseconds to import

_STANDARD = 3  # the descriptors 0, 1 and 2

# Python's command line options for each of its flags; `-X` and `-W` have values.
_OPTIONS = {
    "debug": "-d",
    "optimize": "-O",
    "dont_write_bytecode": "-B",
    "no_user_site": "-s",
    "no_site": "-S",
    "ignore_environment": "-E",
    "verbose": "-v",
    "bytes_warning": "-b",
    "quiet": "-q",
    "isolated": "-I",
    "safe_path": "-P",  # from Python 3.11 on
}

_HERE = os.path.dirname(os.path.abspath(__file__))
_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(_HERE)))


class Interpreter:
    """The process and our ends of its channel, its standard output and its standard error.

    The channel is a stream socket; it and the two pipes are descriptors. `tty` has both ends of the
    process's own terminal, or is None if devtui runs without one. The process starts with
    `environment`, and with `arguments` as its `sys.argv`. The owner sets `taken`, and then has to
    end it. Raises `OSError` if the system has no room for it.

    `python` runs it, None means our own. Another one gets the folders in which our modules are, for
    those that it lacks.
    """

    def __init__(
        self,
        generation: int,
        environment: Mapping[str, str],
        arguments: Sequence[str],
        python: str | None = None,
    ) -> None:
        self.generation = generation
        self.python = python
        self.taken = False
        ours, theirs = socketpair()
        ends = (ours.detach(), theirs.detach(), *os.pipe(), *os.pipe())
        self.channel, passed, self.stdout, stdout, self.stderr, stderr = map(
            above_the_standard, ends
        )
        self.tty = None if "--json" in arguments else _open_terminal()
        folders = [_ROOT]
        if python is not None:
            folders += _folders_of_packages()
            environment = _without_ours(environment)
        folder = os.pathsep.join(folders)
        script = [os.path.join(_ROOT, SERVER_SCRIPT), str(passed), str(generation), folder]
        command = [python or sys.executable, *options(), *script, *arguments]
        try:
            terminal = None if self.tty is None else os.ttyname(self.tty[1])
            self.child = Child(command, environment, stdout, stderr, passed, terminal)
        except BaseException:
            self._close()
            raise
        finally:
            for fd in (passed, stdout, stderr):
                os.close(fd)

    def discard(self) -> None:
        """Kill and reap it unless it has an owner; its output is lost."""
        if self.taken:
            return
        self.taken = True
        self.child.kill()
        self.child.wait()
        self._close()

    def _close(self) -> None:
        for fd in (self.channel, self.stdout, self.stderr, *(self.tty or ())):
            os.close(fd)


def _open_terminal() -> tuple[int, int] | None:
    """Open a terminal for the process if somebody is there to type.

    Without one, a program that asks on the terminal fails at once, as it would below devtui's own.
    """
    if not (os.isatty(0) and os.isatty(1)):
        return None
    try:
        master, slave = os.openpty()
    except OSError:
        return None  # as in a root folder without /dev/pts
    return above_the_standard(master), above_the_standard(slave)


def _folders_of_packages() -> list[str]:
    """Return where our interpreter has its packages."""
    names = ("site-packages", "dist-packages")
    return [path for path in sys.path if os.path.basename(path) in names]


def _without_ours(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return the variables as they were before our own environment was activated."""
    if sys.prefix == sys.base_prefix or environment.get("VIRTUAL_ENV") != sys.prefix:
        return environment
    ours = os.path.join(sys.prefix, "bin")
    kept = {name: value for name, value in environment.items() if name != "VIRTUAL_ENV"}
    if "PATH" in kept:
        places = kept["PATH"].split(os.pathsep)
        kept["PATH"] = os.pathsep.join(place for place in places if place != ours)
    return kept


def options() -> list[str]:
    """Return the options of our own interpreter, which were meant for the app.

    An example is `python -X dev -W error -m devtui`. They include the options from environment
    variables, which does no harm.
    """
    found = [
        option for flag, option in _OPTIONS.items() for _ in range(getattr(sys.flags, flag, 0))
    ]
    found += [f"-W{warning}" for warning in sys.warnoptions]
    for name, value in sys._xoptions.items():
        found.append(f"-X{name}" if value is True else f"-X{name}={value}")
    return found


class Child:
    """A program that reads a terminal or nothing, and writes to the given descriptors.

    Of all other descriptors it inherits `passed` alone. It runs in a session of its own, in which
    `terminal` (a path), if given, is its input and the controlling terminal. Raises `OSError` if it
    cannot be started, and `ValueError` if an argument or a variable has a NUL in it.

    `returncode` is None until `poll` or `wait` saw the end; then it is the exit status, or the
    negative number of the signal that ended it. One thread at a time may call these.
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
                # The first terminal that the leader of a session opens becomes the controlling one.
                (os.POSIX_SPAWN_OPEN, 0, terminal, os.O_RDWR, 0)
                if terminal
                else (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, stdout, 1),
                (os.POSIX_SPAWN_DUP2, stderr, 2),
                *((os.POSIX_SPAWN_CLOSE, fd) for fd in others),
            ]
            self.pid = os.posix_spawn(
                command[0], command, environment, file_actions=actions, setsid=True
            )
        finally:
            os.set_inheritable(passed, False)

    def poll(self) -> int | None:
        """Return the exit status, or None while it runs."""
        self._reap(os.WNOHANG)
        return self.returncode

    def wait(self) -> int:
        """Wait for its end, without a deadline, and return the exit status."""
        self._reap(0)
        assert self.returncode is not None
        return self.returncode

    def wait_for_change(self) -> int:
        """Wait until a signal stops it (its number), it goes on (0), or it ends (-1).

        An ended process stays unreaped if possible. So its pid is not reused, and its group can
        still be killed without hitting another one. waitid came to macOS with Python 3.13.
        """
        if not hasattr(os, "waitid"):
            return self._reap_change()
        anything = os.WEXITED | os.WSTOPPED | os.WCONTINUED
        try:
            change = os.waitid(os.P_PID, self.pid, anything | os.WNOWAIT)
            if change is not None and change.si_code in (os.CLD_STOPPED, os.CLD_CONTINUED):
                # Consume this change, so that the next wait waits for the next one. The state may
                # have changed again between the two calls.
                taken = os.WSTOPPED | os.WCONTINUED | os.WNOHANG
                change = os.waitid(os.P_PID, self.pid, taken) or change
                return change.si_status if change.si_code == os.CLD_STOPPED else 0
        except ChildProcessError:
            pass  # SIGCHLD is ignored, which a child inherits; then an error reports the end
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
        """Send SIGKILL, unless `poll` or `wait` saw the end."""
        if self.returncode is None:
            os.kill(self.pid, _SIGKILL)

    def _reap(self, options: int) -> None:
        if self.returncode is not None:
            return
        try:
            pid, status = os.waitpid(self.pid, options)
        except ChildProcessError:
            # SIGCHLD is ignored, which a child inherits; then the system keeps no status.
            self.returncode = 0
            return
        if pid:
            self.returncode = os.waitstatus_to_exitcode(status)


def above_the_standard(fd: int) -> int:
    """Duplicate a descriptor to a number above 2, and close the given one.

    A program may be started with its standard descriptors closed. Then the first files that it
    opens get their numbers.
    """
    low = []
    while fd < _STANDARD:
        low.append(fd)
        fd = os.dup(fd)
    for one in low:
        os.close(one)
    return fd


def _inheritable() -> list[int]:
    """Return the descriptors that our children would inherit, without the standard ones.

    Python makes its own descriptors uninheritable (PEP 446). These come from the program that has
    started us, like those of a shell's `<(...)`.
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
