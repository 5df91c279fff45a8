"""Decide whether a change of a file means a reload, and give the reason if it does not."""

from __future__ import annotations

import fnmatch
import itertools
import os
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from devtui.config.settings import Settings

# Folders that tools write to or that hold other people's code. Their files never cause a reload.
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

ENV_FILES = frozenset({".env", ".flaskenv"})

# The numbers of watchfiles for the kinds of change. Its own enumeration would import anyio.
ADDED, MODIFIED, DELETED = 1, 2, 3

NO_SOURCE = "no Python file"
"""The reason for a file that may still be a part of the app's pages."""

# How many files to look at for sources in new folders, in all folders of one burst.
MAX_LOOKED_AT = 10_000


class SourceFilter:
    """Decide whether a change of a file means a reload.

    Python files and env files below the project's folder do. The files of loaded modules and the
    extra files do wherever they are. An exclude pattern (as in `fnmatch`, over the whole path)
    overrides all that. `folder` is the project's, without links.
    """

    def __init__(
        self, folder: Path, extra_files: Iterable[str], exclude_patterns: Iterable[str]
    ) -> None:
        self.folder = str(folder)
        self._extra_files = tuple(extra_files)
        self.refresh()
        self._patterns = tuple(exclude_patterns)
        self.loaded: frozenset[str] = frozenset()

    def refresh(self) -> None:
        """Check where links lead and which folders are environments, once for many files."""
        self._extra = {name for one in self._extra_files for name in (one, os.path.realpath(one))}
        self._environments: dict[str, bool] = {}
        self._left = MAX_LOOKED_AT

    def why_ignored(self, change: int, path: str) -> tuple[str, str]:
        """Return why the change of `path` does not count, and the name to report it by.

        The reason is empty if it counts. For a folder full of ignored files, the name is the
        folder's.
        """
        excluded = next((one for one in self._patterns if fnmatch.fnmatch(path, one)), None)
        if excluded is not None:
            return f"excluded by {excluded}", path
        if path in self.loaded or path in self._extra or os.path.dirname(path) in self._extra:
            return "", path
        if (ignored := self._ignored_folder(path)) is not None:
            return "tools and libraries write there", ignored
        name = os.path.basename(path)
        if name in ENV_FILES:
            return "", path
        if name.endswith(".py"):
            return self._why_not_source(change, name), path
        return ("" if self._is_source_folder(change, path) else NO_SOURCE), path

    def __call__(self, change: int, path: str) -> bool:
        """Whether the change of `path` counts."""
        return not self.why_ignored(change, path)[0]

    def _why_not_source(self, change: int, name: str) -> str:
        if name.startswith("."):
            return "an editor's own file"  # Emacs's lock of app.py is a link named .#app.py
        return "deleted, and the app had not loaded it" if change == DELETED else ""

    def _ignored_folder(self, path: str) -> str | None:
        # Only the part below the project decides: the project may itself lie in some `venv/src/`.
        inner = path.removeprefix(self.folder)
        outer = path.removesuffix(inner)
        parts = inner.split(os.sep)
        folder = outer
        for part in parts[1:]:  # the project may be an environment itself
            folder += os.sep + part
            if part in IGNORED_FOLDERS or (outer and self._is_environment(folder)):
                return folder
        return None

    def _is_environment(self, folder: str) -> bool:
        if folder.endswith(".py"):
            return False
        if folder not in self._environments:
            self._environments[folder] = is_environment(folder)
        return self._environments[folder]

    def _is_source_folder(self, change: int, path: str) -> bool:
        """Whether this is a renamed folder with sources, whose files are not reported."""
        if change == DELETED:
            return any(file.startswith(path + os.sep) for file in self.loaded)
        return change == ADDED and any(self(ADDED, file) for file in self._sources_below(path))

    def _sources_below(self, folder: str) -> Iterator[str]:
        """Yield Python files at any depth, the upper ones first, up to MAX_LOOKED_AT entries."""
        folders = deque([folder])
        while folders and self._left > 0:
            try:
                with os.scandir(folders.popleft()) as found:
                    entries = list(itertools.islice(found, self._left))
            except OSError:
                continue  # it is not a folder, gone, or unreadable
            self._left -= len(entries)
            for entry in entries:
                if entry.name.endswith(".py"):
                    yield entry.path
                elif entry.is_dir(follow_symlinks=False) and not is_ignored_folder(entry.path):
                    folders.append(entry.path)


def is_ignored_folder(path: str) -> bool:
    """Whether files in the folder never count, because of its name or as an environment."""
    return os.path.basename(path) in IGNORED_FOLDERS or is_environment(path)


def is_environment(folder: str) -> bool:
    """Whether the folder is a virtual environment (PEP 405), whatever its name."""
    return os.path.isfile(os.path.join(folder, "pyvenv.cfg"))


def extra_files(settings: Settings) -> tuple[str, ...]:
    """Return the files to watch wherever they lie, with the given env file if it is read."""
    env_file = settings.env_file
    if env_file is None or not os.path.isfile(env_file):  # `-e <(...)` gives a pipe
        return settings.extra_files
    return (*settings.extra_files, env_file)
