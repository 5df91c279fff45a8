"""Keep the calls of one request, within bounds."""

from __future__ import annotations

import itertools
import sys
from contextvars import ContextVar
from operator import attrgetter
from types import CodeType
from typing import Any, ClassVar, Literal, NamedTuple, Protocol, TypeAlias

import msgspec

from devtui.events import Call, CallTotal
from devtui.server.guest.clocks import milliseconds
from devtui.server.tracing import own_lines
from devtui.server.tracing import parameters as given
from devtui.server.tracing.added_durations import Total
from devtui.server.tracing.own_lines import Line, frames_of
from devtui.text.formats import cut

Kind: TypeAlias = Literal["sql", "http", "template", "cache"]

# The calls of a request that are kept completely.
MAX_CALLS = 200
# Characters of a statement, and of all texts of a request.
MAX_TEXT = 10_000
MAX_ALL = 500_000
# How many calls of one text from one line have a stack; walking it takes most of the time.
MAX_STACKS = 3
# The members of `RequestCalls.again` that belong to one call, and how many there are at most.
PARTS = 5
MAX_AGAIN = PARTS * MAX_CALLS


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
    database: str = ""


class Statement(NamedTuple):
    """A text that a line of the user's code has a library execute."""

    library: str
    text: str
    line: Line
    database: str


class Known(NamedTuple):
    """The instruction of the user's code that a statement comes from.

    `between` has the namespaces of the frames between the instruction and the library's function
    that was called. `has_rows` is true if the library knows the number of rows of this statement.
    """

    between: tuple[dict[str, Any], ...]
    code: CodeType
    instruction: int
    has_rows: bool
    statement: Statement

    def is_there(self) -> bool:
        """Whether the caller, the library's function, was called from this instruction."""
        try:
            frame = own_lines.reached(sys._getframe(2), self.between)
        except ValueError:  # it was called by no frame
            return False
        if frame is None or frame.f_lasti != self.instruction:
            return False
        return frame.f_code is self.code


class Nowhere:
    """The place of code that belongs to no request, or to one only by its id."""

    is_open = False
    known: ClassVar[dict[str, Known]] = {}


class Cover:
    """The place of a running call that is kept quickly, as long as it `is_open`."""

    __slots__ = ("is_open",)
    known: ClassVar[dict[str, Known]] = {}

    def __init__(self) -> None:
        self.is_open = True


class CallScope(Protocol):
    """The place in which code runs: a request, or a call of one whose parts are not recorded."""

    @property
    def is_open(self) -> bool:
        """Whether it is a running call."""

    @property
    def known(self) -> dict[str, Known]:
        """The statements that can be kept quickly here, by text; empty in a call."""


NOWHERE = Nowhere()

inside: ContextVar[CallScope] = ContextVar("devtui_call", default=NOWHERE)
"""The place of the running code. Templates have a variable of their own."""


def _masked(error: str, statement: str) -> str:
    if not error:
        return ""  # most have none
    from devtui.server.tracing import error_texts

    return error_texts.masked(error, statement)


