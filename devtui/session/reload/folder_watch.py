"""Two ways to learn of changes in a folder: the system reports them, or a thread looks for them."""

from __future__ import annotations

import importlib.util
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, Protocol, TypeAlias

from devtui.broken_library import sentence
from devtui.session.reload.source_filter import ADDED, DELETED, MODIFIED, is_ignored_folder

if TYPE_CHECKING:
    from watchfiles._rust_notify import RustNotify

Change: TypeAlias = tuple[int, str]

_MODULE = "watchfiles._rust_notify"
_loading = threading.Lock()

# How often to look through folders whose changes the system does not report.
POLL_MS = 300

# The library's message about a file name that is not UTF-8. It comes again at each look.
_UNDECODABLE = "Unable to decode path"

# A file's time may be a little behind the clock.
_CLOCK_LAG_SECONDS = 0.1

_Stat: TypeAlias = tuple[int, int, int, int]


_NO_MORE = (
    "The system cannot tell of more changes ({}): {} is looked through every {} ms instead. "
    "On Linux: sysctl fs.inotify.max_user_watches"
)
_INSTEAD = " and looks through the folders every {} ms instead"


class BrokenLibrary(Exception):
    """The library is broken, or too old; the text says so, and what to type."""


class FolderWatch(Protocol):
    """The changes in a folder since the last look."""

    def look(self) -> set[Change]:
        """Return the changes.

        Raises `OSError` or `RuntimeError` if the watch has broken, and `BrokenLibrary`.
        """


class _NothingMore(Exception):
    """Changes of no file."""


class _TwoLooks:
    """Make the library look twice, without waiting.

    It reports changes at the second look. This object then leaves by an exception, so that later
    changes stay for the next look; when the library stops, it forgets them.
    """

    def __init__(self) -> None:
        self._left = 2

    def is_set(self) -> bool:
        """Let the library go on, twice."""
        if self._left == 0:
            raise _NothingMore
        self._left -= 1
        return False


class SystemWatch:
    """Folders whose changes the system reports; all with their subfolders, or none."""

    def __init__(self, folders: Sequence[str], recursive: bool) -> None:
        self._folders = list(folders)
        self._recursive = recursive
        self._last_look = time.time()
        self._blind = False
        self._next = 0.0  # monotonic
        self._begin()

    def look(self) -> set[Change]:
        """Return the changes since the last look."""
        if self._blind:
            return self._look_again()
        last_look = time.time()
        try:
            with _works():
                found = self._notify.watch(0, 0, 0, _TwoLooks())
        except _NothingMore:
            found = set()
        except RuntimeError as error:
            if _UNDECODABLE not in str(error):
                raise
            self._blind = True
            return self._look_again()
        self._last_look = last_look
        return found if isinstance(found, set) else set()

    def _begin(self) -> None:
        make = rust_notify()
        with _works():
            self._notify = make(self._folders, False, False, POLL_MS, self._recursive, True)

    def _look_again(self) -> set[Change]:
        """Replace the library's watch, which reports nothing more after a name that is not UTF-8.

        Look for what has changed meanwhile, but not too often: an app may write many such files.
        """
        if time.monotonic() < self._next:
            return set()
        since, self._last_look = self._last_look - _CLOCK_LAG_SECONDS, time.time()
        self._begin()
        self._blind = False
        self._next = time.monotonic() + POLL_MS / 1000
        return {
            (MODIFIED, path)
            for folder in self._folders
            for path, state in files_below(folder, self._recursive)
            if max(state[1], state[2]) >= since * 1e9
        }


