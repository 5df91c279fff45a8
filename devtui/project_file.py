"""Reads files of the project, whatever lies there under their names.

A name that ends in `.py` may be that of a pipe, a device, a socket or a file of any size. To open
a pipe waits for somebody who writes, and to read a device may never end: whoever reads here waits
for nobody and gets a bounded number of bytes, or an `OSError` that says why not.
"""

from __future__ import annotations

import errno
import os
import stat

try:
    # `hashlib` imports OpenSSL, which takes longer than all else that a load waits for.
    from _blake2 import blake2b
except ImportError:  # a Python that was built without it
    from hashlib import blake2b

# Neither waits for a pipe's other end, nor makes a terminal ours.
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def read(path: str, limit: int) -> bytes:
    """The content of a regular file of at most `limit` bytes.

    Raises `OSError` for what cannot be read, is no regular file, or is larger.
    """
    return contents(path, limit)[0]


def contents(path: str, limit: int) -> tuple[bytes, os.stat_result]:
    """As `read`, and what the system says of the very file that was read."""
    data, info = _beginning(path, limit + 1)
    if len(data) > limit or info.st_size > limit:
        raise OSError(errno.EFBIG, f"it is larger than {limit:,} bytes", path)
    return data, info


def beginning(path: str, limit: int) -> bytes:
    """The first bytes of a regular file, at most `limit`; raises `OSError` as `read` does."""
    return _beginning(path, limit)[0]


def is_readable(path: str, limit: int) -> bool:
    """Whether `read` would read it, as far as its kind and its size tell; nothing is opened."""
    try:
        info = os.stat(path)
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(info.st_mode) and info.st_size <= limit


def _beginning(path: str, limit: int) -> tuple[bytes, os.stat_result]:
    # Before it is opened, as that is seen at the other end of a pipe, and by some devices.
    _check(path, os.stat(path))
    descriptor = os.open(path, _FLAGS)
    try:
        info = os.fstat(descriptor)
        _check(path, info)
        parts, room = [], limit
        while room > 0 and (part := os.read(descriptor, min(room, 1 << 20))):
            parts.append(part)
            room -= len(part)
        return b"".join(parts), info
    finally:
        os.close(descriptor)


def _check(path: str, info: os.stat_result) -> None:
    if not stat.S_ISREG(info.st_mode):
        kind = next((name for is_kind, name in _KINDS if is_kind(info.st_mode)), "something else")
        raise OSError(errno.EINVAL, f"it is {kind}, and no regular file", path)


def digest(data: bytes) -> str:
    """Equal for equal data, whatever Python it is asked of."""
    return blake2b(data, digest_size=16).hexdigest()
