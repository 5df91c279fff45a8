"""Which files a load reads and writes, so that the session can tell a user's save from them.

What is read is noted before it is read, with a digest of what was: a save that comes later differs
from one of both. What is written is told by Python's audit events (PEP 578), before it happens.
What code written in C and other programs write is not among it.
"""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Iterable
from pathlib import PurePath
from typing import Any

from devtui.events import SourceFile
from devtui.project_file import digest

# More than so many are not kept: no load writes as many files that mean a reload.
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

# As it is before the app may patch it.
_time_ns = time.time_ns


class FileNotes:
    """What the load of this process has read and written until now, and whether it goes on.

    `children` says whether it has started other programs, which may write too.
    """

    def __init__(self) -> None:
        self.children = False
        self.ended_ns = 0  # since the epoch, once it has ended
        self._read: dict[str, SourceFile] = {}
        self._written: dict[str, None] = {}
        self._listening = False
        self._hooked = False

    def begin(self) -> None:
        """Note what is written from now on."""
        self._listening = True
        if not self._hooked:  # a hook can never be taken off
            self._hooked = True
            sys.addaudithook(self._audit)

    def end(self) -> None:
        """The load has come to its end: what is written from now on is not its doing."""
        self._listening = False
        self.ended_ns = _time_ns()

    def reading(self, path: str, data: bytes | None = None) -> None:
        """Note the file as it is now, before it is read; or `data` that was read since."""
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
        """The files that were read; `others` were too, at a time that is not known."""
        found = dict(self._read)
        for file in others:
            if file not in found and (noted := _as_it_is(file)) is not None:
                found[file] = noted
        return tuple(found.values())

    def written(self) -> tuple[str, ...]:
        """The files that were opened to be written, were put in place, or taken away."""
        return tuple(self._written)

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        # It is called for much that the app does, so the usual case comes first.
        if not self._listening:
            return
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
            return  # the current folder is gone, and no relative path leads anywhere


def _as_it_is(file: str) -> SourceFile | None:
    try:
        found = os.stat(file)
    except (OSError, ValueError):
        return None  # whoever reads it will meet that too
    if not stat.S_ISREG(found.st_mode):
        return None  # nobody can look at a pipe again
    return SourceFile(file, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


# Of this process, which loads once.
notes = FileNotes()
