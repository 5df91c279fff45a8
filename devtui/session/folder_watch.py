"""Ways to learn of changes in a folder: the system tells of them, or it is looked through."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeAlias

from devtui.session.rust_notify import rust_notify
from devtui.session.watch_rules import ADDED, DELETED, MODIFIED, is_ignored_folder

Change: TypeAlias = tuple[int, str]

# How often folders are looked through where the system does not tell of changes.
POLL_MS = 300

_Stat: TypeAlias = tuple[int, int, int, int]


class FolderWatch(Protocol):
    """Something that knows what has changed since it was asked last."""

    def look(self) -> set[Change]:
        """What has changed. Raises `OSError` or `RuntimeError` if that cannot be known any more."""


class _NothingMore(Exception):
    """Nothing has changed."""


class _TwoLooks:
    """Lets the library look twice, without waiting.

    It reports changes at the second look. This leaves by an exception: what came after that is then
    there for the next, while the library forgets it where it is told to stop.
    """

    def __init__(self) -> None:
        self._left = 2

    def is_set(self) -> bool:
        """Go on, twice."""
        if self._left == 0:
            raise _NothingMore
        self._left -= 1
        return False


class SystemWatch:
    """Folders of which the system tells, by watchfiles; all of them with what is below, or none."""

    def __init__(self, folders: Sequence[str], recursive: bool) -> None:
        self._notify = rust_notify()(list(folders), False, False, POLL_MS, recursive, True)

    def look(self) -> set[Change]:
        """What has changed since the last look."""
        try:
            found = self._notify.watch(0, 0, 0, _TwoLooks())
        except _NothingMore:
            return set()
        return found if isinstance(found, set) else set()


class PolledFolder:
    """A folder that is looked through every `seconds`.

    A file counts as changed if anything about it is different: one that was put in its place may be
    older. Folders that never count are passed by.
    """

    def __init__(
        self,
        folder: str,
        recursive: bool,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._recursive = recursive
        self._seconds = seconds
        self._clock = clock
        self._files = dict(self._found(folder))
        self._next = clock() + seconds

    def look(self) -> set[Change]:
        """What has changed since the last look; nothing where it is too early for one."""
        if self._clock() < self._next:
            return set()
        before, self._files = self._files, dict(self._found(self._folder))
        self._next = self._clock() + self._seconds
        changes = {(DELETED, path) for path in before.keys() - self._files.keys()}
        for path, state in self._files.items():
            if path not in before:
                changes.add((ADDED, path))
            elif before[path] != state:
                changes.add((MODIFIED, path))
        return changes

    def _found(
        self, folder: str, above: frozenset[str] = frozenset()
    ) -> Iterator[tuple[str, _Stat]]:
        """Each file with what tells one state of it from another; links are followed."""
        try:
            entries = list(os.scandir(folder))
        except OSError:
            return  # it is gone, or not ours to read
        for entry in entries:
            try:
                if not entry.is_dir():
                    found = entry.stat()
                    yield entry.path, (
                        found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino
                    )  # fmt: skip
                    continue
            except OSError:
                continue  # it has just been taken away, or is a link to nothing
            if not self._recursive or is_ignored_folder(entry.path):
                continue
            real = os.path.realpath(entry.path)
            if real not in above:  # a link may lead to a folder above itself
                yield from self._found(entry.path, above | {real})


def poll_ms() -> int:
    """How often to look, as WATCHFILES_POLL_DELAY_MS has it."""
    asked = os.environ.get("WATCHFILES_POLL_DELAY_MS", "")
    return int(asked) if asked.isdecimal() else POLL_MS


def must_poll(folder: str) -> bool:
    """Whether WATCHFILES_FORCE_POLLING asks for it, or it is a Windows drive seen from WSL.

    The library takes no name that is not UTF-8, so such a folder is looked at, too.
    """
    if not folder.isascii() and os.fsencode(folder).decode("utf-8", "ignore") != folder:
        return True
    asked = os.environ.get("WATCHFILES_FORCE_POLLING", "")
    if asked:
        return asked.lower() not in ("false", "disable", "disabled")
    return folder.startswith("/mnt/") and "microsoft" in os.uname().release.lower()
