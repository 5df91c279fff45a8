"""The port: bind it, say who holds it, and stop a holder."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
import time
from collections.abc import Iterator
from datetime import datetime, timezone

import psutil

from devtui.events import Holder
from devtui.settings import Settings

BACKLOG = 1024

ASK_SECONDS = 3.0
KILL_SECONDS = 2.0


class PortRefused(Exception):
    """The address could not be had. Its text is one sentence for the user.

    `busy` is true where another program has it, and false where it can never be had like this
    (no permission, no such address).
    """

    def __init__(self, message: str, *, busy: bool) -> None:
        super().__init__(message)
        self.busy = busy


def bind(settings: Settings) -> socket.socket:
    """A listening socket on the address of the settings. Raises `PortRefused`.

    SO_REUSEADDR lets us have a port whose last connections are still in TIME_WAIT (RFC 9293,
    3.6.1); on POSIX it does not let two programs listen on one address.
    """
    if settings.is_unix_socket:
        return _bind_unix(settings.socket_path)
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        found = socket.getaddrinfo(
            settings.host, settings.port, family, socket.SOCK_STREAM, socket.IPPROTO_TCP
        )
    except (socket.gaierror, UnicodeError) as error:
        raise PortRefused(
            f"{settings.host!r} is no address of this machine ({error}): give --host 127.0.0.1, "
            "localhost, ::1, 0.0.0.0 or one of its own addresses.",
            busy=False,
        ) from error
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(found[0][4])
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise _refused(error, settings) from error
    return listener


def _bind_unix(path: str) -> socket.socket:
    """A listening Unix socket; a left-over file that nobody listens on is replaced."""
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISSOCK(os.stat(path).st_mode):
            raise PortRefused(f"{path} exists and is not a socket: give another path.", busy=False)
        if _answers(path):
            raise PortRefused(f"Another program listens on {path}.", busy=True)
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(path)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise PortRefused(f"{path} cannot be listened on: {error}.", busy=False) from error
    return listener


def _answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(path) == 0


def _refused(error: OSError, settings: Settings) -> PortRefused:
    host, port = settings.host, settings.port
    if error.errno == errno.EADDRINUSE:
        return PortRefused(f"Port {port} on {host} is taken by another program.", busy=True)
    if error.errno == errno.EACCES:
        return PortRefused(
            f"Port {port} may not be listened on without more rights: choose one from 1024 on.",
            busy=False,
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return PortRefused(
            f"{host} is no address of this machine: give --host 127.0.0.1, localhost, ::1, "
            "0.0.0.0 or one of its own addresses.",
            busy=False,
        )
    return PortRefused(f"Port {port} on {host} cannot be listened on: {error}.", busy=False)


def holders(port: int) -> tuple[Holder, ...]:
    """Every process that can be seen to listen on the port, the lowest pid first.

    The scan goes process by process: a list of all connections names only one of several
    processes that share a socket, and is refused to users other than root on macOS. Processes
    that may not be looked into are passed over; a port that cannot be bound and has no holder
    here is held by another user's process.
    """
    found = []
    for process in psutil.process_iter():
        addresses = sorted(set(_listening(process, port)))
        if addresses:
            with contextlib.suppress(psutil.NoSuchProcess):
                found.append(_holder(process, addresses))
    return tuple(sorted(found, key=lambda holder: holder.pid or 0))


def _listening(process: psutil.Process, port: int) -> Iterator[str]:
    # psutil 6 renamed the method; the old name warns there.
    connections = getattr(process, "net_connections", None) or process.connections
    try:
        for connection in connections("tcp"):
            address = connection.laddr
            if connection.status == psutil.CONN_LISTEN and address and address.port == port:
                yield f"[{address.ip}]" if ":" in address.ip else address.ip
    except (psutil.AccessDenied, psutil.NoSuchProcess, psutil.ZombieProcess):
        return


def _holder(process: psutil.Process, addresses: list[str]) -> Holder:
    with process.oneshot():
        return Holder(
            pid=process.pid,
            name=process.name(),
            command=_command(process),
            user=_user(process),
            started=datetime.fromtimestamp(process.create_time(), timezone.utc),
            address=", ".join(addresses),
        )


def _command(process: psutil.Process) -> str:
    try:
        words: list[str] = process.cmdline()
    except (psutil.AccessDenied, psutil.ZombieProcess):
        words = []
    return " ".join(words) or str(process.name())


def _user(process: psutil.Process) -> str:
    try:
        return str(process.username())
    except (psutil.AccessDenied, KeyError):
        return "?"


def stop_holder(holder: Holder, port: int) -> str:
    """End a holder: ask (SIGTERM), wait, kill (SIGKILL), wait. Says in a sentence what happened.

    Just before the signal the process must still be the one that was shown (a pid is used again)
    and still listen on the port. Blocks for at most ASK_SECONDS + KILL_SECONDS.
    """
    if holder.pid is None or holder.pid in _protected():
        return f"Pid {holder.pid} is devtui itself or what it runs in: it was left alone."
    try:
        process = psutil.Process(holder.pid)
        started = datetime.fromtimestamp(process.create_time(), timezone.utc)
        if started != holder.started or not any(_listening(process, port)):
            return f"Pid {holder.pid} does not hold port {port} any more: nothing was done."
        process.terminate()
        began = time.monotonic()
        try:
            process.wait(ASK_SECONDS)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(KILL_SECONDS)
            return f"{holder.name} ({holder.pid}) ignored SIGTERM and was killed."
        return f"{holder.name} ({holder.pid}) ended after {time.monotonic() - began:.1f} s."
    except psutil.NoSuchProcess:
        return f"{holder.name} ({holder.pid}) has ended."
    except psutil.AccessDenied:
        return f"{holder.name} ({holder.pid}) belongs to {holder.user}: stopping it is not allowed."
    except psutil.TimeoutExpired:
        return f"{holder.name} ({holder.pid}) did not end, not even by SIGKILL."


def _protected() -> frozenset[int]:
    """Pids that are never stopped: ours, our ancestors' (the shell, the terminal), the system's."""
    me = psutil.Process()
    return frozenset({0, 1, 4, me.pid, *(parent.pid for parent in me.parents())})
