"""Find and end processes of the app that have left the server's process group.

One call kills a process group, but a process that calls setsid or setpgid leaves it. Such a process
is still recognised: it holds a pipe that only the server's family has, or it is a child of the
server. Another program in its own session is meant to stay, and does: a daemon, or a browser that
the app has opened.

All of this is read from Linux's /proc (https://docs.kernel.org/filesystems/proc.html). On other
systems these processes are not found.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from devtui.ports import process_info

# How long such a process may take to end after SIGTERM.
TERM_SECONDS = 0.5

_LOOK_SECONDS = 0.01

# Indices of the fields after the name in /proc/<pid>/stat; see proc_pid_stat(5).
_STATE = 0
_STARTED = 19


class _Process(NamedTuple):
    """A process; its start time tells it from a later one with the same pid."""

    pid: int
    started: int

    @property
    def lives(self) -> bool:
        """Whether it has not ended."""
        return _process(self.pid) == self

    def send(self, number: int) -> None:
        """Send a signal if it lives."""
        if self.lives:
            with suppress(OSError):  # it has just ended, or has become another user's
                os.kill(self.pid, number)


class Leftovers:
    """Remember how to recognise members of the servers' families, and end them."""

    def __init__(self) -> None:
        self._pipes: set[str] = set()
        self._sessions = {os.getsid(0)}
        self._escaped: list[_Process] = []

    def watch(self, *descriptors: int, session: int | None = None) -> None:
        """Count every process in the session, or with one of these pipes open, as family."""
        if session is not None:
            self._sessions.add(session)
        self._pipes.update(f"pipe:[{os.fstat(fd).st_ino}]" for fd in descriptors)

    def note(self, server: int) -> None:
        """Look for forks that have left the group. The server process must still live."""
        command = _command(server)
        for pid in descendants(server):
            with suppress(ProcessLookupError):
                if os.getpgid(pid) != server and _command(pid) == command:
                    self._escaped += filter(None, [_process(pid)])

    def end(self) -> None:
        """End all that are left with SIGTERM, and with SIGKILL after `TERM_SECONDS`. Blocks."""
        found = self._found()
        for process in found:
            process.send(signal.SIGTERM)
        deadline = time.monotonic() + TERM_SECONDS
        while any(process.lives for process in found) and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)
        for process in found:
            process.send(signal.SIGKILL)

    def _found(self) -> list[_Process]:
        found = [process for process in self._escaped if process.lives]
        us = _process(os.getpid())
        if us is None:
            return found
        for pid in _holders(self._pipes):
            process = _process(pid)
            # A process from before us cannot be the app's, whatever its descriptors are.
            if process and process.started > us.started and not self._is_detached(pid):
                found.append(process)
        return found

    def _is_detached(self, pid: int) -> bool:
        """Whether it runs another program than the server, in a session of its own."""
        try:
            program = os.readlink(f"/proc/{pid}/exe")
            return os.getsid(pid) not in self._sessions and program != os.readlink("/proc/self/exe")
        except OSError:
            return False  # it has ended, so it does not matter


def _process(pid: int) -> _Process | None:
    """Return the process with this pid, unless it has ended."""
    try:
        # The name before the last parenthesis may contain anything.
        facts = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None
    return None if facts[_STATE] in (b"Z", b"X") else _Process(pid, int(facts[_STARTED]))


def _command(pid: int) -> bytes:
    try:
        return process_info.beginning(f"/proc/{pid}/cmdline", process_info.MAX_BYTES)
    except OSError:
        return b""


def descendants(pid: int) -> Iterator[int]:
    """Yield the living children of a process, their children, and so on."""
    waiting = [pid]
    while waiting:
        for children in children_of_threads(f"/proc/{waiting.pop()}/task"):
            found = [int(child) for child in children.split()]
            yield from found
            waiting += found


def children_of_threads(tasks: str) -> Iterator[bytes]:
    """Yield the children of each thread of a process."""
    with suppress(OSError):  # it has ended, or there is no such folder on this system
        for thread in os.listdir(tasks):
            with suppress(OSError):  # this thread has ended
                yield Path(f"{tasks}/{thread}/children").read_bytes()


def _holders(pipes: set[str]) -> Iterator[int]:
    """Yield the other processes that have one of the pipes open."""
    with suppress(OSError), os.scandir("/proc") as entries:
        for entry in entries:
            if entry.name.isdecimal() and int(entry.name) != os.getpid() and _holds(entry, pipes):
                yield int(entry.name)


def _holds(process: os.DirEntry[str], pipes: set[str]) -> bool:
    with suppress(OSError):  # another user's, or it has just ended
        for fd in os.listdir(f"{process.path}/fd"):
            with suppress(OSError):
                if os.readlink(f"{process.path}/fd/{fd}") in pipes:
                    return True
    return False
