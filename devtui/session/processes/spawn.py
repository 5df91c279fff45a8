"""A Python interpreter, started to be a server process, that waits for its orders.

The program starts the first one before it has read its own command line, so this module must cost
next to nothing to import: it takes the standard library's smallest parts alone, and of `socket`
the part that is written in C.
"""

from __future__ import annotations

import os
import sys
from _socket import socketpair

from devtui.session.processes.child import Child, above_the_standard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# What the interpreter runs ends with what a server process is known by among others. `-c` puts
# the current folder first in sys.path, where a file of the user's could stand in for a module of
# ours; the app's folder is put there by the loader, after we are imported. The third argument is
# where the session itself has found devtui, which need not be site-packages.
MARK = "from devtui.server.boot import main; main()"
_BOOT = f"import sys; sys.path[:] = [*filter(None, sys.path), sys.argv[3]]; {MARK}"

# What stands on Python's command line for each of its flags; `-X` and `-W` have values.
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

    The channel is a stream socket; it and the two pipes are descriptors. `tty` has both ends of
    the process's own terminal; None where devtui runs in none. The process starts with
    `environment`, and with `arguments` as its `sys.argv`. Who takes it on sets
    `taken`, and then has to end it. Raises `OSError` where the system has no room for it.
    """

    def __init__(
        self, generation: int, environment: Mapping[str, str], arguments: Sequence[str]
    ) -> None:
        self.generation = generation
        self.taken = False
        ours, theirs = socketpair()
        ends = (ours.detach(), theirs.detach(), *os.pipe(), *os.pipe())
        self.channel, passed, self.stdout, stdout, self.stderr, stderr = map(
            above_the_standard, ends
        )
        self.tty = None if "--json" in arguments else _open_terminal()
        ours_first = [str(passed), str(generation), _ROOT]
        command = [sys.executable, *_options(), "-c", _BOOT, *ours_first, *arguments]
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
        """Kill and reap it, where nobody has taken it on; what it said is lost."""
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
    """A terminal for the process, where somebody is there to type; else it has none.

    Then whatever asks on the terminal fails at once, as it does where devtui has none either.
    """
    if not (os.isatty(0) and os.isatty(1)):
        return None
    try:
        master, slave = os.openpty()
    except OSError:
        return None  # as in a root folder without /dev/pts
    return above_the_standard(master), above_the_standard(slave)


def _options() -> list[str]:
    """The options that our own interpreter was started with: they were meant for the app.

    As in `python -X dev -W error -m devtui`. Those of the environment are among them, to no harm.
    """
    options = [
        option for flag, option in _OPTIONS.items() for _ in range(getattr(sys.flags, flag, 0))
    ]
    options += [f"-W{warning}" for warning in sys.warnoptions]
    for name, value in sys._xoptions.items():
        options.append(f"-X{name}" if value is True else f"-X{name}={value}")
    return options
