"""The port: have it, or know why not."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
import sys
import threading
from pathlib import Path
from typing import Any

from devtui.config.settings import MAX_PORT, Settings
from devtui.events import RefusalReason
from devtui.ports.resolving import Found, NotResolved, resolved

BACKLOG = 1024

_TRIES = 500

# Where browsers refuse to go: https://fetch.spec.whatwg.org/#port-blocking, from 1024 on.
_NOT_FOR_BROWSERS = frozenset(
    {1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6697, 10080}
    | set(range(6665, 6670))
)

# By number, since the texts of the others are seen too: Linux, macOS, Windows (WSAEADDRINUSE).
_IN_USE = frozenset({errno.EADDRINUSE, 98, 48, 10048})
_WSAEACCES = 10013
_NO_SUCH_ADDRESS = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, 10049})

# A look has the port for an instant. Who binds it in another thread meanwhile, since the user has
# typed it and pressed enter, would take that for another program.
_turn = threading.Lock()


class PortRefused(Exception):
    """The address could not be had. Its text is one sentence for the user.

    `busy` is true where another program has it, and false where it can never be had like this.
    `reason` says which: `busy`; `permission` (the port is below 1024 and the user may not);
    `excluded` (Windows keeps it, or a program has it for itself alone); `address` (none of this
    machine); `other`.
    """

    def __init__(self, message: str, *, busy: bool, reason: RefusalReason | None = None) -> None:
        super().__init__(message)
        self.busy = busy
        self.reason: RefusalReason = reason or ("busy" if busy else "other")


def bind(settings: Settings) -> socket.socket:
    """A listening socket on the address of the settings. Raises `PortRefused`.

    It asks name servers, and who listens on a Unix socket: not to be called on an event loop.
    """
    if settings.is_unix_socket:
        return _bind_unix(settings.socket_path)
    family, address = _resolved(settings)
    with _turn:
        return _listening(settings, family, address)


def _resolved(settings: Settings) -> Found:
    try:
        return resolved(settings.host, settings.port)
    except NotResolved as error:
        raise PortRefused(
            _no_such_address(f"{settings.host!r}", f" ({error})"), busy=False, reason="address"
        ) from error


def _listening(
    settings: Settings, family: socket.AddressFamily, address: tuple[Any, ...]
) -> socket.socket:
    listener: socket.socket | None = None
    try:
        listener = socket.socket(family, socket.SOCK_STREAM)
        _share_as_servers_do(listener)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        if listener is not None:
            listener.close()
        raise refused(error, settings) from error
    return listener


def _share_as_servers_do(listener: socket.socket) -> None:
    """Have a port whose last connections are in TIME_WAIT, and never one that somebody listens on.

    On POSIX SO_REUSEADDR does just that (RFC 9293, 3.6.1). On Windows it would let a second server
    bind the same address unseen; there SO_EXCLUSIVEADDRUSE is what others cannot share:
    https://learn.microsoft.com/windows/win32/winsock/using-so-reuseaddr-and-so-exclusiveaddruse
    """
    exclusive: int | None = getattr(socket, "SO_EXCLUSIVEADDRUSE", None)
    listener.setsockopt(
        socket.SOL_SOCKET, socket.SO_REUSEADDR if exclusive is None else exclusive, 1
    )


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


def reason_of(error: OSError) -> RefusalReason:
    """Why an address could not be had, from the error of bind or listen of any platform.

    `[Errno 98] Address already in use` (48 on macOS, 10048 on Windows) is a conflict, EACCES a
    missing right; `[WinError 10013]` comes with the errno of EACCES and is no missing right.
    """
    if _WSAEACCES in (getattr(error, "winerror", None), error.errno):
        return "excluded"
    if error.errno in _IN_USE:
        return "busy"
    if error.errno in (errno.EACCES, errno.EPERM):
        return "permission"
    return "address" if error.errno in _NO_SUCH_ADDRESS else "other"


def refused(error: OSError, settings: Settings) -> PortRefused:
    """The refusal that an error of bind or listen means, with what to do instead."""
    host, port = settings.host, settings.port
    reason = reason_of(error)
    if reason == "busy":
        message = f"Port {port} on {host} is taken by another program."
    elif reason == "excluded":
        message = (
            f"Port {port} on {host} is kept by Windows or by a program for itself alone: choose "
            "another port; netsh interface ipv4 show excludedportrange protocol=tcp shows the "
            "ranges that are kept."
        )
    elif reason == "permission":
        message = _not_allowed(port)
    elif reason == "address":
        message = _no_such_address(host)
    else:
        message = f"Port {port} on {host} cannot be listened on: {error}."
    return PortRefused(message, busy=reason == "busy", reason=reason)


def _no_such_address(host: str, why: str = "") -> str:
    return (
        f"{host} is no address of this machine{why}: give --host 127.0.0.1, localhost, ::1, "
        "0.0.0.0 or one of its own addresses."
    )


def _not_allowed(port: int) -> str:
    first = first_unprivileged_port()
    if port < first:
        return (
            f"Port {port} may not be listened on without more rights: choose one from {first} on."
        )
    return f"Port {port} may not be listened on: a rule of this system forbids it, choose another."


def first_unprivileged_port() -> int:
    """The first port that needs no right: 1024, or what Linux is set to (man 7 ip)."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, ValueError):
            return int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
    return 1024


def check_port(settings: Settings) -> PortRefused | None:
    """Why the address cannot be had, or None where it can: it is bound and let go at once.

    A port is free when it can be bound, whatever is or is not seen to listen on it.
    """
    try:
        if settings.is_unix_socket:
            bind(settings).close()
            Path(settings.socket_path).unlink(missing_ok=True)
        else:
            family, address = _resolved(settings)
            with _turn:
                _listening(settings, family, address).close()
    except PortRefused as refusal:
        return refusal
    return None


def next_free_port(settings: Settings) -> int | None:
    """The nearest higher port that can be had and that browsers go to; None where none is near.

    After the last port comes the first that needs no right.
    """
    if settings.is_unix_socket:
        return None
    first = max(first_unprivileged_port(), 1024)
    port = settings.port
    for _ in range(_TRIES):
        port = port + 1 if first <= port + 1 <= MAX_PORT else first
        if port in _NOT_FOR_BROWSERS:
            continue
        refusal = check_port(settings.with_port(port))
        if refusal is None:
            return port
        if refusal.reason == "address":  # no port of it is to be had
            return None
    return None
