"""Make the control socket and the record beside it, and remove those of killed sessions."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from devtui.control import place
from devtui.control.place import PlaceError, Record
from devtui.project_file import digest

_MAX_NAMES = 100
BACKLOG = 512
_CONNECT_SECONDS = 1.0


class Listening:
    """The listening socket of one session, and its record.

    Blocks for a moment: use it in a thread.
    """

    def __init__(self, record: Record) -> None:
        """Listen in the best folder that can be used. Raises `PlaceError` if none can."""
        self.folder = _usable_folder()
        with _locked(self.folder):
            _remove_stale(self.folder)
            self.socket, self.path = _bind(self.folder, record)
            self._record_path = self.path.removesuffix(".sock") + ".json"
            try:
                self.write(record)
            except PlaceError:
                self.socket.close()
                os.unlink(self.path)
                raise
        self._inode = os.stat(self.path).st_ino

    def write(self, record: Record) -> None:
        """Write the record, or replace it. Raises `PlaceError`."""
        made = ""
        try:
            descriptor, made = tempfile.mkstemp(dir=self.folder, prefix=".record-")
            with open(descriptor, "w", encoding="utf-8") as file:
                json.dump(record, file)
            os.replace(made, self._record_path)
        except OSError as error:
            if made:
                os.unlink(made)
            raise PlaceError(f"{self._record_path} was not written: {error.strerror}.") from error

    def close(self) -> None:
        """Stop listening, and remove both files, unless another session uses the name by now."""
        with suppress(FileNotFoundError), _locked(self.folder):  # else the whole folder is gone
            self.socket.close()
            # From Python 3.13 on asyncio removes the socket's file itself.
            if not os.path.exists(self.path) or os.stat(self.path).st_ino == self._inode:
                for path in (self._record_path, self.path):
                    with suppress(FileNotFoundError):
                        os.unlink(path)


def _usable_folder() -> str:
    reasons = []
    for folder in place.folders():
        try:
            os.mkdir(folder, 0o700)
        except FileExistsError:
            pass
        except OSError as error:
            reasons.append(f"{folder} cannot be made: {error.strerror}.")
            continue
        try:
            place.check(folder)
            return folder
        except PlaceError as error:
            reasons.append(str(error))
    raise PlaceError(reasons[0] if reasons else "no folder has a path that is short enough.")


@contextmanager
def _locked(folder: str) -> Iterator[None]:
    """Let only one session at a time choose a name."""
    path = os.path.join(folder, "lock")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise PlaceError(f"{path} cannot be opened: {error.strerror}.") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _remove_stale(folder: str) -> None:
    """Remove the files of this machine's sessions that were killed.

    A folder may be shared with another machine or container, whose sockets do not answer here.
    """
    for found in place.records():
        if os.path.dirname(found.path) != folder or found.record["machine"] != machine():
            continue
        if not _answers(found.path):
            for path in (found.path, found.path.removesuffix(".sock") + ".json"):
                with suppress(FileNotFoundError):
                    os.unlink(path)


def _answers(path: str) -> bool:
    probe = socket.socket(socket.AF_UNIX)
    with probe:
        probe.settimeout(_CONNECT_SECONDS)
        try:
            probe.connect(path)
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:
            return True  # it is busy
    return True


def _bind(folder: str, record: Record) -> tuple[socket.socket, str]:
    short = digest(os.fsencode(record["folder"]))[:12]
    for number in range(_MAX_NAMES):
        name = f"{short}-{record['port']}" + (f"-{number + 1}" if number else "")
        path = os.path.join(folder, f"{name}.sock")
        bound = socket.socket(socket.AF_UNIX)
        try:
            if os.path.exists(path) and not os.path.exists(path.removesuffix(".sock") + ".json"):
                if _answers(path):
                    raise OSError(errno.EADDRINUSE, "in use")
                os.unlink(path)  # its session was killed before it had a record
            bound.bind(path)
            os.chmod(path, 0o600)
            bound.listen(BACKLOG)
            bound.setblocking(False)
        except OSError as error:
            bound.close()
            if error.errno == errno.EADDRINUSE:
                continue
            raise PlaceError(f"no socket can be made in {folder}: {error.strerror}.") from error
        return bound, path
    raise PlaceError(f"{_MAX_NAMES} sessions of this folder and port listen in {folder}.")


def machine() -> str:
    """Return the name of this machine or container."""
    return socket.gethostname()
