"""Frames as lines: the user's frames open with their source, others folded, locals below."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal

import msgspec

from devtui.dashboard.errors.code_lines import code_lines
from devtui.dashboard.lists.sections import Line, text_lines
from devtui.dashboard.opened.line_search import occurs_in
from devtui.dashboard.widgets.cells import Row, cut, row_width
from devtui.events import ExceptionPath, Frame, LocalsShown, Variable, innermost
from devtui.text.formats import count
from devtui.text.paths import package, short_path
from devtui.text.sanitize import visible

AROUND_INNERMOST = 5
AROUND_OTHERS = 2
MAX_OPEN = 12
"""How many of the user's frames are open at first: the innermost ones."""

MAX_PACKAGES = 4

VALUE_ROWS = 3
"""How many rows of a long value are shown before it is unfolded."""


class Spot(msgspec.Struct, frozen=True):
    """A frame of an error: the way to its exception (see `events.ShowLocals`), and its number."""

    way: ExceptionPath
    number: int


class Fold(msgspec.Struct, frozen=True):
    """Frames that are folded into one line, beginning with the frame `first`."""

    first: Spot


class Part(msgspec.Struct, frozen=True):
    """A local variable of a frame, or a part of one: its number, then those of its parts."""

    spot: Spot
    path: tuple[int, ...]


class Opened(msgspec.Struct):
    """The open folds and variables, and the answers about locals (None: not answered yet).

    `late` says of a frame what the next answer waits for. `wanted` is the text that is searched
    for: folds that contain it are unfolded.
    """

    folds: set[Fold | Part] = msgspec.field(default_factory=set)
    shown: dict[Spot, LocalsShown | None] = msgspec.field(default_factory=dict)
    late: dict[Spot, str] = msgspec.field(default_factory=dict)
    wanted: str = ""

    def toggle(self, fold: Fold | Part) -> None:
        """Unfold frames or a variable, or fold them again."""
        self.folds ^= {fold}

    def shows(self, fold: Fold | Part, inner: Callable[[], Iterable[Line]]) -> bool:
        """Whether frames or a variable are unfolded; `inner` returns the lines that are folded."""
        return fold in self.folds or bool(self.wanted and occurs_in(inner(), self.wanted))


class _Run(msgspec.Struct, frozen=True):
    """Frames from `start` to before `end` that are shown in the same way."""

    kind: Literal["open", "library", "repeated", "outer"]
    start: int
    end: int


def frames_lines(
    frames: tuple[Frame, ...],
    way: ExceptionPath,
    left_out: int,
    opened: Opened,
    width: int,
    most: int = MAX_OPEN,
) -> list[Line]:
    """Return the frames of one exception or thread, from the outermost call inwards.

    `left_out` frames are missing in the middle; at most `most` of the user's are open at first.
    """
    lines: list[Line] = []
    own = [number for number, frame in enumerate(frames) if frame.own]
    wanted = frozenset(own[-most:] if most else ())
    first = innermost(frames)
    for run in _runs(frames, wanted):

        def inner(run: _Run = run) -> Iterator[Line]:
            for number in range(run.start, run.end):
                if left_out and number == len(frames) // 2:
                    yield Line([(f"  … {count(left_out, 'frame')} left out", "warn")])
                around = 0
                if number == first:
                    around = AROUND_INNERMOST
                elif number in wanted:
                    around = AROUND_OTHERS
                spot = Spot(way, number)
                yield from _frame(frames[number], spot, around, width)
                if spot in opened.shown:
                    yield from _locals(frames[number], spot, opened, width)

        unfolded = True
        if run.kind != "open":
            fold = Fold(Spot(way, run.start))
            unfolded = opened.shows(fold, inner)
            missing = left_out if run.start <= len(frames) // 2 < run.end else 0
            lines.append(_fold_line(run, frames, fold, unfolded, missing))
        if unfolded:
            lines += inner()
    return lines


def _runs(frames: tuple[Frame, ...], wanted: frozenset[int]) -> Iterator[_Run]:
    """Divide the frames into runs: of libraries, of one repeated frame, and of the others.

    The user's frames that are not `wanted` are folded too.
    """
    any_own = any(frame.own for frame in frames)
    at = 0
    while at < len(frames):
        end = at + 1
        if not frames[at].own:
            while end < len(frames) and not frames[end].own:
                end += 1
            # If there are only library frames, the last one shows where the error was raised.
            folded = end if any_own else len(frames) - 1
            if folded > at:
                yield _Run("library", at, folded)
            if folded < end:
                yield _Run("open", folded, end)
        elif at not in wanted:
            while end < len(frames) and frames[end].own and end not in wanted:
                end += 1
            yield _Run("outer", at, end)
        else:
            while end < len(frames) and _same_place(frames[at], frames[end]):
                end += 1
            if end - at > 3:
                yield _Run("open", at, at + 1)
                yield _Run("repeated", at + 1, end - 1)
                yield _Run("open", end - 1, end)
            else:
                yield _Run("open", at, end)
        at = end


def _same_place(one: Frame, other: Frame) -> bool:
    return (one.file, one.line, one.function) == (other.file, other.line, other.function)


