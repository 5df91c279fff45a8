"""The folder of the sockets, and the records beside them.

The client imports this module too, so it uses only the standard library.
"""

from __future__ import annotations

import json
import os
import socket
import stat
import time
from collections.abc import Iterator
from typing import TypedDict, TypeGuard

from devtui.control.peer import user_of

MAX_PATH_BYTES = 103
"""The longest path of a socket on macOS; Linux allows 107."""

VARIABLE = "DEVTUI_CONTROL_FOLDER"
"""Names the only folder, for sessions that no other `ctl` should find."""

SHARED_FOLDER = "/tmp"  # noqa: S108 (the owner and mode of our folder in it are checked)

_LONGEST_NAME = len("/0123456789ab-65535-99.sock")
_MAX_RECORD_BYTES = 64 * 1024
_MAX_RECORDS = 1_000
_RETRY_SECONDS = 0.005
_NUMBERS = frozenset({"devtui", "port", "pid"})


class Record(TypedDict):
    """The content of the file beside a socket. `folder` is the project's, without links."""

    devtui: int
    version: str
    folder: str
    app: str
    port: int
    url: str
    pid: int
    machine: str


class PlaceError(Exception):
    """A folder cannot be used; the text is a sentence for people."""


class Found:
    """A devtui that listens: its record, and the path of its socket."""

    def __init__(self, record: Record, path: str) -> None:
        self.record = record
        self.path = path


def folders() -> list[str]:
    """Return the possible folders of sockets, the best first; only one if the variable names it."""
    if named := os.environ.get(VARIABLE):
        return [os.path.abspath(named)]
    user = os.geteuid()
    found = []
    # An editor or an agent may have started the client without the variable.
    runtime = os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{user}"
    if os.path.isabs(runtime) and _is_ours(runtime):
        found.append(os.path.join(runtime, "devtui"))
    for folder in (os.environ.get("TMPDIR", ""), SHARED_FOLDER):
        if os.path.isabs(folder):
            found.append(os.path.join(folder, f"devtui-{user}"))
    short = (one for one in found if len(os.fsencode(one)) + _LONGEST_NAME <= MAX_PATH_BYTES)
    return list(dict.fromkeys(short))


def _is_ours(folder: str) -> bool:
    try:
        return os.stat(folder).st_uid == os.geteuid()
    except OSError:
        return False


def check(folder: str) -> None:
    """Raise `PlaceError` unless the folder is the user's, and closed to others."""
    try:
        info = os.lstat(folder)
    except OSError as error:
        raise PlaceError(f"{folder} cannot be used: {error.strerror}.") from error
    if not stat.S_ISDIR(info.st_mode):
        raise PlaceError(f"{folder} is not a folder: remove it.")
    if info.st_uid != os.geteuid():
        raise PlaceError(f"{folder} belongs to somebody else (uid {info.st_uid}).")
    if info.st_mode & 0o077:
        raise PlaceError(f"{folder} is open to others: chmod 700 {folder}")


def records() -> Iterator[Found]:
    """Yield each record of this user, whether its devtui lives or not."""
    for folder in folders():
        try:
            check(folder)
            names = sorted(name for name in os.listdir(folder) if name.endswith(".json"))
        except (PlaceError, OSError):
            continue  # there is none, or it is not ours, so its records are not ours either
        for name in names[:_MAX_RECORDS]:
            path = os.path.join(folder, name)
            record = _read(path)
            if record is not None:
                yield Found(record, path.removesuffix(".json") + ".sock")


def _read(path: str) -> Record | None:
    """Return a record; None if the file is gone or is not a record."""
    try:
        with open(path, "rb") as file:
            found = json.loads(file.read(_MAX_RECORD_BYTES))
    except (OSError, ValueError, RecursionError):
        return None
    return found if _is_record(found) else None


def _is_record(found: object) -> TypeGuard[Record]:
    return isinstance(found, dict) and all(
        isinstance(found.get(name), int if name in _NUMBERS else str)
        for name in Record.__annotations__
    )


def connect(path: str, timeout: float) -> socket.socket | None:
    """Connect to a socket of this user; None if nobody listens there."""
    connection = socket.socket(socket.AF_UNIX)
    ends = time.monotonic() + timeout
    try:
        connection.settimeout(timeout)
        while True:
            try:
                connection.connect(path)
                break
            except BlockingIOError:  # too many clients wait to be accepted
                if time.monotonic() > ends:
                    raise
                time.sleep(_RETRY_SECONDS)
        if user_of(connection) in (None, os.geteuid()):
            return connection
    except OSError:
        pass  # nobody listens, and None says so
    connection.close()
    return None
