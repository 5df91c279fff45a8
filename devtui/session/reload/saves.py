"""Which changes of files are saves: not what the load has read, and not what it has written."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterable, Iterator

from devtui import project_file
from devtui.events import FilesRead, ServerExited, ServerStarted, SourceFile
from devtui.project_file import digest
from devtui.session.event_bus import EventBus

# How long the process is waited for that is asked what it has read. One that imports a large
# library answers late, and one that hangs never.
ANSWER_SECONDS = 1.0

# A file that was changed so shortly ago may have been changed once more at the same time, by the
# clock of the file system. Only its content tells then.
_RECENT_NS = 2_000_000_000


# Of how many saved files the content is remembered when the next load begins.
_MAX_AS_BEGUN = 100

# What is larger counts as changed: nobody writes such modules by hand.
_MAX_BYTES = 32 * 1024 * 1024


class Saves:
    """Tells the changes that count from those that do not, by what the newest load has read.

    A file counts as changed if its content is not what the load has read. What the load itself
    has written does not count until it is written again after the load. While the load goes on,
    the process is asked (`ask`): a file that it has read before the save means that it begins
    anew, and one that it has not read yet is looked at when it has ended.

    `on_saved` gets the files that count, and how many raw notices there were. To be used on the
    session's event loop.
    """

    def __init__(
        self, ask: Callable[[], object], on_saved: Callable[[tuple[str, ...], int], None]
    ) -> None:
        self._ask = ask
        self._on_saved = on_saved
        self._read: dict[str, SourceFile] = {}
        self._written: frozenset[str] = frozenset()  # and the folders of what was written
        self._children = False
        self._ended_ns = 0
        self._loading = False
        self._reported: tuple[str, ...] = ()  # the newest saves, and
        self._as_begun: dict[str, str] = {}  # their digests when this load began
        self._asked: dict[str, int] = {}  # what waits for the answer, with its notices
        self._held: dict[str, int] = {}  # what waits for the end of the load
        self._seen: set[str] = set()  # what changed during this load, and
        self._seen_before: set[str] = set()  # during the one before
        self._giving_up: asyncio.TimerHandle | None = None

    def subscribe_to(self, bus: EventBus) -> None:
        """Follow the loads that come over the bus from now on."""
        bus.listen(lambda event: self.load_began(), ServerStarted)
        bus.listen(self.heard, FilesRead)
        bus.listen(lambda event: self.load_ended(), ServerExited)
        bus.keep_private(FilesRead)

    def load_began(self) -> None:
        """Forget what the process before has read: a new one begins to load."""
        self._read, self._written, self._children, self._ended_ns = {}, frozenset(), False, 0
        self._asked, self._held = {}, {}
        reported, self._reported = self._reported, ()
        # A checkout writes thousands, and which of them it writes twice is not worth the reading.
        self._as_begun = {path: digest_of(path) for path in reported[:_MAX_AS_BEGUN]}
        self._seen_before, self._seen = self._seen, set()
        self._loading = True

    def load_ended(self) -> None:
        """Judge what waits: the load has ended, or its process has without an answer."""
        self._loading = False
        self._judge({**self._asked, **self._held})
        self._asked, self._held = {}, {}

    def heard(self, event: FilesRead) -> None:
        """Take in what the newest process has read and written."""
        self._read = dict(zip(_real_paths(one.file for one in event.read), event.read, strict=True))
        written = frozenset(_real_paths(event.written))
        self._written = written | _folders_of(written)
        # What is missing in a load that fails may just have been written, and not by itself.
        self._children = event.children and not event.failed
        self._ended_ns = event.ended_ns
        if event.ended_ns:
            self.load_ended()
        else:
            asked, self._asked = self._asked, {}
            self._judge_early(asked)

    def noticed(self, paths: tuple[str, ...], raw_count: int) -> None:
        """Take in changes that the watcher has noticed."""
        notices = dict.fromkeys(paths, 0)
        notices[paths[0]] = raw_count
        if not self._loading:
            self._judge(notices)
            return
        self._seen.update(paths)
        self._asked = {**notices, **self._asked}
        self._ask()
        if self._giving_up is not None:
            self._giving_up.cancel()
        self._giving_up = asyncio.get_running_loop().call_later(ANSWER_SECONDS, self._give_up)

    def compare(self) -> Callable[[], None]:
        """Look which files were saved since they were read; any thread may.

        What is returned, to be called on the loop, reports them.
        """
        self._read_in()
        changed = [
            source.file
            for real, source in list(self._read.items())
            if not self._is_own_doing(real) and self._differs(source)
        ]

        def report() -> None:
            if not self._loading:  # else a process is reading them just now
                self._judge(dict.fromkeys(changed, 1))

        return report

    def _read_in(self) -> None:
        """Have a digest of each file, as long as it is what the load has read."""
        read = self._read
        for real, source in list(read.items()):
            if not source.digest and _is_as_read(source):
                content = digest_of(source.file)
                if _is_as_read(source):
                    read[real] = _with_digest(source, content)

    def _judge(self, notices: dict[str, int]) -> None:
        """Report those that count, now that no load goes on."""
        saved = tuple(sorted(path for path in notices if self._counts(path)))
        self._report(saved, notices)

    def _report(self, saved: tuple[str, ...], notices: dict[str, int]) -> None:
        if saved:
            self._reported = saved
            self._on_saved(saved, max(1, sum(notices.values())))

    def _counts(self, path: str) -> bool:
        real = os.path.realpath(path)
        if self._is_own_doing(real):
            return False
        if (source := self._read.get(real)) is not None:
            return self._differs(source)
        if self._is_as_begun(path):
            return False
        if not self._ended_ns or not self._is_older(real):
            return True
        # It was written during the load and is no part of the app. What other programs have written
        # cannot be known, and what code in C has is known by being written each time.
        self._seen.add(path)
        return not (self._children or path in self._seen_before)

    def _judge_early(self, notices: dict[str, int]) -> None:
        """Report those for which the load is to begin anew; look at the others at its end."""
        saved = {}
        for path, count in notices.items():
            real = os.path.realpath(path)
            source = self._read.get(real)
            if self._is_own_doing(real) or (source is not None and not self._differs(source)):
                continue
            if source is None or (self._children and path in self._seen_before):
                self._held[path] = count
            else:
                saved[path] = count
        self._report(tuple(sorted(saved)), notices)

    def _give_up(self) -> None:
        """Count what has changed, because the process does not answer."""
        asked, self._asked = self._asked, {}
        changed = tuple(sorted(path for path in asked if not self._is_as_begun(path)))
        self._report(changed, asked)

    def _is_as_begun(self, path: str) -> bool:
        """Whether this load was begun for the file, which has the same content still."""
        begun = self._as_begun.get(path)
        return begun is not None and begun == digest_of(path)

    def _is_own_doing(self, real: str) -> bool:
        """Whether the load has written the file, or files in the folder, and nobody since."""
        return real in self._written and self._is_older(real)

    def _is_older(self, real: str) -> bool:
        """Whether the file is older than the end of the load."""
        if not self._ended_ns:
            return True
        try:
            return os.stat(real).st_ctime_ns <= self._ended_ns
        except OSError:
            return True  # written, and taken away

    def _differs(self, source: SourceFile) -> bool:
        if _is_as_read(source) and time.time_ns() - source.ctime_ns > _RECENT_NS:
            return False
        if not source.digest:
            return not _is_as_read(source)
        return digest_of(source.file) != source.digest


def _is_as_read(source: SourceFile) -> bool:
    try:
        now = os.stat(source.file)
    except OSError:
        return False
    return (now.st_size, now.st_mtime_ns, now.st_ctime_ns, now.st_ino) == (
        source.size,
        source.mtime_ns,
        source.ctime_ns,
        source.inode,
    )


def _with_digest(source: SourceFile, content: str) -> SourceFile:
    return SourceFile(
        source.file, source.size, source.mtime_ns, source.ctime_ns, source.inode, content
    )


def digest_of(file: str) -> str:
    """Return the digest of a file's content, or `gone` if it cannot be read."""
    try:
        return digest(project_file.read(file, _MAX_BYTES))
    except OSError:
        return "gone"


def _real_paths(files: Iterable[str]) -> Iterator[str]:
    """Yield the paths without links; look at each folder once."""
    folders: dict[str, str] = {}
    for file in files:
        folder, name = os.path.split(file)
        if folder not in folders:
            folders[folder] = os.path.realpath(folder)
        path = os.path.join(folders[folder], name)
        yield os.path.realpath(path) if os.path.islink(path) else path


def _folders_of(files: Iterable[str]) -> frozenset[str]:
    """Return all the folders above the files."""
    found: set[str] = set()
    for file in files:
        while (folder := os.path.dirname(file)) not in found and folder != file:
            found.add(folder)
            file = folder
    return frozenset(found)
