"""Paths that may lead elsewhere later: links, replaced folders, and files that do not exist yet."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


class WatchedPlaces:
    """Remember where paths lead, and find those that lead elsewhere now.

    The system reports changes in the folder that a path led to when its watch began. It does not
    report that a link above that folder was pointed elsewhere.
    """

    def __init__(self) -> None:
        self._led_to: dict[str, tuple[int, int] | None] = {}

    def add(self, path: str) -> None:
        """Check this path too, from now on."""
        self._led_to.setdefault(path, _identity(path))

    def forget(self, path: str) -> None:
        """Forget a path whose target is gone, even if a new one has the same inode number."""
        if path in self._led_to:
            self._led_to[path] = None

    def moved(self) -> list[str]:
        """Return the paths that lead elsewhere since the last look, or exist again."""
        found = []
        for path, before in self._led_to.items():
            now = _identity(path)
            if now != before:
                self._led_to[path] = now
                if now is not None:
                    found.append(path)
        return found


def topmost_package(folder: str) -> tuple[str, bool]:
    """Return the folder to watch for a module in `folder`: its whole package if it is in one."""
    path = Path(folder)
    if not (path / "__init__.py").exists():
        return folder, False
    while (path.parent / "__init__.py").exists():
        path = path.parent
    return str(path), True


def links_above(files: Iterable[str]) -> set[str]:
    """Return the files and folders that are reached through a link."""
    found = set()
    folders: dict[str, bool] = {}
    for file in files:
        folder = os.path.dirname(file)
        if folder not in folders:
            folders[folder] = os.path.realpath(folder) != folder
        if folders[folder]:
            found.add(folder)
        if os.path.islink(file):
            found.add(file)
    return found


def state_of(path: str) -> tuple[int, int, int, int, int] | None:
    """Return what distinguishes one state of a file from another; None if there is no file."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    if os.path.isdir(path):
        return (found.st_dev, found.st_ino, 0, 0, 0)  # its files are watched themselves
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
