"""Which files matter: whether a change of one means a reload, and why not."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterable
from pathlib import Path

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

ENV_FILES = frozenset({".env", ".flaskenv"})

# What watchfiles calls the kinds of change. Its own enumeration costs an import of anyio.
ADDED, MODIFIED, DELETED = 1, 2, 3


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

    def why_ignored(self, change: int, path: str) -> tuple[str, str]:
        """The reason why the change of `path` does not count, and what to name by it.

        The reason is empty where it counts; of a folder full of ignored files, the folder is
        named.
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
        return ("" if self._is_source_folder(change, path) else "no Python file"), path

    def __call__(self, change: int, path: str) -> bool:
        """Whether the change of `path` counts."""
        return not self.why_ignored(change, path)[0]

    def _why_not_source(self, change: int, name: str) -> str:
        if name.startswith("."):
            return "an editor's own file"  # Emacs's lock of app.py is a link named .#app.py
        return "deleted, and the app had not loaded it" if change == DELETED else ""

    def _ignored_folder(self, path: str) -> str | None:
        # Only what lies below the project counts: it may itself live in some `venv/src/`.
        inner = path.removeprefix(str(self._folder))
        parts = inner.split(os.sep)
        for number, part in enumerate(parts):
            if part in IGNORED_FOLDERS:
                return path.removesuffix(inner) + os.sep.join(parts[: number + 1])
        return None

    def _is_source_folder(self, change: int, path: str) -> bool:
        """A renamed folder takes its files along, and no file in it is told of."""
        if change == DELETED:
            return any(file.startswith(path + os.sep) for file in self.loaded)
        return change == ADDED and os.path.isdir(path) and any(Path(path).glob("*.py"))
