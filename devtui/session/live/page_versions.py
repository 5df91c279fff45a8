"""Know which version of the pages is the newest, and what an older one has missed."""

from __future__ import annotations

import os

from devtui.session.live.page_connection import NO_VERSION, Version
from devtui.session.live.page_files import PageChange

# Names of files in one message. If there are more, a page loads all of its files again.
MAX_NAMES = 300


class PageVersions:
    """The newest version, and the files that were saved in each.

    A page of a version before the last one that `needs_load` has to load again. A later one only
    has to take the files that it `missed` in their place.
    """

    def __init__(self) -> None:
        self.newest = self._loaded = NO_VERSION
        self._saved: dict[str, Version] = {}

    def serve(self, generation: int) -> None:
        """Count a new generation, which all pages load again for."""
        self.newest = self._loaded = generation, self.newest[1]

    def save(self, change: PageChange) -> None:
        """Count a save that needs no new generation."""
        generation, saves = self.newest
        self.newest = generation, saves + 1
        if change.reload:
            self._loaded = self.newest
        for path in change.paths:
            self._saved[os.path.basename(path)] = self.newest

    def needs_load(self, version: Version) -> bool:
        """Whether a page of this version has to load again."""
        return version < self._loaded or len(self._since(version)) > MAX_NAMES

    def missed(self, version: Version) -> list[str] | None:
        """Return the names of the files saved since; None if too many or not known."""
        names = self._since(version)
        return None if version == NO_VERSION or len(names) > MAX_NAMES else names

    def _since(self, version: Version) -> list[str]:
        return sorted(name for name, saved in self._saved.items() if saved > version)
