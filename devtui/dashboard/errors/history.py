"""What was typed to be run, to be had again."""

from __future__ import annotations

MAX_HISTORY = 200


class History:
    """What was typed, the newest last; one for the whole dashboard."""

    def __init__(self) -> None:
        self._entries: list[str] = []
        self._at = 0
        self._draft = ""

    def add(self, source: str) -> None:
        """Remember what was run, and be behind it."""
        if not self._entries or self._entries[-1] != source:
            self._entries.append(source)
            del self._entries[:-MAX_HISTORY]
        self._at = len(self._entries)
        self._draft = ""

    def move(self, steps: int, current: str) -> str | None:
        """The entry so many steps away (-1: the one before); None where there is none.

        `current` is what stands in the prompt: it is kept while one looks back.
        """
        wanted = self._at + steps
        if not 0 <= wanted <= len(self._entries):
            return None
        if self._at == len(self._entries):
            self._draft = current
        self._at = wanted
        return self._draft if wanted == len(self._entries) else self._entries[wanted]
