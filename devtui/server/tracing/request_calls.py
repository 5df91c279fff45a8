"""Keep the calls of one request, within bounds."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

from devtui.events import Call, CallTotal
from devtui.server.guest.reentrant import Taken, Turn
from devtui.server.serving.bodies import cut
from devtui.server.tracing import own_lines
from devtui.server.tracing import parameters as given
from devtui.server.tracing.own_lines import Line, frames_of

Kind: TypeAlias = Literal["sql", "http", "template", "cache"]

# The calls of a request that are kept completely.
MAX_CALLS = 200
# Characters of a statement, and of all texts of a request.
MAX_TEXT = 10_000
MAX_ALL = 500_000
# So many calls of one text from one line have their stack; walking it takes most of the time.
MAX_STACKS = 5

# So many durations are added up at once.
_CHUNK = 1_000


class Record(msgspec.Struct, gc=False):
    """A call that is kept. `end` is 0 while it runs."""

    kind: Kind
    library: str
    text: str
    parameters: Any
    start: float
    line: Line | None = None
    stack: tuple[Line, ...] = ()
    end: float = 0.0
    rows: int | None = None
    result: str = ""
    error: str = ""


class _Total:
    """The number and the sum of durations, which any thread may add to at any time."""

    def __init__(self) -> None:
        self._count = 0
        self._seconds = 0.0
        self._new: list[float] = []
        self._turn = Turn()

    def add(self, seconds: float) -> None:
        self._new.append(seconds)
        if len(self._new) >= _CHUNK:
            try:
                self._turn.at_once(self._add_up)
            except Taken:  # who has the turn, or the next one, adds these up
                return

    def read(self) -> tuple[int, float]:
        new = list(self._new)
        return self._count + len(new), self._seconds + sum(new)

    def _add_up(self) -> None:
        new = self._new[:]
        self._count += len(new)
        self._seconds += sum(new)
        del self._new[: len(new)]


class RequestCalls:
    """The calls of one request, which began at `start` of `clock.perf_counter`."""

    def __init__(self, start: float) -> None:
        self.kept: list[Record] = []
        self._start = start
        self._totals: dict[Kind, _Total] = {}
        self._found: dict[str, own_lines.Found] = {}
        self._stacks: dict[tuple[str, Line], int] = {}

    def keep(self, kind: Kind, library: str, text: str, parameters: Any) -> Record:
        """Keep a call that begins, and whose start is to be set."""
        if len(text) > MAX_TEXT:
            text = cut(text, MAX_TEXT)
        if parameters is not None:
            parameters = given.kept(parameters)
        line: Line | None = None
        stack: tuple[Line, ...] = ()
        found = own_lines.find(self._found.get(text))
        if found is not None:
            self._found[text] = found
            line = found.line
            alike = text, line
            count = self._stacks.get(alike, 0)
            if count < MAX_STACKS:
                self._stacks[alike] = count + 1
                stack = own_lines.stack_of(found.depth)
        record = Record(kind, library, text, parameters, 0.0, line, stack)
        self.kept.append(record)
        return record

    def count(self, kind: Kind, seconds: float) -> None:
        """Count a call that has ended and is not kept."""
        total = self._totals.get(kind)
        if total is None:
            total = self._totals.setdefault(kind, _Total())
        total.add(seconds)

    def finish(self) -> tuple[tuple[Call, ...], tuple[CallTotal, ...]]:
        """Return the calls that have ended, in the order of their starts, and the totals."""
        ended = sorted((each for each in self.kept if each.end), key=lambda each: each.start)
        calls, room = [], MAX_ALL
        for record in ended[:MAX_CALLS]:
            call = self._call(record)
            room -= len(call.text) + len(call.parameters)
            if room < 0:
                break
            calls.append(call)
        totals: dict[Kind, list[float]] = {}
        for record in ended:
            total = totals.setdefault(record.kind, [0, 0.0])
            total[0] += 1
            total[1] += record.end - record.start
        for kind, others in self._totals.items():
            total = totals.setdefault(kind, [0, 0.0])
            count, seconds = others.read()
            total[0] += count
            total[1] += seconds
        return tuple(calls), tuple(
            CallTotal(kind=kind, count=int(count), duration_ms=_milliseconds(seconds))
            for kind, (count, seconds) in totals.items()
        )

    def _call(self, record: Record) -> Call:
        line = record.line or ("", 0)
        return Call(
            kind=record.kind,
            library=record.library,
            text=record.text,
            parameters=given.text_of(record.parameters, record.text),
            start_ms=_milliseconds(record.start - self._start),
            duration_ms=_milliseconds(record.end - record.start),
            rows=record.rows,
            result=record.result,
            file=line[0],
            line=line[1],
            stack=frames_of(record.stack) if record.stack else (),
            error=record.error,
        )


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 3)
