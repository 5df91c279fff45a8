"""The rows of calls that can be opened: one call, or a repeat."""

from __future__ import annotations

import msgspec

from devtui.events import Call, Frame
from devtui.session.calls.grouping import CallGroup
from devtui.session.store.request_record import Request


class OneCall(msgspec.Struct, frozen=True, eq=False):
    """A call, by its number among those that are listed with it."""

    request: Request
    among: tuple[Call, ...]
    number: int

    @property
    def call(self) -> Call:
        """The call."""
        return self.among[self.number]

    @property
    def stack(self) -> tuple[Frame, ...]:
        """The user's frames; if it has none of its own, those of a similar call."""
        call = self.call
        alike = (it.stack for it in self.among if (it.text, it.file, it.line) == _origin(call))
        return call.stack or next((stack for stack in alike if stack), ())

    def neighbour(self, steps: int) -> OneCall | str:
        """Return the call that many steps after this one, or say why there is none."""
        number = self.number + steps
        if number < 0:
            return "This is the first call of the list."
        if number >= len(self.among):
            return "This is the last call of the list."
        return OneCall(self.request, self.among, number)


class OneRepeat(msgspec.Struct, frozen=True, eq=False):
    """A call that a request has repeated."""

    request: Request
    group: CallGroup


class AllRepeats(msgspec.Struct, frozen=True, eq=False):
    """The list of the repeats over all requests."""


def _origin(call: Call) -> tuple[str, str, int]:
    return call.text, call.file, call.line


def frame_of_call(call: Call) -> Frame | None:
    """Return the line of the user's code that caused a call, if there is one."""
    if not call.file:
        return None
    of_stack = (frame for frame in reversed(call.stack) if frame.own)
    for frame in of_stack:
        if (frame.file, frame.line) == (call.file, call.line):
            return frame
    return Frame(file=call.file, line=call.line, function="", own=True)
