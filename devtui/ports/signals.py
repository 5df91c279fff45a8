"""A signal to exactly the process that was looked at, and to none that took its pid since."""

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
"""The signal that ends by force; Windows does so either way."""


class Target(msgspec.Struct, frozen=True):
    """A process to be stopped, `depth` levels below the top of its server."""

    process: psutil.Process
    name: str
    depth: int

    def __str__(self) -> str:
        return f"{self.name} ({self.process.pid})"

    @property
    def alive(self) -> bool:
        """Whether it still runs; a zombie has let go of everything."""
        try:
            return self.process.is_running() and self.process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False


def target_of(process: psutil.Process) -> Target:
    """The process as a target. Raises `psutil.NoSuchProcess`."""
    return Target(process, process.name(), len(process.parents()))


def send(target: Target, number: int) -> None:
    """Send a signal to just this process. One that has ended is passed over.

    A pidfd stays with its process (man 2 pidfd_open): what is looked at through it is what is
    signalled, where between a look and `kill` the pid might pass to another. Elsewhere psutil
    compares the creation time itself. Raises `PermissionError`.
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


@contextlib.contextmanager
def _pidfd(pid: int) -> Iterator[int | None]:
    """A descriptor of the process; None where the kernel has none to give (before Linux 5.3)."""
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
