"""Stand for values in the parameters of a call."""

from __future__ import annotations

from typing import Any


class Told:
    """A text that stands for a value."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


class Cut:
    """The beginning of a long text, and how long it was."""

    __slots__ = ("head", "size", "unit")

    def __init__(self, head: Any, size: int, unit: str) -> None:
        self.head, self.size, self.unit = head, size, unit

    def __repr__(self) -> str:
        return f"{self.head!r}... ({self.size:,} {self.unit})"


class Adapted:
    """A value that another class is around, and its name, such as psycopg's `Jsonb`."""

    __slots__ = ("name", "value")

    def __init__(self, name: str, value: Any) -> None:
        self.name, self.value = name, value
