"""What a Django project tells beside its app: checks, migrations, and folders of templates."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from devtui.events import FilesSaved, LogWritten, Order, ProjectChecked, TemplatesFound
from devtui.session.event_bus import EventBus

_NO_ISSUES = "The system checks find no issues any more."


class ProjectNotes:
    """Log what is new in the checks of each generation, and tell it which templates were saved."""

    def __init__(self, send: Callable[[Order], object]) -> None:
        self._send = send
        self._said: dict[str, str] = {}
        self._folders: dict[str, str] = {}  # the real ones, each with the project's name for it

    def subscribe_to(self, bus: EventBus) -> None:
        """Follow what comes over the bus from now on."""
        bus.listen(lambda event: self._checked(event, bus), ProjectChecked)
        bus.listen(self._found, TemplatesFound)
        bus.keep_private(ProjectChecked)
        bus.keep_private(TemplatesFound)

    def saved(self, paths: Iterable[str]) -> None:
        """Take in saved files that mean no reload."""
        if named := tuple(filter(None, map(self._in_project_s_words, paths))):
            self._send(FilesSaved(paths=named))

    def _in_project_s_words(self, path: str) -> str:
        """Return the file in a watched folder as the project names it, empty if it is in none."""
        for real, name in self._folders.items():
            if path.startswith(real + os.sep):
                return name + path.removeprefix(real)
        return ""

    def _found(self, event: TemplatesFound) -> None:
        self._folders = {os.path.realpath(folder): folder for folder in event.folders}

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
        bus.tell(LogWritten(stream="log", logger=f"django.{event.topic}", level=level, text=text))
