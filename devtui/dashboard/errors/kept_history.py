"""The evaluated code of a project, kept from one devtui to the next."""

from __future__ import annotations

import json
from collections.abc import Sequence

from devtui.config.state_file import MAX_BYTES, ProjectFile, StateFileError

MAX_KEPT = 200
"""How many of the newest pieces of code are kept."""


class KeptHistory:
    """Read and write the project's file; each line is one piece of code as JSON."""

    def __init__(self, file: ProjectFile) -> None:
        self._file = file
        self._unreadable = False
        self.problem = ""
        """A sentence that says why nothing can be kept; empty if all is well."""

    def read(self) -> list[str]:
        """Return the code, the newest last. Other lines are left out."""
        try:
            lines = self._file.read().splitlines()
        except StateFileError as error:
            self.problem, self._unreadable = str(error), True
            return []
        found = []
        for line in lines[-MAX_KEPT:]:
            try:
                source = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(source, str):
                found.append(source)
        return found

    def write(self, entries: Sequence[str]) -> None:
        """Replace the file by the newest entries that fit into it."""
        if self._unreadable:
            return  # do not overwrite it
        self.problem = ""
        lines: list[str] = []
        room = MAX_BYTES
        for entry in reversed(entries[-MAX_KEPT:]):
            line = json.dumps(entry) + "\n"
            room -= len(line)
            if room < 0:
                break
            lines.append(line)
        try:
            self._file.write("".join(reversed(lines)))
        except StateFileError as error:
            self.problem = str(error)
