"""What a Django project reports besides its app: checks, migrations, and template folders."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from devtui.events import FilesSaved, LogWritten, Order, ProjectChecked, TemplatesFound
from devtui.session.event_bus import EventBus

_NO_ISSUES = "The system checks find no issues any more."


class ProjectNotes:
    """Log what is new in the checks of each generation, and tell it which templates were saved."""

    def __init__(
        self, send: Callable[[Order], object], reload: Callable[[tuple[str, ...], int], object]
    ) -> None:
        """`reload` gets the files that need a new server process, and the number of notices."""
        self._send = send
        self._reload = reload
        self._awaited: tuple[str, ...] = ()
        self._said: dict[str, str] = {}
        self._folders: dict[str, str] = {}  # from real paths to the project's names for them

    def subscribe_to(self, bus: EventBus) -> None:
        """Follow what comes over the bus from now on."""
        bus.listen(lambda event: self._checked(event, bus), ProjectChecked)
        bus.listen(self._found, TemplatesFound)
        bus.keep_private(ProjectChecked)
        bus.keep_private(TemplatesFound)

    def saved(self, paths: Iterable[str]) -> None:
        """Take in saved files that are not source code, and new folders."""
        paths = tuple(paths)
        new = [path for path in paths if path in self._awaited or self._is_awaited(path)]
        if new:
            self._awaited = ()
            self._reload(tuple(sorted(new)), len(new))
        elif named := tuple(filter(None, map(self._named_by_project, paths))):
            self._send(FilesSaved(paths=named))

    def _is_awaited(self, path: str) -> bool:
        return any(path.startswith(folder + os.sep) for folder in self._awaited)

    def _named_by_project(self, path: str) -> str:
        """Return the project's name for a file in a watched folder; empty for any other file."""
        for real, name in self._folders.items():
            if path.startswith(real + os.sep):
                return name + path.removeprefix(real)
        return ""

    def _found(self, event: TemplatesFound) -> None:
        self._folders = {os.path.realpath(folder): folder for folder in event.folders}
        self._awaited = tuple(map(os.path.realpath, event.awaited))

    def _checked(self, event: ProjectChecked, bus: EventBus) -> None:
        before = self._said.get(event.topic, "")
        self._said[event.topic] = event.text
        text, level = event.text, event.level
        if text == before:
            return
        if not text:
            if event.topic == "migrations":
                return
            text, level = _NO_ISSUES, "INFO"
        logger = f"django.{event.topic}"
        for number, line in enumerate(text.splitlines()):
            bus.tell(
                LogWritten(
                    stream="log", logger=logger, level=level, text=line, continues=number > 0
                )
            )
