"""Which files changed, of those that matter."""

from __future__ import annotations

import asyncio
import fnmatch
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from watchfiles import Change, awatch

# How long watchfiles gathers changes: it reports after STEP_MS without a new one, and at the
# latest after MERGE_MS. Its own default step of 50 ms would cost a reload most of its time.
STEP_MS = 10
MERGE_MS = 400

# Folders that tools write to or that hold other people's code; their files never mean a reload.
IGNORED_FOLDERS = frozenset(
    {
        "__pycache__",
        ".git",
        ".hg",
        ".svn",
        ".idea",
        ".vscode",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".hypothesis",
        ".tox",
        ".nox",
        ".venv",
        "venv",
        "node_modules",
        "site-packages",
        "dist-packages",
    }
)

_ENV_FILES = frozenset({".env", ".flaskenv"})

Changed = Callable[[tuple[str, ...], int], None]


class SourceFilter:
    """Decides whether a change of a file means a reload.

    Python files do, below the project's folder, and so do the env files there. The files of
    loaded modules and the extra files do wherever they are. A pattern to exclude (as in
    `fnmatch`, over the whole path) wins over all of it.
    """

    def __init__(
        self, folder: Path, extra_files: Iterable[str], exclude_patterns: Iterable[str]
    ) -> None:
        self._folder = folder
        self._extra = frozenset(os.path.realpath(path) for path in extra_files)
        self._patterns = tuple(exclude_patterns)
        self.loaded: frozenset[str] = frozenset()

    def __call__(self, change: Change, path: str) -> bool:
        """Whether the change of `path` counts; this is what watchfiles asks."""
        if any(fnmatch.fnmatch(path, pattern) for pattern in self._patterns):
            return False
        if path in self.loaded or path in self._extra or os.path.dirname(path) in self._extra:
            return True
        if self._in_ignored_folder(path):
            return False
        name = os.path.basename(path)
        if name.endswith(".py") or name in _ENV_FILES:
            return True
        return self._is_source_folder(change, path)

    def _in_ignored_folder(self, path: str) -> bool:
        # Only what lies below the project counts: it may itself live in some `venv/src/`.
        inner = path.removeprefix(str(self._folder))
        return not IGNORED_FOLDERS.isdisjoint(inner.split(os.sep))

    def _is_source_folder(self, change: Change, path: str) -> bool:
        """A renamed folder takes its files along, and no file in it is told of."""
        if change is Change.deleted:
            return any(file.startswith(path + os.sep) for file in self.loaded)
        return change is Change.added and os.path.isdir(path) and any(Path(path).glob("*.py"))


class Watcher:
    """Watches folders from `start` to `stop`, and can be given more of them meanwhile.

    `on_change` gets the paths of one burst, sorted, and how many raw notices they were. A folder
    that cannot be watched is told to `on_trouble`, in a sentence.
    """

    def __init__(
        self,
        folder: Path,
        extra_files: Iterable[str],
        exclude_patterns: Iterable[str],
        on_change: Changed,
        on_trouble: Callable[[str], None],
    ) -> None:
        self._folder = folder.resolve()
        self._extra_files = tuple(extra_files)
        self._filter = SourceFilter(self._folder, self._extra_files, exclude_patterns)
        self._on_change = on_change
        self._on_trouble = on_trouble
        self._stop = asyncio.Event()
        self._watched: dict[Path, bool] = {}  # and whether with all that is below
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Watch the folder with all below it, and the extra files wherever they are."""
        self._add(self._folder, recursive=True)
        for path in {Path(os.path.realpath(path)) for path in self._extra_files}:
            self._add(path if path.is_dir() else path.parent, recursive=path.is_dir())

    def add_sources(self, files: Iterable[str]) -> None:
        """Count changes of these files of loaded modules too, and watch where they lie."""
        self._filter.loaded |= frozenset(os.path.realpath(file) for file in files)
        for folder in {Path(file).parent for file in self._filter.loaded}:
            self._add(folder, recursive=False)

    async def stop(self) -> None:
        """End all watching."""
        self._stop.set()
        await asyncio.gather(*self._tasks)

    def _add(self, folder: Path, *, recursive: bool) -> None:
        if folder in self._watched or any(self._watched.get(above) for above in folder.parents):
            return
        if not folder.is_dir():
            return
        self._watched[folder] = recursive
        task = asyncio.create_task(self._watch(folder, recursive))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _watch(self, folder: Path, recursive: bool) -> None:
        try:
            async for changes in awatch(
                folder,
                watch_filter=self._filter,
                debounce=MERGE_MS,
                step=STEP_MS,
                stop_event=self._stop,
                recursive=recursive,
                rust_timeout=5_000,
                yield_on_timeout=False,
                ignore_permission_denied=True,
            ):
                paths = tuple(sorted({path for _, path in changes}))
                self._on_change(paths, len(changes))
        except (OSError, RuntimeError) as error:
            self._on_trouble(f"{folder} cannot be watched ({error}): restart with r after a save.")
