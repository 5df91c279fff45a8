"""Read files of the project safely, whatever is behind their names, and digest them.

A name that ends in `.py` may be a pipe, a device, a socket or a file of any size. Opening a pipe
waits for a writer, and reading a device may never end. These functions never wait: they return a
bounded number of bytes, or raise an `OSError` that says why not.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator

try:
    # `hashlib` imports OpenSSL, which would take longer than the rest of a load.
    from _blake2 import blake2b
except ImportError:  # this Python was built without it
    from hashlib import blake2b

# Do not wait for the other end of a pipe, nor make a terminal our controlling one.
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
    """Read a regular file of at most `limit` bytes.

    Raises `OSError` if the file is not regular, is larger, or cannot be read.
    """
    return contents(path, limit)[0]


def contents(path: str, limit: int) -> tuple[bytes, os.stat_result]:
    """Read a file as `read` does; return its stat result too."""
    data, info = _beginning(path, limit + 1)
    if len(data) > limit or info.st_size > limit:
        raise OSError(errno.EFBIG, f"it is larger than {limit:,} bytes", path)
    return data, info


def and_above(folder: str) -> Iterator[str]:
    """Yield the folder, and then those above it."""
    yield folder
    while (above := os.path.dirname(folder)) != folder:
        folder = above
        yield folder


def beginning(path: str, limit: int) -> bytes:
    """Read the first `limit` bytes of a regular file; raises `OSError` as `read` does."""
    return _beginning(path, limit)[0]


def _beginning(path: str, limit: int) -> tuple[bytes, os.stat_result]:
    # Check before opening, which the other end of a pipe and some devices would notice.
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
        raise OSError(errno.EINVAL, f"it is {kind}, not a regular file", path)


def digest(data: bytes) -> str:
    """Return a digest that does not depend on the version of Python."""
    return blake2b(data, digest_size=16).hexdigest()


def running_digest() -> blake2b:
    """Return a hash object that makes the same digest, for data in pieces."""
    return blake2b(digest_size=16)
