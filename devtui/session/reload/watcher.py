"""Find out which files changed, and report those that matter."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from devtui.session.reload import git_work
from devtui.session.reload.folder_watch import Change
from devtui.session.reload.source_filter import DELETED, MODIFIED, SourceFilter
from devtui.session.reload.watched_folders import WatchedFolders
from devtui.session.reload.watched_places import (
    WatchedPlaces,
    links_above,
    state_of,
    topmost_package,
)

# How often to look for changes. Each look wakes a thread: every 10 ms that is 0.2 % of a core.
LOOK_SECONDS = 0.01

# Changes are reported after this time without another one, and after MERGE_SECONDS at the latest.
# A save is over at once. A checkout or a formatter makes more notices than a save, with pauses.
REST_SECONDS = 0.005
LONG_REST_SECONDS = 0.025
NOTICES_OF_A_SAVE = 8
MERGE_SECONDS = 0.4

# How often to look whether links lead elsewhere; the system does not report that.
PLACES_SECONDS = 0.25

Changed = Callable[[tuple[str, ...], int], None]


class Watcher:
    """Watch folders from `start` to `stop`, in one thread. More folders can be added meanwhile.

    `on_change` gets the paths of one burst, sorted, and the number of notices. `on_ignored` gets
    the changes that did not count, with their reasons. `on_trouble` gets a sentence about a folder
    that cannot be watched. All are called on the event loop that runs at `start`.

    It waits for extra files that do not exist yet or were deleted.
    """

    def __init__(
        self,
        folder: Path,
        extra_files: Iterable[str],
        exclude_patterns: Iterable[str],
        on_change: Changed,
        on_trouble: Callable[[str], None],
        on_ignored: Callable[[dict[str, str]], None] = lambda reasons: None,
    ) -> None:
        self._folder = os.path.abspath(folder)
        self._extra_files = tuple(map(os.path.abspath, extra_files))
        self._filter = SourceFilter(folder.resolve(), self._extra_files, exclude_patterns)
        self._on_change = on_change
        self._on_trouble = on_trouble
        self._on_ignored = on_ignored
        self._stop = threading.Event()
        self._work: deque[Callable[[], None]] = deque()  # for the thread
        self._asked: deque[Callable[[], None]] = deque()  # to call after the next look
        self._folders = WatchedFolders(lambda sentence: self._call(self._on_trouble, sentence))
        self._roots: dict[str, str] = {}  # from the given paths to where they led
        self._places = WatchedPlaces()
        self._named: set[str] = set()  # the names of the files of loaded modules
        self._extra_states = {path: state_of(path) for path in self._extra_files}
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Watch the folder with its subfolders, and the extra files wherever they are."""
        self._loop = asyncio.get_running_loop()
        self._work.append(self._begin)
        self._thread = threading.Thread(target=self._run, name="devtui-watch", daemon=True)
        self._thread.start()

    def add_sources(
        self,
        files: Iterable[str],
        then: Callable[[], Callable[[], None]] = lambda: lambda: None,
    ) -> None:
        """Count changes of these files of loaded modules too, and watch their folders.

        After that, `then` is called in the watcher's thread, and its result is called on the loop.
        """
        named = tuple(files)

        def work() -> None:
            self._add_sources(named)
            self._call(then())

        self._work.append(work)

    async def look_now(self) -> None:
        """Wait until the changes that were made before this call are reported."""
        looked = asyncio.Event()
        self._asked.append(looked.set)
        await looked.wait()

    async def stop(self) -> None:
        """End all watching."""
        self._stop.set()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)

    # -- the thread ----------------------------------------------------------------------------

    def _run(self) -> None:
        looked_at_places = time.monotonic()
        while not self._stop.is_set():
            asked = list(self._asked)
            self._take_in()
            if asked:
                time.sleep(REST_SECONDS)  # the system may be about to report the newest
            if changes := self._folders.look():
                changes = self._gathered(changes)
            if time.monotonic() - looked_at_places >= PLACES_SECONDS:
                changes |= self._look_at_places()
                looked_at_places = time.monotonic()
            if changes:
                self._sort_out(changes)
            elif not asked:
                time.sleep(LOOK_SECONDS)
            for looked in asked:
                self._asked.popleft()
                self._call(looked)

    def _take_in(self) -> None:
        while self._work:
            self._work.popleft()()

    def _begin(self) -> None:
        if not os.path.isdir(self._folder):
            self._folders.trouble(self._folder, "it is not there")
            self._roots[self._folder] = self._folder
            self._places.add(self._folder)  # it may be made later
        folders = {self._folder: True}
        for path in self._extra_files:
            if os.path.isdir(path):
                folders[path] = True
            else:
                folders.setdefault(os.path.dirname(os.path.realpath(path)), False)
        self._add_roots(folders)

    def _add_sources(self, files: Iterable[str]) -> None:
        named = {os.path.abspath(file) for file in files}
        new, self._named = named - self._named, self._named | named
        # A link in the project may lead elsewhere since.
        loaded = frozenset(map(os.path.realpath, new | self._inside(named))) - self._filter.loaded
        self._filter.loaded |= loaded
        folders = {os.path.dirname(file) for file in loaded - self._inside(loaded)}
        self._add_roots(dict(map(topmost_package, folders)))
        for path in links_above(new - self._inside(new)):
            self._places.add(path)

    def _inside(self, files: Iterable[str]) -> set[str]:
        """Return those of the files that lie in the project's folder, by that name."""
        inside = os.path.join(self._folder, "")
        return {file for file in files if file.startswith(inside)}

    def _add_roots(self, folders: dict[str, bool]) -> None:
        """Watch folders with as few watches as possible; skip those that are watched already."""
        for recursive in (True, False):
            new = [
                folder
                for folder, deep in folders.items()
                if deep is recursive and os.path.isdir(folder) and not self._folders.has(folder)
            ]
            for folder in new:
                self._roots[folder] = os.path.realpath(folder)
                self._places.add(folder)
            if new:
                self._folders.add({self._roots[folder]: recursive for folder in new})

    def _gathered(self, changes: set[Change]) -> set[Change]:
        """Return these changes and those that follow without a rest, or in the same work of git.

        A log or a database may be written without a rest; that does not delay a save.
        """
        found = set(changes)
        end = time.monotonic() + MERGE_SECONDS
        rest = REST_SECONDS if len(changes) <= NOTICES_OF_A_SAVE else LONG_REST_SECONDS
        in_checkout = False
        while True:
            # Look once more after git has ended: its last changes may not be reported yet.
            was_in_checkout, in_checkout = in_checkout, git_work.is_underway(self._folder)
            if not (in_checkout or was_in_checkout) and time.monotonic() >= end:
                break
            time.sleep(rest)
            rest = LONG_REST_SECONDS
            more = self._folders.look()
            found |= more
            few = len(found) <= NOTICES_OF_A_SAVE
            no_save = few and self._has_save(found) and not self._has_save(more)
            if not in_checkout and (not more or no_save):
                break
            if self._stop.is_set():
                break
        return found

    def _has_save(self, changes: set[Change]) -> bool:
        return any(self._filter(change, path) for change, path in changes)

    def _look_at_places(self) -> set[Change]:
        """Return what has changed because a path leads elsewhere, or an extra file came or went."""
        changes = set()
        for path, before in self._extra_states.items():
            now = state_of(path)
            if now != before:
                self._extra_states[path] = now
                changes.add((MODIFIED, path))
                if now is not None and os.path.isdir(path):
                    self._add_roots({path: True})
        for place in self._places.moved():
            inside = os.path.join(place, "")
            files = {file for file in self._named if file == place or file.startswith(inside)}
            self._filter.loaded |= frozenset(map(os.path.realpath, files))
            changes |= {(MODIFIED, file) for file in files}
            if place in self._roots:
                self._watch_again(place)
            else:
                folders = {os.path.dirname(os.path.realpath(file)) for file in files}
                self._add_roots(dict(map(topmost_package, folders)))
        return changes

    def _watch_again(self, root: str) -> None:
        before, real = self._roots[root], os.path.realpath(root)
        recursive = self._folders.remove(before) or root == self._folder
        self._roots[root] = real
        if os.path.isdir(real):
            self._folders.add({real: recursive})
        if root == self._folder:
            self._filter.folder = real

    def _sort_out(self, changes: set[Change]) -> None:
        self._take_in()  # a file counts that was added as a source before it was deleted
        self._filter.refresh()
        paths, ignored = set(), {}
        for change, path in changes:
            if change == DELETED:
                for root, real in self._roots.items():
                    if real == path:
                        self._places.forget(root)
            reason, name = self._filter.why_ignored(change, path)
            if reason:
                ignored[name] = reason
            else:
                paths.add(path)
        for path in self._extra_states:
            if path in paths or os.path.realpath(path) in paths:
                self._extra_states[path] = state_of(path)  # report it once only
        # Sources first: if they cause a reload, pages need not load for a template before it.
        if paths:
            self._call(self._on_change, tuple(sorted(paths)), len(changes) - len(ignored))
        if ignored:
            self._call(self._on_ignored, ignored)

    def _call(self, function: Callable[..., None], *arguments: object) -> None:
        assert self._loop is not None
        with suppress(RuntimeError):  # the loop is closed, and nobody needs this any more
            self._loop.call_soon_threadsafe(function, *arguments)
