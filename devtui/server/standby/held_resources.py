"""Tell what a process holds: sockets, files that it writes, timers, and child processes.

Code in C may get these without an audit event. Linux tells them in /proc.
"""

from __future__ import annotations

import os
from contextlib import suppress

from devtui.server.guest.plain_signal import signal

_TIMERS = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)


def sockets() -> frozenset[str]:
    """Return the sockets of the process, by their inodes."""
    found = set()
    with suppress(OSError):
        for number in os.listdir("/proc/self/fd"):
            with suppress(OSError):
                target = os.readlink(f"/proc/self/fd/{number}")
                if target.startswith("socket:"):
                    found.add(target)
    return frozenset(found)


def written() -> frozenset[str]:
    """Return the files that Python or code in C has open to write."""
    found = set()
    with suppress(OSError):
        for number in os.listdir("/proc/self/fd"):
            with suppress(OSError, ValueError, IndexError):
                target = os.readlink(f"/proc/self/fd/{number}")
                if target.endswith(" (deleted)") or not os.path.isfile(target):
                    continue
                with open(f"/proc/self/fdinfo/{number}", encoding="ascii") as file:
                    flags = next(line for line in file if line.startswith("flags:"))
                if int(flags.split()[1], 8) & (os.O_WRONLY | os.O_RDWR):
                    found.add(target)
    return frozenset(found)


def has_timer() -> bool:
    """Return whether a timer is set that sends a signal."""
    return any(signal.getitimer(kind)[0] for kind in _TIMERS)


def end_timers() -> None:
    """End the timers that send a signal."""
    for kind in _TIMERS:
        signal.setitimer(kind, 0)


def has_children() -> bool:
    """Return whether programs are running that the process has started."""
    with suppress(OSError):
        for thread in os.listdir("/proc/self/task"):
            with open(f"/proc/self/task/{thread}/children", encoding="ascii") as file:
                if file.read().strip():
                    return True
    return False
