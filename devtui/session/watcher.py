"""Which files changed, of those that matter."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, cast

from devtui.session.rust_notify import rust_notify
from devtui.session.watch_rules import SourceFilter

if TYPE_CHECKING:
    from watchfiles._rust_notify import RustNotify

# How often to look for changes. A look wakes a thread, which is most of what an idle dashboard
# costs: at every 10 ms some 0.2 % of a core, at every 5 ms twice that.
LOOK_SECONDS = 0.01

# For how long no change must come for those that came to be reported; at the latest after MERGE_MS.
# A save is over at once. Where more notices came than one save makes, or they go on, many files are
# being written (a checkout, a formatter), with pauses.
REST_SECONDS = 0.005
LONG_REST_SECONDS = 0.025
NOTICES_OF_A_SAVE = 8
MERGE_MS = 400

# How often folders are looked through where the system does not tell of changes.
POLL_MS = 300

Changed = Callable[[tuple[str, ...], int], None]
Ignored = Callable[[dict[str, str]], None]


class Watcher:
    """Watches folders from `start` to `stop`, and can be given more of them meanwhile.

    `on_change` gets the paths of one burst, sorted, and how many raw notices they were;
    `on_ignored` what did not count, with the reason for each. A folder that cannot be watched is
    told to `on_trouble`, in a sentence. All are called on the event loop that runs at `start`.
    """

    def __init__(
        self,
        folder: Path,
        extra_files: Iterable[str],
        exclude_patterns: Iterable[str],
        on_change: Changed,
        on_trouble: Callable[[str], None],
        on_ignored: Ignored = lambda reasons: None,
    ) -> None:
        self._folder = folder.resolve()
        self._extra_files = tuple(extra_files)
        self._filter = SourceFilter(self._folder, self._extra_files, exclude_patterns)
        self._on_change = on_change
        self._on_trouble = on_trouble
        self._on_ignored = on_ignored
        self._stop = threading.Event()
        self._watched: dict[Path, bool] = {}  # and whether with all that is below
        self._threads: list[threading.Thread] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Watch the folder with all below it, and the extra files wherever they are."""
        self._loop = asyncio.get_running_loop()
        self._add(self._folder, recursive=True)
        for path in {Path(os.path.realpath(path)) for path in self._extra_files}:
            self._add(path if path.is_dir() else path.parent, recursive=path.is_dir())

    def add_sources(self, files: Iterable[str]) -> None:
        """Count changes of these files of loaded modules too, and watch where they lie."""
        loaded = frozenset(os.path.realpath(file) for file in files)
        new = loaded - self._filter.loaded
        self._filter.loaded |= loaded
        for folder in {_topmost_package(os.path.dirname(file)) for file in new}:
            self._add(*folder)

    async def stop(self) -> None:
        """End all watching."""
        self._stop.set()
        for thread in self._threads:
            await asyncio.to_thread(thread.join)

    def _add(self, folder: Path, recursive: bool) -> None:
        if folder in self._watched or any(self._watched.get(above) for above in folder.parents):
            return
        if not folder.is_dir():
            return
        self._watched[folder] = recursive
        thread = threading.Thread(
            target=self._watch, args=(folder, recursive), name="devtui-watch", daemon=True
        )
        self._threads.append(thread)
        thread.start()

    def _watch(self, folder: Path, recursive: bool) -> None:
        """Watch one folder until the end; a thread's work."""
        try:
            notify = self._notify(folder, recursive)
            while not self._stop.is_set():
                changes = notify.watch(MERGE_MS, 0, 0, _Pace(self._stop))
                if isinstance(changes, set):
                    self._sort_out(_gathered(notify, changes))
        except (OSError, RuntimeError) as error:
            self._call(
                self._on_trouble,
                f"{folder} cannot be watched ({error}): restart with r after a save.",
            )

    def _notify(self, folder: Path, recursive: bool) -> RustNotify:
        """Begin to watch; by looking again and again where the system cannot tell."""

        def begin(polling: bool) -> RustNotify:
            return rust_notify()([str(folder)], False, polling, _poll_ms(), recursive, True)

        if _must_poll(folder):
            return begin(polling=True)
        try:
            return begin(polling=False)
        except FileNotFoundError:
            raise
        except (OSError, RuntimeError) as error:
            notify = begin(polling=True)
            self._call(
                self._on_trouble,
                f"The system cannot tell of more changes ({error}): {folder} is looked through "
                f"every {_poll_ms()} ms instead. On Linux: sysctl fs.inotify.max_user_watches",
            )
            return notify

    def _sort_out(self, changes: set[tuple[int, str]]) -> None:
        paths, ignored = set(), {}
        for change, path in changes:
            reason, name = self._filter.why_ignored(change, path)
            if reason:
                ignored[name] = reason
            else:
                paths.add(path)
        if paths:
            self._call(self._on_change, tuple(sorted(paths)), len(changes) - len(ignored))
        if ignored:
            self._call(self._on_ignored, ignored)

    def _call(self, function: Callable[..., None], *arguments: object) -> None:
        assert self._loop is not None
        with suppress(RuntimeError):  # the loop has been closed: nobody wants to know any more
            self._loop.call_soon_threadsafe(function, *arguments)


class _Pace:
    """Has the library look every `LOOK_SECONDS`, until it has found something or is to stop.

    It asks `is_set` before each look, and reports the changes when two looks have found as many.
    With its own steps both would take as long; here the second follows at once, and `_gathered`
    does the rest.
    """

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._second = True

    def is_set(self) -> bool:
        """Wait before every other look; whether to stop."""
        self._second = not self._second
        if not self._second:
            time.sleep(LOOK_SECONDS)
        return self._stop.is_set()


class _NothingMore(Exception):
    """Nothing has changed."""


class _TwoLooks:
    """Lets the library look twice, without waiting.

    It leaves by an exception: what came after the second look is then there for the next, while
    the library forgets it where it is told to stop.
    """

    def __init__(self) -> None:
        self._left = 2

    def is_set(self) -> bool:
        """Go on, twice."""
        if self._left == 0:
            raise _NothingMore
        self._left -= 1
        return False


def _gathered(notify: RustNotify, changes: set[tuple[int, str]]) -> set[tuple[int, str]]:
    """These changes, and those that follow on them without a rest."""
    found = set(changes)
    end = time.monotonic() + MERGE_MS / 1000
    rest = REST_SECONDS if len(changes) <= NOTICES_OF_A_SAVE else LONG_REST_SECONDS
    with suppress(_NothingMore):
        while time.monotonic() < end:
            time.sleep(rest)
            rest = LONG_REST_SECONDS
            found |= cast("set[tuple[int, str]]", notify.watch(MERGE_MS, 0, 0, _TwoLooks()))
    return found


def _topmost_package(folder: str) -> tuple[Path, bool]:
    """What to watch for a module in `folder`: its whole package where it is in one."""
    path = Path(folder)
    if not (path / "__init__.py").exists():
        return path, False
    while (path.parent / "__init__.py").exists():
        path = path.parent
    return path, True


def _must_poll(folder: Path) -> bool:
    """Whether WATCHFILES_FORCE_POLLING asks for it, or it is a Windows drive seen from WSL."""
    asked = os.environ.get("WATCHFILES_FORCE_POLLING", "")
    if asked:
        return asked.lower() not in ("false", "disable", "disabled")
    return folder.is_relative_to("/mnt") and "microsoft" in os.uname().release.lower()


def _poll_ms() -> int:
    asked = os.environ.get("WATCHFILES_POLL_DELAY_MS", "")
    return int(asked) if asked.isdecimal() else POLL_MS
