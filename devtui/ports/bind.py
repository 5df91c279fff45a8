"""Bind the port, or explain why that fails."""

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

# Browsers refuse these ports: https://fetch.spec.whatwg.org/#port-blocking, from 1024 up.
_NOT_FOR_BROWSERS = frozenset(
    {1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6697, 10080}
    | set(range(6665, 6670))
)

# The numbers of Linux, macOS and Windows (WSAEADDRINUSE): errors may come from any of them.
_IN_USE = frozenset({errno.EADDRINUSE, 98, 48, 10048})
_WSAEACCES = 10013
_NO_SUCH_ADDRESS = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, 10049})

# A check holds the port for an instant. Without the lock, a thread that binds the port at that
# moment (the user pressed enter) would mistake the check for another program.
_turn = threading.Lock()


class PortRefused(Exception):
    """The address cannot be bound. The text is one sentence for the user.

    `busy` is true if another program has the address, and false if retrying cannot help.
    `reason` is `busy`; `permission` (a port below 1024 that the user may not bind); `excluded`
    (Windows has reserved it, or a program uses it exclusively); `address` (this machine does not
    have it); or `other`.
    """

    def __init__(self, message: str, *, busy: bool, reason: RefusalReason | None = None) -> None:
        super().__init__(message)
        self.busy = busy
        self.reason: RefusalReason = reason or ("busy" if busy else "other")


def bind(settings: Settings) -> socket.socket:
    """Return a socket that listens on the address of the settings. Raises `PortRefused`.

    This may ask name servers, or connect to a Unix socket: do not call it on an event loop.
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
    """Allow a port with connections in TIME_WAIT, but never one with a listener.

    On POSIX SO_REUSEADDR does just that (RFC 9293, 3.6.1). On Windows it would let a second server
    bind the same address unnoticed; there SO_EXCLUSIVEADDRUSE keeps others out:
    https://learn.microsoft.com/windows/win32/winsock/using-so-reuseaddr-and-so-exclusiveaddruse
    """
    exclusive: int | None = getattr(socket, "SO_EXCLUSIVEADDRUSE", None)
    listener.setsockopt(
        socket.SOL_SOCKET, socket.SO_REUSEADDR if exclusive is None else exclusive, 1
    )


def _bind_unix(path: str) -> socket.socket:
    """Return a listening Unix socket; replace a stale file that nobody listens on."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with contextlib.suppress(FileNotFoundError):
            if not stat.S_ISSOCK(os.stat(path).st_mode):
                raise PortRefused(
                    f"{path} exists and is not a socket: use another path.", busy=False
                )
            if not _is_stale(path):
                raise PortRefused(f"Another program is listening on {path}.", busy=True)
            os.unlink(path)
        listener.bind(path)
        listener.listen(BACKLOG)
    except PortRefused:
        listener.close()
        raise
    except OSError as error:
        listener.close()
        raise PortRefused(
            f"devtui cannot listen on {path}: {error.strerror or error}.", busy=False
        ) from error
    return listener


def _is_stale(path: str) -> bool:
    """Whether nobody listens on a socket. A stopped or busy program still listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        return probe.connect_ex(path) in (errno.ECONNREFUSED, errno.ENOENT)


def reason_of(error: OSError) -> RefusalReason:
    """Classify an error of bind or listen, from any platform.

    `[Errno 98] Address already in use` (48 on macOS, 10048 on Windows) is a conflict. EACCES is a
    missing permission, except as `[WinError 10013]`, which has the same errno.
    """
    if _WSAEACCES in (getattr(error, "winerror", None), error.errno):
        return "excluded"
    if error.errno in _IN_USE:
        return "busy"
    if error.errno in (errno.EACCES, errno.EPERM):
        return "permission"
    return "address" if error.errno in _NO_SUCH_ADDRESS else "other"


def refused(error: OSError, settings: Settings) -> PortRefused:
    """Turn an error of bind or listen into a refusal that says what to do instead."""
    host, port = settings.host, settings.port
    reason = reason_of(error)
    if reason == "busy":
        message = f"Port {port} on {host} is taken by another program."
    elif reason == "excluded":
        message = (
            f"Windows has reserved port {port} on {host}, or a program uses it exclusively: choose "
            "another port (netsh interface ipv4 show excludedportrange protocol=tcp lists the "
            "reserved ranges)."
        )
    elif reason == "permission":
        message = _not_allowed(port)
    elif reason == "address":
        message = _no_such_address(host)
    else:
        message = f"devtui cannot listen on port {port} of {host}: {error.strerror or error}."
    return PortRefused(message, busy=reason == "busy", reason=reason)


def _no_such_address(host: str, why: str = "") -> str:
    return (
        f"{host} is not an address of this machine{why}: use one that is, such as --host "
        "127.0.0.1, localhost, ::1 or 0.0.0.0."
    )


def _not_allowed(port: int) -> str:
    first = first_unprivileged_port()
    if port < first:
        return f"You are not allowed to listen on port {port}: choose a port from {first} up."
    return f"A rule of this system forbids listening on port {port}: choose another port."


def first_unprivileged_port() -> int:
    """Return the first port that needs no privilege: 1024, or Linux's setting (man 7 ip)."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, ValueError):
            return int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
    return 1024


def check_port(settings: Settings) -> PortRefused | None:
    """Return why the address cannot be bound, or None if it can: bind it and release it at once.

    Only binding tells whether a port is free; a list of listeners may be incomplete.
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
    """Return the nearest higher port that is free and that browsers accept; None if none is near.

    After the last port comes the first one that needs no privilege.
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
        if refusal.reason == "address":  # then every port fails
            return None
    return None
