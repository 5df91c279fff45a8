"""Ask the kernel who is at the other end of a Unix socket."""

from __future__ import annotations

import socket
import struct
import sys

_UCRED = struct.Struct("3i")  # Linux: the process, the user, the group

# From sys/un.h and sys/ucred.h of macOS, which Python's socket module does not name.
_SOL_LOCAL = 0
_LOCAL_PEERCRED = 1
_XUCRED = struct.Struct("=IIh")  # the version, the user, the number of groups


def user_of(connection: socket.socket) -> int | None:
    """Return the user id of the process at the other end; None if the system does not say."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is not None:
        data = connection.getsockopt(socket.SOL_SOCKET, option, _UCRED.size)
        return int(_UCRED.unpack(data)[1])
    system: str = sys.platform
    if system == "darwin":
        data = connection.getsockopt(_SOL_LOCAL, _LOCAL_PEERCRED, 256)
        return int(_XUCRED.unpack_from(data)[1])
    return None