def _fold_line(
    run: _Run, frames: tuple[Frame, ...], fold: Fold, unfolded: bool, left_out: int
) -> Line:
    number = run.end - run.start
    if run.kind == "repeated":
        text = f"the same frame {count(number, 'more time')}"
    elif run.kind == "outer":
        text = f"{count(number, 'more frame')} of your code"
    else:
        text = f"{count(number, 'frame')} in {_packages(frames[run.start : run.end])}"
    if left_out and not unfolded:
        text += f", and {left_out:,} left out"
    return Line([("▾ " if unfolded else "▸ ", "info"), (text, "dim")], target=fold)


def _packages(frames: tuple[Frame, ...]) -> str:
    names = list(dict.fromkeys(package(frame.file) for frame in frames))
    more = [f"{len(names) - MAX_PACKAGES} more"] if len(names) > MAX_PACKAGES else []
    return visible(", ".join(names[:MAX_PACKAGES] + more), 200)


def _frame(frame: Frame, spot: Spot, around: int, width: int) -> list[Line]:
    """Return the frame's place and source."""
    mark, style = ("▌ ", "accent") if frame.own else ("  ", "dim")
    where = f"{visible(short_path(frame.file), 500)}:{frame.line}"
    function = visible(frame.function, 200)
    head: Row = [(mark, style), (where, "info" if frame.own else "dim")]
    if function:
        head += [("  in ", "dim"), (function, "strong" if frame.own else "dim")]
    lines = [Line(head, frame, 4, spot)]
    for row in code_lines(frame, around, width - 2):
        lines.append(Line([(mark, style), *row], frame, 10, spot))
    return lines


def _locals(frame: Frame, spot: Spot, opened: Opened, width: int) -> Iterator[Line]:
    """Yield the local variables of a frame, or the reason why there are none."""
    mark = ("▌ " if frame.own else "  ", "accent")
    answer = opened.shown[spot]
    late = opened.late.get(spot, "")
    if late:
        yield Line([mark, ("    " + visible(late, 500), "warn")], frame, 6, spot)
    if answer is None:
        if not late:
            yield Line([mark, ("    asking …", "dim")], frame, target=spot)
    elif answer.gone:
        yield Line([mark, ("    " + visible(answer.reason, 500), "warn")], frame, 6, spot)
    elif not answer.variables:
        yield Line([mark, ("    no local variables", "dim")], frame, target=spot)
    else:
        for line in _variables(answer.variables, Part(spot, ()), opened, "    ", width):
            yield Line([mark, *line.row], frame, line.indent, line.target or spot)
        if answer.left_out:
            more = f"    … {count(answer.left_out, 'more variable')}"
            yield Line([mark, (more, "dim")], frame, target=spot)


def _variables(
    variables: tuple[Variable, ...], above: Part, opened: Opened, margin: str, width: int
) -> Iterator[Line]:
    """Yield the lines of variables, each with its parts below it if it is unfolded."""
    names = min(max(len(variable.name) for variable in variables), 24)
    for number, variable in enumerate(variables):
        part = Part(above.spot, (*above.path, number))
        folded = list(_variable(variable, part, False, margin, names, width))
        unfolded = part in opened.folds

        def inner(variable: Variable = variable, part: Part = part) -> Iterator[Line]:
            yield from _variable(variable, part, True, margin, names, width)
            if variable.parts:
                yield from _variables(variable.parts, part, opened, margin + "    ", width)

        if opened.wanted and not occurs_in(folded, opened.wanted):
            unfolded = opened.shows(part, inner)
        yield from inner() if unfolded else folded


def _variable(
    variable: Variable, part: Part, unfolded: bool, margin: str, names: int, width: int
) -> Iterator[Line]:
    """Yield the lines of one variable: the beginning of a long value unless it is `unfolded`."""
    indent = len(margin) + names + 6
    style = "warn" if variable.masked else ""
    lines = text_lines(variable.value, style) or [Line([("", "")])]
    beginning = _beginning(lines, max(width - indent, 1))
    unfolds = bool(variable.parts) or beginning != lines
    sign = ("▾ " if unfolded else "▸ ") if unfolds else "  "
    name = f"{sign}{visible(variable.name, 200):<{names}}  "
    target = part if unfolds else None
    first, *others = lines if unfolded else beginning
    kind = visible(variable.type, 60)
    aside = [(f"  {kind}", "dim")] if kind not in ("NoneType", "") and len(lines) == 1 else []
    yield Line([(margin[2:] + name, "info"), *first.row, *aside], indent=indent, target=target)
    if unfolded and variable.parts:
        return  # the parts repeat the value
    for other in others:
        yield Line([(" " * indent, ""), *other.row], indent=indent, target=target)


def _beginning(lines: list[Line], width: int) -> list[Line]:
    """Return what fills `VALUE_ROWS` rows of so many cells; `…` marks the end if there is more."""
    shown: list[Line] = []
    room = VALUE_ROWS
    for line in lines:
        if not room:
            shown[-1] = Line([*shown[-1].row, (" …", "dim")])
            break
        row = cut(line.row, room * width)
        shown.append(Line(row))
        room -= min(max(-(-row_width(row) // width), 1), room)
    return shown
