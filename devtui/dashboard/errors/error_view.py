"""An error as a tree of lines: its frames, its causes, and the members of groups."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from textual.content import Content

from devtui.dashboard.errors.frame_lines import MAX_OPEN, Opened, Spot, frames_lines
from devtui.dashboard.lists.sections import Line, Section, text_lines
from devtui.dashboard.panes.error_summary import RELATIONS, error_title, headline, traceback_of
from devtui.events import Error, ExceptionData, ExceptionPath, place_of
from devtui.text.formats import count
from devtui.text.sanitize import visible

HEADLINE_LINES = 3
"""The most lines of a message above the frames; a longer one is the beginning of the list."""

OPEN_EXCEPTIONS = 10
"""How many exceptions of a tree have open frames at first; the rest are folded."""

OPEN_IN_OTHERS = 3
"""How many frames are open in each exception but the first."""


def error_view(error: Error, opened: Opened, width: int) -> list[Section]:
    """Return the exceptions in order. A short message of the first is above the list."""
    if not error.exceptions:
        return [Section("", text_lines(error.text, "bad"), error.text)]
    copied = traceback_of(error)
    sections = []
    order = itertools.count()
    for number, exception in enumerate(error.exceptions):
        lines = _exception(exception, (number,), opened, width, order)
        if number:
            lines = headline(exception) + lines
        elif long_message(exception.message):
            lines = text_lines(exception.message) + lines
        sections.append(Section(RELATIONS[exception.relation], lines, copied, number))
    if error.left_out:
        more = f"… {count(error.left_out, 'more exception')} in the chain not shown"
        sections.append(Section("", [Line([(more, "warn")])], copied))
    return sections


def title(error: Error, colour: str) -> Content:
    """Return the exception in this colour, and its message unless that is long."""
    kind, message = "", error_title(error)
    if error.exceptions:
        first = error.exceptions[0]
        kind, message = first.type, "" if long_message(first.message) else first.message
    shown = Content("\n").join([Content(visible(line, 200)) for line in message.split("\n")])
    colon = ": " if kind and message else ""
    return Content.assemble((visible(kind, 300), f"bold {colour}"), colon, shown.stylize("bold"))


def long_message(message: str) -> bool:
    """Whether a message does not fit above the frames."""
    return message.count("\n") >= HEADLINE_LINES or len(message) > 200


def _exception(
    exception: ExceptionData, way: ExceptionPath, opened: Opened, width: int, order: Iterator[int]
) -> list[Line]:
    """Return notes, frames and members of one exception, without its headline.

    `order` numbers all exceptions of the tree.
    """
    number = next(order)
    most = MAX_OPEN if number == 0 else OPEN_IN_OTHERS if number < OPEN_EXCEPTIONS else 0
    lines = [
        Line([("note: " + line.row[0][0], "warn")], indent=6)
        for note in exception.notes
        for line in text_lines(note)
    ]
    left_out = exception.frames_left_out
    lines += frames_lines(exception.frames, way, left_out, opened, width, most)
    members = len(exception.exceptions)
    for number, member in enumerate(exception.exceptions):
        last = number == members - 1 and not exception.members_left_out
        inner = headline(member) + _exception(member, (*way, number), opened, width - 3, order)
        lines += _branch(inner, last)
    if exception.members_left_out:
        more = count(exception.members_left_out, "more exception")
        lines += _branch([Line([(f"{more} not shown", "warn")])], last=True)
    return lines


def _branch(lines: list[Line], last: bool) -> list[Line]:
    """Indent a member of a group below its group."""
    first, rest = ("└─ ", "   ") if last else ("├─ ", "│  ")
    return [
        Line([(rest if at else first, "rule"), *line.row], line.frame, line.indent + 3, line.target)
        for at, line in enumerate(lines)
    ]


def default_spot(error: Error) -> Spot | None:
    """Return the frame to begin at: the innermost of the user's code, else the innermost of all."""
    place = place_of(error)
    return None if place is None else Spot((place[0],), place[1])
