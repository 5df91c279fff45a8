"""Turn notices of changed files that are not source code into changes for pages."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable

from devtui.session.event_bus import EventBus
from devtui.session.live.page_files import (
    PageChange,
    WrittenByPages,
    change_by,
    has_known_suffix,
)

# How long a file of an unknown kind waits. Many editors write the new text under another name
# beside the file, and rename it. Pages that load in between would show the old text, and lose a
# form's text although only a style sheet was saved.
RENAME_SECONDS = 0.2


class PageSaves:
    """Call `on_change` with what the saved files change for pages.

    `waits` says whether a new generation is about to come anyway, or saves are held.
    """

    def __init__(
        self,
        folder: str,
        bus: EventBus,
        waits: Callable[[], bool],
        on_change: Callable[[PageChange], None],
    ) -> None:
        self._folder = folder
        self._bus = bus
        self._waits = waits
        self._on_change = on_change
        self._noticed: set[str] = set()
        self._settling: asyncio.TimerHandle | None = None
        self._written = WrittenByPages()

    def noticed(self, paths: Iterable[str]) -> None:
        """Take in changed files. Those that wait are passed on with the first that need not."""
        parts = {path for path in paths if change_by([path])}
        self._noticed |= parts
        if self._waits() or any(map(has_known_suffix, parts)):
            self._pass_on()
        elif parts and self._settling is None:
            loop = asyncio.get_running_loop()
            self._settling = loop.call_later(RENAME_SECONDS, self._pass_on)

    def forget(self) -> None:
        """Drop the waiting files."""
        self._noticed.clear()
        if self._settling is not None:
            self._settling.cancel()
            self._settling = None

    def taken(self) -> PageChange:
        """Take the waiting files, and return what they change: a new generation serves them."""
        noticed = sorted(path for path in self._noticed if change_by([path]))
        self.forget()
        paths, found = self._written.without(noticed)
        for path in found:
            name = os.path.relpath(path, self._folder)
            self._bus.warn(f"{name} changes each time a page loads, so pages do not follow it.")
        return change_by(paths)

    def _pass_on(self) -> None:
        if change := self.taken():
            self._on_change(change)
