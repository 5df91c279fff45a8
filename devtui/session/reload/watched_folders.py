"""Watch folders through the system where it can report changes, else by polling."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from devtui.session.reload.folder_watch import (
    BrokenLibrary,
    Change,
    FolderWatch,
    PolledFolder,
    SystemWatch,
    must_poll,
    poll_ms,
    why_polled,
)


class WatchedFolders:
    """The watched folders, and the changes in them. Use it in one thread.

    `say` gets a sentence about a folder that cannot be watched, or is looked through.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._said: set[str] = set()
        self._watches: dict[
            FolderWatch, dict[str, bool]
        ] = {}  # the folders of each, and whether recursive

    def has(self, folder: str) -> bool:
        """Whether changes in the folder are seen."""
        real = Path(os.path.realpath(folder))
        return any(
            str(real) in watched or any(watched.get(str(above)) for above in real.parents)
            for watched in self._watches.values()
        )

    def add(self, folders: dict[str, bool]) -> None:
        """Begin to watch folders, all recursively or none; poll those that need it."""
        recursive = next(iter(folders.values()))
        polled = [folder for folder in folders if must_poll(folder)]
        told = [folder for folder in folders if folder not in polled]
        for folder in folders:
            if not os.access(folder, os.R_OK):
                self.trouble(folder, "it may not be read")
        if told:
            try:
                self._watches[SystemWatch(told, recursive)] = dict.fromkeys(told, recursive)
            except FileNotFoundError as error:
                if len(told) == 1:
                    self.trouble(told[0], error)
                    return
                for folder in told:  # one is gone, and the others can be watched
                    self.add({folder: recursive})
            except (OSError, RuntimeError, BrokenLibrary) as error:
                self._say_once(why_polled(error, told))
                polled += told
        self._poll(dict.fromkeys(polled, recursive))

    def _poll(self, folders: dict[str, bool]) -> None:
        for folder, recursive in folders.items():
            watch = PolledFolder(folder, recursive, poll_ms() / 1000)
            self._watches[watch] = {folder: recursive}

    def remove(self, folder: str) -> bool:
        """Forget a folder that another one replaces; return whether it was watched recursively."""
        recursive = False
        for watch, watched in list(self._watches.items()):
            recursive |= watched.pop(folder, False)
            if not watched:
                del self._watches[watch]
        return recursive

    def look(self) -> set[Change]:
        """Return the changes since the last look."""
        found: set[Change] = set()
        for watch, folders in list(self._watches.items()):
            try:
                found |= watch.look()
            except BrokenLibrary as error:
                del self._watches[watch]
                self._say_once(why_polled(error, tuple(folders)))
                self._poll(folders)
            except (OSError, RuntimeError) as error:
                del self._watches[watch]
                self.trouble(", ".join(folders), error)
        return found

    def trouble(self, folder: str, error: object) -> None:
        """Say that a folder cannot be watched."""
        self._say(f"{folder} cannot be watched ({error}): restart with r after a save.")

    def _say_once(self, sentence: str) -> None:
        if sentence not in self._said:
            self._said.add(sentence)
            self._say(sentence)
