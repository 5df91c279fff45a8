"""Find programs that wait for a person at a terminal, in Linux's /proc; see proc(5).

The system does not report a program that opens the terminal and reads. Without /proc, only the
question that a program has written gives it away.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress

import msgspec

from devtui.session.terminal import blocked_on

_TTY = "/dev/tty"
_ACCESS_MODE = 3
_MAX_NAME = 40


class TtyReader(msgspec.Struct, frozen=True):
    """A process that waits for a person; not `sure` if it only has the terminal open."""

    pid: int
    name: str
    sure: bool = True


def can_look() -> bool:
    """Whether this system shows which program reads."""
    return os.path.exists("/proc/self/task")


def reader_of(server: int, tty: str, *, expecting: bool) -> TtyReader | None:
    """Return the process that waits for the terminal `tty`: the server process or a child.

    `expecting` means that there is a question, or that a program has changed the terminal's modes.
    Then two more kinds of programs count: those that wait in another call than read(2), as the
    readline library does, and those that have it open but may not be inspected, such as sudo.
    """
    for pid in family(server):
        if _is_terminal(pid, blocked_on.reads(pid), tty):
            return TtyReader(pid, _name(pid))
        if expecting and pid != server:
            try:
                if _is_terminal(pid, blocked_on.polls(pid), tty):
                    return TtyReader(pid, _name(pid))
            except blocked_on.Unreadable:
                if _has_open(pid, server, tty):
                    return TtyReader(pid, _name(pid), sure=False)
    return None


def family(server: int) -> Iterator[int]:
    """Yield the process and all that it has started in its session, in any process group."""
    yield server
    for thread in _listed(f"/proc/{server}/task"):
        for child in map(int, _read(f"/proc/{server}/task/{thread}/children").split()):
            yield from family(child)


def _is_terminal(pid: int, descriptors: set[int], tty: str) -> bool:
    for descriptor in descriptors:
        with suppress(OSError):  # it was closed since, or the process has ended
            if os.readlink(f"/proc/{pid}/fd/{descriptor}") in (tty, _TTY):
                return True
    return False


def _has_open(pid: int, server: int, tty: str) -> bool:
    """Whether a process has the terminal open to read. Assume it for another user's process."""
    try:
        if os.getsid(pid) != server:
            return False
        numbers = os.listdir(f"/proc/{pid}/fd")
    except PermissionError:
        return True  # another user's, such as sudo
    except OSError:
        return False
    for number in numbers:
        with suppress(OSError, StopIteration, ValueError):
            if os.readlink(f"/proc/{pid}/fd/{number}") in (tty, _TTY):
                lines = _read(f"/proc/{pid}/fdinfo/{number}").splitlines()
                flags = next(line for line in lines if line.startswith("flags:"))
                if int(flags.split()[1], 8) & _ACCESS_MODE != os.O_WRONLY:
                    return True
    return False


def _name(pid: int) -> str:
    return _read(f"/proc/{pid}/comm").strip()[:_MAX_NAME] or "a program"


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []  # it has ended


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""  # it has ended, or is another user's
