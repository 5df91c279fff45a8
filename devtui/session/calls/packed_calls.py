"""The calls of a request in a compact form: what repeated calls share is stored once."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

import msgspec

from devtui.events import Call, CallTotal, Frame
from devtui.filters.facts import CallKind


class CallCount(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How many calls of one kind a request made, and how long they took."""

    kind: CallKind
    count: int
    duration_ms: float


_SHARED = ("kind", "library", "database", "text", "file", "line", "stack")
"""The fields that the calls of one group share. The stack is most of a call's size."""

_OTHERS = tuple(name for name in Call.__struct_fields__ if name not in _SHARED)

_shared = attrgetter(*_SHARED)
_others = attrgetter(*_OTHERS)


class _Origin(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The shared fields, in their order."""

    kind: CallKind
    library: str
    database: str
    text: str
    file: str
    line: int
    stack: tuple[Frame, ...]


class PackedCalls(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The calls of one request: for each the number of its origin, and its other fields."""

    origins: tuple[_Origin, ...] = ()
    numbers: tuple[int, ...] = ()
    others: tuple[tuple[Any, ...], ...] = ()

    @classmethod
    def of(cls, calls: Iterable[Call]) -> PackedCalls:
        """Pack calls."""
        origins: dict[_Origin, int] = {}
        numbers: list[int] = []
        others: list[tuple[Any, ...]] = []
        for call in calls:
            numbers.append(origins.setdefault(_Origin(*_shared(call)), len(origins)))
            others.append(_others(call))
        return cls(tuple(origins), tuple(numbers), tuple(others))

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls, as they were packed."""
        shared = [dict(zip(_SHARED, _shared(origin), strict=True)) for origin in self.origins]
        return tuple(
            Call(**shared[number], **dict(zip(_OTHERS, values, strict=True)))
            for number, values in zip(self.numbers, self.others, strict=True)
        )


def counts_of(totals: Iterable[CallTotal]) -> tuple[CallCount, ...]:
    """Return the totals in the compact form."""
    return tuple(CallCount(one.kind, one.count, one.duration_ms) for one in totals)
