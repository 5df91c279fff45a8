"""Note what a head start finds in the file system, and check whether that has changed."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from contextlib import suppress

from devtui.server.app.file_notes import notes
from devtui.server.guest import own_code
from devtui.server.guest.own_code import file_of, is_own
from devtui.server.standby.importable import importable

State = tuple[int, int, int, int]

# The most files to note that the app opens itself, or that are in folders it lists.
MAX_NOTED = 10_000

# Files whose changes no app depends on: bytecode, and files of editors and databases that come and
# go.
_PASSING = (".pyc", "~", ".swp", ".tmp", "-journal", "-wal", "-shm")
_BYTECODE = "__pycache__"

_METADATA = (".dist-info", ".egg-info", ".egg")

_NEVER: State = (-1, -1, -1, -1)


class Findings:
    """The files that were read, and the names and files in the folders that were listed."""

    def __init__(self) -> None:
        self._began_ns = time.time_ns()
        self._files: dict[str, State | None] = {}
        self._names: dict[str, frozenset[str]] = {}
        self._modules: dict[str, frozenset[str]] = {}
        self._packages: dict[str, frozenset[str]] = {}
        self._listed: dict[str, dict[str, State | None]] = {}
        self._installed: dict[str, State | None] = {}
        self._noted = 0
        self._note_search_path()

    def opening(self, file: str) -> None:
        """Note a file before it is opened."""
        if file not in self._files:
            self._count(1)
            self._files[file] = state_of(file)

    def listing(self, folder: str) -> None:
        """Note a folder before it is listed."""
        if folder not in self._listed:
            self._listed[folder] = found = _entries(folder, MAX_NOTED - self._noted)
            self._count(len(found) + 1)

    def looking_for_modules(self, folder: str) -> None:
        """Note a folder before its modules are listed."""
        if folder not in self._modules:
            self._modules[folder] = importable(folder)

    def looking_for_packages(self, folder: str) -> None:
        """Note a folder before its installed packages are listed."""
        if folder not in self._packages:
            self._packages[folder] = _packages(folder)

    def entering(self, file: str) -> None:
        """Note the folder of a module of the user's before the module runs."""
        folder = os.path.dirname(file)
        if folder not in self._names:
            self._names[folder] = _names(folder)

    def read(self, file: str) -> None:
        """Note that a file was read just now."""
        self._files[file] = state_of(file)

    def finish(self, but: Iterable[str]) -> None:
        """Note the files of all modules, except those in `but`, which have only begun to run."""
        begun = frozenset(but)
        for module in list(sys.modules.values()):
            file = file_of(module)
            if not file or file in self._files or os.path.realpath(file) in begun:
                continue
            if os.path.isabs(file):
                state = state_of(file)
                late = state is not None and max(state[1:3]) > self._began_ns
                self._files[file] = _NEVER if late else state
        for noted in notes.read():
            self._files[noted.file] = (noted.size, noted.mtime_ns, noted.ctime_ns, noted.inode)
        self._note_search_path()
        for file in own_code.own_sources():
            self.entering(file)

    def changed(self) -> str:
        """Say what has changed since it was noted; empty if nothing has."""
        if self._noted > MAX_NOTED:
            return "it reads more files than can be compared"
        for file, state in self._files.items():
            if state_of(file) != state:
                return f"{file} has changed"
        for folder, names in self._names.items():
            if _names(folder) != names:
                return f"{folder} has other files"
        for folder, names in self._modules.items():
            if importable(folder) != names:
                return f"{folder} has other modules"
        for folder, names in self._packages.items():
            if _packages(folder) != names:
                return f"{folder} has other packages"
        for folder, entries in self._listed.items():
            if _entries(folder, len(entries) + 1) != entries:
                return f"{folder} has other files"
        for folder, state in self._installed.items():
            if state_of(folder) != state:
                return f"{folder} has other packages"
        return ""

    def _count(self, more: int) -> None:
        self._noted += more

    def _note_search_path(self) -> None:
        for folder in sys.path:
            if is_own(folder):
                self.entering(os.path.join(folder, ""))
            elif folder not in self._installed:
                self._installed[folder] = state_of(folder)


def state_of(file: str) -> State | None:
    """Return the facts of a file that a save changes, None if it cannot be seen."""
    try:
        found = os.stat(file)
    except (OSError, ValueError):
        return None
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def _names(folder: str) -> frozenset[str]:
    """Return the names that an import finds in a folder, and of other files an app may look for."""
    # A folder may have the name of a module beside it, and come first.
    found = {f"import {name}" for name in importable(folder)}
    with suppress(OSError):
        for name in os.listdir(folder):
            hidden = name.startswith((".", "#")) and not name.startswith((".env", ".flaskenv"))
            if not hidden and not name.endswith(_PASSING) and name != _BYTECODE:
                found.add(name)
    return frozenset(found)


def _packages(folder: str) -> frozenset[str]:
    """Return the names of packages' metadata in a folder, as `importlib.metadata` finds them."""
    found = set()
    with suppress(OSError):
        found = {name for name in os.listdir(folder) if name.lower().endswith(_METADATA)}
    return frozenset(found)


def _entries(folder: str, most: int) -> dict[str, State | None]:
    """Return the states of the files in a folder; for folders and sources only their names.

    The content of a source counts when it is imported.
    """
    found: dict[str, State | None] = {}
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if len(found) > most:
                break
            if not entry.name.endswith(_PASSING) and entry.name != _BYTECODE:
                named = entry.name.endswith(".py") or entry.is_dir()
                found[entry.name] = None if named else state_of(entry.path)
    return found
