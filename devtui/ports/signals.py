"""Send a signal to exactly the process that was examined, never to a later one with its pid."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
from collections.abc import Iterator

import msgspec
import psutil

SIGKILL: int = getattr(signal, "SIGKILL", signal.SIGTERM)
"""The signal that ends a process by force; Windows always uses force."""


class Target(msgspec.Struct, frozen=True):
    """A process to stop. `depth` is the number of its ancestors."""

    process: psutil.Process
    name: str
    depth: int

    def __str__(self) -> str:
        return f"{self.name} ({self.process.pid})"

    @property
    def alive(self) -> bool:
        """Whether the process still runs; a zombie holds no sockets any more."""
        try:
            return self.process.is_running() and self.process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False


def target_of(process: psutil.Process) -> Target:
    """Make a target of a process. Raises `psutil.NoSuchProcess`."""
    return Target(process, process.name(), len(process.parents()))


def send(target: Target, number: int) -> None:
    """Send a signal to just this process, unless it has exited. Raises `PermissionError`.

    A pidfd keeps referring to its process (man 2 pidfd_open), while a pid may pass to another
    process between a check and `kill`. On systems without pidfds psutil compares the creation
    times.
    """
    try:
        if sys.platform == "linux":
            with _pidfd(target.process.pid) as descriptor:
                if descriptor is not None:
                    if target.process.is_running():
                        signal.pidfd_send_signal(descriptor, number)
                    return
        target.process.send_signal(number)
    except (psutil.NoSuchProcess, ProcessLookupError):
        return
    except (psutil.AccessDenied, PermissionError) as error:
        raise PermissionError(f"{target} belongs to another user") from error


if sys.platform == "linux":

    @contextlib.contextmanager
    def _pidfd(pid: int) -> Iterator[int | None]:
        """Open a descriptor of the process; None before Linux 5.3."""
        try:
            descriptor = os.pidfd_open(pid)
        except OSError as error:
            if error.errno == errno.ESRCH:
                raise ProcessLookupError(*error.args) from error
            descriptor = None
        try:
            yield descriptor
        finally:
            if descriptor is not None:
                os.close(descriptor)
