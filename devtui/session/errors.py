"""The errors of a session, and the groups in which repeated ones are counted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from devtui.events import Error, Frame
from devtui.session.ring import Ring

MAX_GROUPS = 1_000

# How much of a message tells one error from another.
_MAX_SHAPE = 500
# What differs between two errors that one would call the same: numbers, addresses, quoted values.
_VALUES = re.compile(r"'[^']*'|\"[^\"]*\"|0x[0-9a-fA-F]+|\d+")

Key: TypeAlias = tuple[str, str, str, str, str]


@dataclass(slots=True)
class ErrorEntry:
    """An error that was raised, or the load that failed with it."""

    at: datetime
    generation: int
    origin: str
    error: Error
    request_id: str | None = None
    error_id: str = ""


@dataclass(slots=True)
class ErrorGroup:
    """The same error, once or more often: `newest` is the last of `count`."""

    key: Key
    newest: ErrorEntry
    first_at: datetime
    count: int = 1

    @property
    def last_at(self) -> datetime:
        """When it came last."""
        return self.newest.at


class ErrorGroups:
    """Puts each error into its group. `ring` has the groups in the order of their first errors."""

    def __init__(self) -> None:
        self.ring: Ring[ErrorGroup] = Ring(MAX_GROUPS)
        self._numbers: dict[Key, int] = {}

    def add(self, entry: ErrorEntry) -> int:
        """Take in an error, and return the number of its group in the ring."""
        key = key_of(entry.error)
        number = self._numbers.get(key)
        if number is not None:
            group = self.ring[number]
            group.newest = entry
            group.count += 1
            return number
        if len(self.ring) == self.ring.capacity:
            del self._numbers[self.ring[self.ring.first].key]
        number = self.ring.append(ErrorGroup(key, entry, entry.at))
        self._numbers[key] = number
        return number

    def clear(self) -> None:
        """Forget every group."""
        self.ring.clear()
        self._numbers.clear()


def key_of(error: Error) -> Key:
    """What is the same in errors that are the same: type, place in one's own code, message shape.

    The place is the line as it is written, so that an edit above it changes nothing.
    """
    frame = innermost_own(error)
    first = error.exceptions[0] if error.exceptions else None
    message = first.message if first is not None else error.text
    return (
        first.type if first is not None else "",
        frame.file if frame is not None else "",
        frame.function if frame is not None else "",
        (frame.source or str(frame.line)) if frame is not None else "",
        _VALUES.sub("…", message[:_MAX_SHAPE]),
    )


def innermost_own(error: Error) -> Frame | None:
    """The frame where one wants to look: the innermost of one's own code, else the innermost."""
    for exception in error.exceptions:
        for frame in reversed(exception.frames):
            if frame.own:
                return frame
    frames = error.exceptions[0].frames if error.exceptions else ()
    return frames[-1] if frames else None