class RequestCalls:
    """The calls of one request, which began at `start` of `clock.perf_counter`."""

    __slots__ = ("_found", "_stacks", "_start", "_totals", "again", "kept", "known")
    is_open = False

    def __init__(self, start: float) -> None:
        self.kept: list[Record] = []
        self.known: dict[str, Known] = {}
        """The statements that need no further stack, by text."""
        self.again: list[Any] = []
        """The ended calls of known statements: `PARTS` members for each.

        These are the statement, parameters, start, end, and rows (-1 if unknown). An object for
        each call would wake the garbage collector.
        """
        self._start = start
        self._totals: dict[Kind, Total] = {}
        self._found: dict[str, own_lines.Found] = {}
        self._stacks: dict[tuple[str, Line], int] = {}

    @property
    def is_full(self) -> bool:
        """Whether calls are only counted from now on."""
        return PARTS * len(self.kept) + len(self.again) >= MAX_AGAIN

    def keep(
        self, kind: Kind, library: str, text: str, parameters: Any, database: str = ""
    ) -> Record:
        """Keep a call that begins. The caller sets its start."""
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
        record = Record(kind, library, text, parameters, 0.0, line, stack, database=database)
        self.kept.append(record)
        return record

    def know(self, record: Record, depth: int) -> None:
        """Remember where a call comes from, so that the next one of its text is kept quickly.

        `depth` is that of the caller of `keep`, seen from the library's function that was called.
        """
        text, line = record.text, record.line
        found = self._found.get(text)
        if found is None or line is None or found.line != line:
            return  # there is no line, or another thread was here meanwhile
        if self._stacks.get((text, line), 0) >= MAX_STACKS:
            statement = Statement(record.library, text, line, record.database)
            place = found.between[depth + 1 :], found.code, found.instruction
            self.known[text] = Known(*place, record.rows is not None, statement)

    def keep_failed(
        self, statement: Statement, parameters: Any, start: float, end: float, error: str
    ) -> None:
        """Keep a failed call of a known statement."""
        library, text, line, database = statement
        failed = Record("sql", library, text, parameters, start, line, end=end, error=error)
        failed.database = database
        self.kept.append(failed)

    def count(self, kind: Kind, seconds: float) -> None:
        """Count an ended call that is not kept."""
        total = self._totals.get(kind)
        if total is None:
            total = self._totals.setdefault(kind, Total())
        total.add(seconds)

    def finish(self) -> tuple[tuple[Call, ...], tuple[CallTotal, ...]]:
        """Return the calls that have ended, in the order of their starts, and the totals."""
        if not self.kept:
            return (), ()  # most requests
        self.known = {}
        ended = [self._call(record) for record in list(self.kept) if record.end]
        parts = iter(list(self.again))
        ended += itertools.starmap(self._call_again, zip(*[parts] * PARTS, strict=True))
        ended.sort(key=attrgetter("start_ms"))
        totals: dict[Kind, tuple[int, float]] = {}
        for call in ended:
            count, milliseconds = totals.get(call.kind, (0, 0.0))
            totals[call.kind] = count + 1, milliseconds + call.duration_ms
        for kind, others in self._totals.items():
            count, milliseconds = totals.get(kind, (0, 0.0))
            more, seconds = others.read()
            totals[kind] = count + more, milliseconds + seconds * 1000
        calls, room = [], MAX_ALL
        for call in ended[:MAX_CALLS]:
            room -= len(call.text) + len(call.parameters)
            if room < 0:
                break
            calls.append(call)
        return tuple(calls), tuple(
            CallTotal(kind=kind, count=count, duration_ms=round(milliseconds, 3))
            for kind, (count, milliseconds) in totals.items()
        )

    def _call(self, record: Record) -> Call:
        line = record.line or ("", 0)
        return Call(
            kind=record.kind,
            library=record.library,
            database=record.database,
            text=record.text,
            parameters=given.text_of(
                record.parameters, record.text, in_pairs=record.kind == "cache"
            ),
            start_ms=milliseconds(record.start - self._start),
            duration_ms=milliseconds(record.end - record.start),
            rows=record.rows,
            result=record.result,
            file=line[0],
            line=line[1],
            stack=frames_of(record.stack) if record.stack else (),
            error=_masked(record.error, record.text),
        )

    def _call_again(
        self, statement: Statement, parameters: Any, start: float, end: float, rows: int
    ) -> Call:
        library, text, line, database = statement
        return Call(
            kind="sql",
            library=library,
            database=database,
            text=text,
            parameters=given.text_of(parameters, text),
            start_ms=milliseconds(start - self._start),
            duration_ms=milliseconds(end - start),
            rows=rows if rows >= 0 else None,
            file=line[0],
            line=line[1],
        )
