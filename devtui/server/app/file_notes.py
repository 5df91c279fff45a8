"""Note the files that a load reads and writes, so that a save by the user can be told from them.

A file is noted before it is read, and again with a digest of the text: a later save differs from
one of the two. Python's audit events (PEP 578) announce writes, except those of C code and of other
programs.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable
from pathlib import PurePath
from typing import Any

from devtui.events import SourceFile
from devtui.project_file import digest
from devtui.server.guest.audit_events import AuditEvents

# Keep no more: no load writes so many files whose change would mean a reload.
MAX_WRITTEN = 10_000

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

# The audit events of changes, and which of their arguments are paths.
_CHANGES = {
    "os.rename": (0, 1),
    "os.link": (1,),
    "os.symlink": (1,),
    "os.remove": (0,),
    "os.truncate": (0,),
}
_CHILDREN = frozenset(
    {"subprocess.Popen", "os.posix_spawn", "os.system", "os.fork", "os.forkpty", "pty.spawn"}
)

# Taken before the app can patch it.
_time_ns = time.time_ns


class FileNotes:
    """The files that this process's load has read and written so far.

    `children` is true if it has started other programs, which may write too.
    """

    def __init__(self) -> None:
        self.children = False
        self.ended_ns = 0  # since the epoch, once it has ended
        self._read: dict[str, SourceFile] = {}
        self._written: dict[str, None] = {}
        self._events = AuditEvents(self._heard)

    def begin(self) -> None:
        """Start to note writes."""
        self._events.listen()

    def end(self) -> None:
        """Note the end of the load: later writes are not its own."""
        self._events.listening = False
        self.ended_ns = _time_ns()

    def reading(self, path: str, data: bytes | None = None) -> None:
        """Note the file before it is read, or the `data` that was read."""
        file = os.path.abspath(path)
        if data is None:
            noted = _as_it_is(file)
            if noted is not None:
                self._read[file] = noted
        elif (noted := self._read.get(file)) is not None:
            self._read[file] = SourceFile(
                file, noted.size, noted.mtime_ns, noted.ctime_ns, noted.inode, digest(data)
            )

    def read(self, others: Iterable[str] = ()) -> tuple[SourceFile, ...]:
        """Return the files that were read. `others` were read at an unknown time."""
        found = dict(self._read)
        for file in others:
            if file not in found and (noted := _as_it_is(file)) is not None:
                found[file] = noted
        return tuple(found.values())

    def written(self) -> tuple[str, ...]:
        """Return the files that were opened for writing, moved or removed."""
        return tuple(self._written)

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if isinstance(flags, int) and flags & _WRITES:
                self._note_written(path)
        elif event in _CHANGES:
            for place in _CHANGES[event]:
                self._note_written(arguments[place])
        elif event in _CHILDREN:
            self.children = True

    def _note_written(self, path: object) -> None:
        if isinstance(path, PurePath):
            path = str(path)
        elif isinstance(path, bytes):
            path = os.fsdecode(path)
        if not isinstance(path, str) or len(self._written) >= MAX_WRITTEN:
            return  # a descriptor, say
        try:
            self._written[os.path.abspath(path)] = None
        except OSError:
            return  # the current folder is gone, so a relative path names no file


def _as_it_is(file: str) -> SourceFile | None:
    try:
        found = os.stat(file)
    except (OSError, ValueError):
        return None  # reading it raises the same error
    if not stat.S_ISREG(found.st_mode):
        return None  # a pipe cannot be read again
    return SourceFile(file, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


# Of this process, which loads once.
notes = FileNotes()