class PolledFolder:
    """A folder that is looked through every `seconds`.

    A file counts as changed if anything about it differs, because a file that replaces it may be
    older. Folders that never count are skipped.
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
        self._files = dict(files_below(folder, recursive))
        self._next = clock() + seconds

    def look(self) -> set[Change]:
        """Return the changes since the last look; none if it is too early for another."""
        if self._clock() < self._next:
            return set()
        before, self._files = self._files, dict(files_below(self._folder, self._recursive))
        self._next = self._clock() + self._seconds
        changes = {(DELETED, path) for path in before.keys() - self._files.keys()}
        for path, state in self._files.items():
            if path not in before:
                changes.add((ADDED, path))
            elif before[path] != state:
                changes.add((MODIFIED, path))
        return changes


def files_below(folder: str, recursive: bool) -> Iterator[tuple[str, _Stat]]:
    """Yield each file with the state that is compared; follow links.

    No folder is entered twice, because links may form a loop. It is entered by its own name rather
    than by a link's. Folders that never count are skipped, and so are unreadable ones.
    """
    entered: set[tuple[int, int]] = set()
    folders, linked = [folder], list[str]()
    while folders or linked:
        inside = folders.pop() if folders else linked.pop()
        try:
            of_folder = os.stat(inside)
            if (of_folder.st_dev, of_folder.st_ino) in entered:
                continue
            entered.add((of_folder.st_dev, of_folder.st_ino))
            entries = list(os.scandir(inside))
        except OSError:
            continue  # it is gone, or unreadable
        for entry in entries:
            try:
                if not entry.is_dir():
                    found = entry.stat()
                    yield entry.path, (
                        found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino
                    )  # fmt: skip
                elif recursive and not is_ignored_folder(entry.path):
                    (linked if entry.is_symlink() else folders).append(entry.path)
            except OSError:
                continue  # it was just removed, or is a link to nothing


def poll_ms() -> int:
    """Return the milliseconds between looks, from WATCHFILES_POLL_DELAY_MS."""
    asked = os.environ.get("WATCHFILES_POLL_DELAY_MS", "")
    return int(asked) if asked.isdecimal() else POLL_MS


def must_poll(folder: str) -> bool:
    """Whether WATCHFILES_FORCE_POLLING is set, or the folder is on a Windows drive under WSL.

    The library accepts no folder name that is not UTF-8, so such a folder is looked through, too.
    """
    if not folder.isascii() and os.fsencode(folder).decode("utf-8", "ignore") != folder:
        return True
    asked = os.environ.get("WATCHFILES_FORCE_POLLING", "")
    if asked:
        return asked.lower() not in ("false", "disable", "disabled")
    return folder.startswith("/mnt/") and "microsoft" in os.uname().release.lower()


def why_polled(error: Exception, folders: Sequence[str]) -> str:
    """Return why the folders are looked through, and what to type."""
    if isinstance(error, BrokenLibrary):
        return str(error)
    return _NO_MORE.format(error, ", ".join(folders), poll_ms())


def _broken(error: Exception) -> BrokenLibrary:
    return BrokenLibrary(sentence(error, "watchfiles", _INSTEAD.format(poll_ms())))


@contextmanager
def _works() -> Iterator[None]:
    """Turn each error in the block that a working library does not raise into `BrokenLibrary`."""
    try:
        yield
    except (OSError, RuntimeError, _NothingMore):
        raise
    except Exception as error:
        raise _broken(error) from error


def rust_notify() -> type[RustNotify]:
    """Import the class at the first call; any thread may call it. Raises `BrokenLibrary`."""
    try:
        return _rust_notify()
    except Exception as error:  # the import of a library may raise anything
        raise _broken(error) from error


def _rust_notify() -> type[RustNotify]:
    """Import the class at the first call.

    The package itself is not imported, because it imports anyio. That takes three times as long,
    and happens while the first frame is drawn.
    """
    with _loading:
        module = sys.modules.get(_MODULE)
        if module is None:
            package = importlib.util.find_spec("watchfiles")
            places = None if package is None else package.submodule_search_locations
            spec = PathFinder.find_spec(_MODULE, places)
            if spec is None or spec.loader is None:
                raise ImportError(f"{_MODULE} is not there", name=_MODULE)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            sys.modules[_MODULE] = module
    found: type[RustNotify] = module.RustNotify
    return found
