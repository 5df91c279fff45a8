"""The calls of a request in a form that is small: what repeated calls share is there once."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from devtui.events import Call, CallTotal, Frame
from devtui.filters.facts import CallKind


class CallCount(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How many calls of one kind a request made, and how long they took."""

    kind: CallKind
    count: int
    duration_ms: float


class _Origin(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What all calls of one group share. The stack is most of a call's size."""

    kind: CallKind
    library: str
    text: str
    file: str
    line: int
    stack: tuple[Frame, ...]


class _Rest(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a call does not share with others; `origin` is a number."""

    origin: int
    parameters: str
    start_ms: float
    duration_ms: float
    rows: int | None
    error: str


class PackedCalls(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The calls of one request."""

    origins: tuple[_Origin, ...] = ()
    rests: tuple[_Rest, ...] = ()

    @classmethod
    def of(cls, calls: Iterable[Call]) -> PackedCalls:
        """Pack calls."""
        numbers: dict[_Origin, int] = {}
        rests = []
        for call in calls:
            origin = _Origin(call.kind, call.library, call.text, call.file, call.line, call.stack)
            number = numbers.setdefault(origin, len(numbers))
            rests.append(
                _Rest(
                    number,
                    call.parameters,
                    call.start_ms,
                    call.duration_ms,
                    call.rows,
                    call.error,
                )
            )
        return cls(tuple(numbers), tuple(rests))

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls, as they were packed."""
        return tuple(map(self._call, self.rests))

    def _call(self, rest: _Rest) -> Call:
        origin = self.origins[rest.origin]
        return Call(
            kind=origin.kind,
            library=origin.library,
            text=origin.text,
            parameters=rest.parameters,
            start_ms=rest.start_ms,
            duration_ms=rest.duration_ms,
            rows=rest.rows,
            file=origin.file,
            line=origin.line,
            stack=origin.stack,
            error=rest.error,
        )


def counts_of(totals: Iterable[CallTotal]) -> tuple[CallCount, ...]:
    """Return the totals in the small form."""
    return tuple(CallCount(one.kind, one.count, one.duration_ms) for one in totals)
