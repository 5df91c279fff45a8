"""The errors of a session, and the groups that count repeated ones."""

from __future__ import annotations

import re
from datetime import datetime
from sys import getsizeof
from typing import TypeAlias

import msgspec
from msgspec import structs

from devtui.events import Error, ExceptionData, Frame, place_of
from devtui.session.store.ring import Ring

MAX_GROUPS = 1_000

# How many different frames are shared between errors.
MAX_FRAMES = 5_000

# How much of the text of an error stays when its traceback is dropped.
_MAX_KEPT_TEXT = 1_000
_NO_LONGER_KEPT = "The traceback is no longer kept: newer errors took its room."

# How much of a message distinguishes errors.
_MAX_SHAPE = 500
# The parts of a message that differ between equal errors: numbers, addresses, quoted values.
_VALUES = re.compile(r"'[^']*'|\"[^\"]*\"|0x[0-9a-fA-F]+|\d+")

Key: TypeAlias = tuple[str, str, str, str, str]


class ErrorEntry(msgspec.Struct):
    """An error that was raised, or a load that failed with it."""

    at: datetime
    generation: int
    origin: str
    error: Error
    request_id: str | None = None
    error_id: str = ""
    size_bytes: int = 0  # about the bytes of `error`, without what it shares with others

    def shorten(self) -> None:
        """Keep the message and the innermost frame, and drop the rest of the traceback."""
        first, frame = self.error.exceptions[:1], innermost_own(self.error)
        self.error = Error(
            exceptions=tuple(
                ExceptionData(
                    type=exception.type,
                    message=exception.message[:_MAX_KEPT_TEXT],
                    notes=(_NO_LONGER_KEPT,),
                    frames=() if frame is None else (structs.replace(frame, context=()),),
                )
                for exception in first
            ),
            text="" if first else self.error.text[:_MAX_KEPT_TEXT],
        )
        self.size_bytes = 0


class SharedFrames:
    """Keep one object for all equal frames: most errors of an app share most of their stack."""

    def __init__(self) -> None:
        self._known: dict[Frame, Frame] = {}

    def share(self, error: Error) -> tuple[Error, int]:
        """Return the error with shared frames, and the bytes that it adds."""
        if len(self._known) > MAX_FRAMES:
            self._known.clear()
        size = getsizeof(error.text)
        exceptions = []
        for exception in error.exceptions:
            shared, added = self._exception(exception)
            exceptions.append(shared)
            size += added
        return structs.replace(error, exceptions=tuple(exceptions)), size

    def _exception(self, exception: ExceptionData) -> tuple[ExceptionData, int]:
        size = getsizeof(exception.message) + sum(map(getsizeof, exception.notes)) + 200
        frames = []
        for frame in exception.frames:
            known = self._known.setdefault(frame, frame)
            frames.append(known)
            size += 8 if known is not frame else _frame_bytes(frame)
        members = []
        for member in exception.exceptions:
            shared, added = self._exception(member)
            members.append(shared)
            size += added
        exceptions = tuple(members)
        return structs.replace(exception, frames=tuple(frames), exceptions=exceptions), size


def _frame_bytes(frame: Frame) -> int:
    texts = (frame.file, frame.function, frame.source, *frame.context)
    return sum(map(getsizeof, texts)) + 200


class ErrorGroup(msgspec.Struct):
    """One error that was raised `count` times; `newest` is the last of them."""

    key: Key
    newest: ErrorEntry
    first_at: datetime
    count: int = 1

    @property
    def last_at(self) -> datetime:
        """The time of the last one."""
        return self.newest.at


class ErrorGroups:
    """Put each error into its group. `ring` holds the groups in the order of their last errors."""

    def __init__(self) -> None:
        self.ring: Ring[ErrorGroup] = Ring(MAX_GROUPS)
        self._numbers: dict[Key, int] = {}  # in the order of the ring

    def add(self, entry: ErrorEntry) -> int:
        """Take in an error, and return the number of its group in the ring."""
        key = key_of(entry.error)
        number = self._numbers.get(key)
        if number is not None:
            group = self.ring[number]
            group.newest = entry
            group.count += 1
            self._move_to_end(key)
            if len(self.ring.left) > self.ring.capacity:
                for each in list(
                    self._numbers
                ):  # in order, so that the ring can drop the slots that were left
                    self._move_to_end(each)
            return self._numbers[key]
        if len(self.ring) == self.ring.capacity:
            del self._numbers[self.ring[self.ring.first].key]
        number = self.ring.append(ErrorGroup(key, entry, entry.at))
        self._numbers[key] = number
        return number

    def _move_to_end(self, key: Key) -> None:
        self._numbers[key] = self.ring.move_to_end(self._numbers.pop(key))

    def clear(self) -> None:
        """Forget every group."""
        self.ring.clear()
        self._numbers.clear()


def key_of(error: Error) -> Key:
    """Return what equal errors share: type, place in the user's code, shape of the message.

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
    """Return the innermost frame of the user's own code, else the innermost."""
    place = place_of(error)
    return None if place is None else error.exceptions[place[0]].frames[place[1]]
