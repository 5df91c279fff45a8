"""Know which version of the pages is the newest, and what an older one has missed."""

from __future__ import annotations

import os

from devtui.session.live.page_connection import NO_VERSION, Version
from devtui.session.live.page_files import PageChange

# The most file names in one message. If there are more, a page loads all of its files again.
MAX_NAMES = 300

# The most names that are remembered. Builds with hashes in file names save new names each time.
MAX_REMEMBERED = 2_000


class PageVersions:
    """The newest version, and the files that were saved in each.

    A page older than the last save that changed more than swappable files loads again. A later one
    only has to take the files that it `missed` in their place.
    """

    def __init__(self) -> None:
        self.newest = self._oldest_to_stay = self._oldest_remembered = NO_VERSION
        self._saved: dict[str, Version] = {}

    def serve(self, generation: int, change: PageChange) -> None:
        """Count a new generation, which all pages load again for, with what was saved until then.

        Their browsers have to get those files once more.
        """
        self.newest = self._oldest_to_stay = generation, self.newest[1]
        self._remember(change)

    def save(self, change: PageChange) -> None:
        """Count a save that needs no new generation."""
        generation, saves = self.newest
        self.newest = generation, saves + 1
        if change.reload:
            self._oldest_to_stay = self.newest
        self._remember(change)

    def _remember(self, change: PageChange) -> None:
        for path in change.paths:
            name = os.path.basename(path)
            self._saved.pop(name, None)  # the newest are the last
            self._saved[name] = self.newest
        while len(self._saved) > MAX_REMEMBERED:
            self._oldest_remembered = self._saved.pop(next(iter(self._saved)))

    def needs_load(self, version: Version) -> bool:
        """Whether a page of this version has to load again."""
        return version < self._oldest_to_stay or self._since(version) is None

    def missed(self, version: Version) -> list[str] | None:
        """Return the names of the files saved since; None if there are too many, or if unknown."""
        return None if version == NO_VERSION else self._since(version)

    def _since(self, version: Version) -> list[str] | None:
        if version < self._oldest_remembered:
            return None
        names = sorted(name for name, saved in self._saved.items() if saved > version)
        return names if len(names) <= MAX_NAMES else None
