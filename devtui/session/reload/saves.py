"""Decide which changes of files are saves, and which ones the load has read or made itself."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterable, Iterator

from devtui import project_file
from devtui.events import FilesRead, ServerExited, ServerStarted, SourceFile
from devtui.project_file import digest
from devtui.session.event_bus import EventBus

# How long to wait for the process to answer which files it has read. It answers late while it
# imports a large library, and never if it hangs.
ANSWER_SECONDS = 1.0

# A file that changed so recently may have changed again at the same time, by the clock of the file
# system. Then only its content decides.
_RECENT_NS = 2_000_000_000


# How many saved files keep their version from the start of the next load.
_MAX_AS_BEGUN = 100

# A larger file always counts as changed: nobody writes such modules by hand.
_MAX_BYTES = 32 * 1024 * 1024


class Saves:
    """Tell saves from other changes, by what the newest load has read.

    A file counts as changed if its content differs from what the load has read. A file that the
    load itself has written counts only if it is written again after the load. During a load the
    process is asked (`ask`). If it has read the file before the save, the load begins again; if
    not, the file is compared when the load has ended.

    `on_saved` gets the files that count, and the number of notices. Of `extra_files`, and of files
    in such a folder, the time counts too. Use it on the session's event loop.
    """

    def __init__(
        self,
        ask: Callable[[], object],
        on_saved: Callable[[tuple[str, ...], int], None],
        extra_files: Iterable[str] = (),
    ) -> None:
        self._ask = ask
        self._on_saved = on_saved
        paths = [path(file) for file in extra_files for path in (os.path.abspath, os.path.realpath)]
        self._extra = tuple(os.path.join(path, "") for path in paths)
        self._read: dict[str, SourceFile] = {}
        self._written: frozenset[str] = frozenset()  # with their folders
        self._children = False
        self._ended_ns = 0
        self._loading = False
        self._reported: tuple[str, ...] = ()  # the newest saves, and
        self._as_begun: dict[str, str] = {}  # their versions when this load began
        self._asked: dict[str, int] = {}  # changes that wait for the answer, with their notices
        self._held: dict[str, int] = {}  # changes that wait for the end of the load
        self._seen: set[str] = set()  # changed during this load, and
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
        # A checkout writes thousands of files. They are not worth the reading.
        self._as_begun = {path: self._version(path) for path in reported[:_MAX_AS_BEGUN]}
        self._seen_before, self._seen = self._seen, set()
        self._loading = True

    def load_ended(self) -> None:
        """Judge what waits: the load has ended, or its process without an answer."""
        self._loading = False
        self._judge({**self._asked, **self._held})
        self._asked, self._held = {}, {}

    def heard(self, event: FilesRead) -> None:
        """Take in what the newest process has read and written."""
        self._read = dict(zip(_real_paths(one.file for one in event.read), event.read, strict=True))
        written = frozenset(_real_paths(event.written))
        self._written = written | _folders_of(written)
        # A file that is missing in a failed load may just have been written, and not by the load.
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
        """Find the files that were saved since they were read; any thread may call it.

        Call the returned function on the loop: it reports them.
        """
        changed = self.unloaded()

        def report() -> None:
            if not self._loading:  # else a process is just reading them
                self._judge(dict.fromkeys(changed, 1))

        return report

    def unloaded(self) -> list[str]:
        """Return the files that were saved since they were read; any thread may call it."""
        self._read_in()
        return [
            source.file
            for real, source in list(self._read.items())
            if not self._is_own_doing(real) and self._differs(source)
        ]

    def _read_in(self) -> None:
        """Compute the digest of each file that is unchanged since the load read it."""
        read = self._read
        for real, source in list(read.items()):
            if not source.digest and _is_as_read(source):
                content = digest_of(source.file)
                if _is_as_read(source):
                    read[real] = _with_digest(source, content)

    def _judge(self, notices: dict[str, int]) -> None:
        """Report those that count, now that no load runs."""
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
        # It was written during the load and is no part of the app. Files that other programs or
        # code in C have written are unknown; they are recognised because each load writes them.
        self._seen.add(path)
        return not (self._children or path in self._seen_before)

    def _judge_early(self, notices: dict[str, int]) -> None:
        """Report files that the load read before they changed; keep the others until it ends."""
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
        """Whether this load began because of the file, which has not changed since."""
        begun = self._as_begun.get(path)
        return begun is not None and begun == self._version(path)

    def _version(self, path: str) -> str:
        content = digest_of(path)
        if content == "gone" or not os.path.join(path, "").startswith(self._extra):
            return content
        try:
            return f"{content} {os.stat(path).st_mtime_ns}"
        except OSError:
            return "gone"

    def _is_own_doing(self, real: str) -> bool:
        """Whether the load wrote the file, or files in the folder, and nobody else did since."""
        return real in self._written and self._is_older(real)

    def _is_older(self, real: str) -> bool:
        """Whether the file is older than the end of the load."""
        if not self._ended_ns:
            return True
        try:
            return os.stat(real).st_ctime_ns <= self._ended_ns
        except OSError:
            return True  # written, and removed

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
