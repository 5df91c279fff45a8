"""Describe exceptions as data, with bounds, even if they cannot be printed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from types import FrameType, TracebackType
from typing import Literal

import msgspec

from devtui.events import Error, ExceptionData, ExceptionPath, Frame
from devtui.server.app.wsgi_rules import WrongAnswer
from devtui.server.errors import frame_data, template_place, traceback_text
from devtui.server.errors.exception_text import Messages, share
from devtui.server.errors.frame_data import SourceLines
from devtui.server.guest.own_code import is_own

MAX_EXCEPTIONS = 30
MAX_FRAMES = 200
MAX_MEMBERS = 30
MAX_DEPTH = 4  # of groups in groups
MAX_NOTES = 20
MAX_SOURCE = frame_data.MAX_SOURCE

# For all members of groups, and for all frames. When the frames are nearly used up, each exception
# still gets a few.
MAX_ALL_MEMBERS = 200
MAX_ALL_FRAMES = 2_000
_FEW_FRAMES = 10

_OUR_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

_RUNPY = os.path.join(os.path.dirname(os.__file__), "runpy.py")  # not frozen before Python 3.11

Relation = Literal["first", "cause", "context"]


class Described(msgspec.Struct, frozen=True):
    """An error as data, and its live frames by the way to their exception.

    A frame's number in `frames` is its number in `ExceptionData.frames`.
    """

    error: Error
    frames: dict[ExceptionPath, tuple[FrameType, ...]]


def describe(exception: BaseException) -> Error:
    """Describe the exception with its causes and contexts, as data and as Python's text."""
    return describe_with_frames(exception).error


def describe_with_frames(exception: BaseException) -> Described:
    """Describe the exception, and return its live frames too."""
    description = _Description()
    chain = list(islice(_chain(exception), MAX_EXCEPTIONS))
    exceptions = tuple(
        description.exception(link, relation, (number,))
        for number, (link, relation) in enumerate(chain)
    )
    left_out = sum(1 for _ in _chain(exception)) - len(chain)
    text = None
    if not description.messages.cut:  # Python would ask for the whole texts again
        text = traceback_text.python_s(exception, _shown_traceback(exception), MAX_FRAMES, left_out)
    if text is None:
        text = traceback_text.assembled(exceptions, left_out)
    error = Error(exceptions=exceptions, text=text, left_out=left_out)
    return Described(error, description.frames)


def own_traceback(tb: TracebackType | None) -> TracebackType | None:
    """Return the traceback without the frames of devtui and the import system.

    They are the first ones, those between two of the user's modules, and the last ones if devtui
    refuses something. A traceback with no other frames stays as it is.
    """
    entries = list(_walk(tb))
    kept = [entry for entry in entries if not _is_ours(entry.tb_frame.f_code.co_filename)]
    if not kept or len(kept) == len(entries):
        return tb
    if kept[0] is entries[-len(kept)]:  # they all came first
        return kept[0]
    rest: TracebackType | None = None
    for entry in reversed(kept):
        rest = TracebackType(rest, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return rest


def _shown_traceback(exception: BaseException) -> TracebackType | None:
    """Return the traceback to show: None for a source that does not compile.

    Its frames only import the file, and the error names the place itself.
    """
    if isinstance(exception, WrongAnswer):
        return None
    tb = own_traceback(exception.__traceback__)
    if isinstance(exception, SyntaxError) and exception.filename and tb is not None:
        return None if _is_ours(tb.tb_frame.f_code.co_filename) else tb
    return tb


def _walk(tb: TracebackType | None) -> Iterator[TracebackType]:
    while tb is not None:
        yield tb
        tb = tb.tb_next


def _is_ours(file: str) -> bool:
    return file.startswith(("<frozen importlib", "<frozen runpy", _RUNPY, _OUR_FOLDER + os.sep))


def _chain(exception: BaseException) -> Iterator[tuple[BaseException, Relation]]:
    """Yield the exception and its causes and contexts, as Python prints them. Cut loops."""
    seen: set[int] = set()
    link: BaseException | None = exception
    relation: Relation = "first"
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link, relation
        if link.__cause__ is not None:
            link, relation = link.__cause__, "cause"
        elif link.__context__ is not None and not link.__suppress_context__:
            link, relation = link.__context__, "context"
        else:
            link = None


class _Description:
    """One description: what is left of its bounds, and the frames found so far."""

    def __init__(self) -> None:
        self.frames: dict[ExceptionPath, tuple[FrameType, ...]] = {}
        self._members_left = MAX_ALL_MEMBERS
        self._frames_left = MAX_ALL_FRAMES
        self._sources = SourceLines()
        self.messages = Messages()

    def exception(
        self, exception: BaseException, relation: Relation, way: ExceptionPath
    ) -> ExceptionData:
        """Describe one exception, with the members of its group."""
        members = _attribute(exception, "exceptions")
        if not isinstance(members, tuple) or not _is_group(exception):
            members = ()
        most = min(MAX_MEMBERS, self._members_left)
        shown = members[:most] if len(way) < MAX_DEPTH else ()
        self._members_left -= len(shown)
        entries = list(_walk(_shown_traceback(exception)))
        kept = _ends(entries, share(MAX_FRAMES, self._frames_left, _FEW_FRAMES))
        self._frames_left -= len(kept)
        live = [entry.tb_frame for entry in kept]
        frames = list(self._frames(exception, kept))
        if (place := template_place.of(exception, kept, self._sources)) is not None:
            frames.insert(place.entries, place.frame)
            live[place.entries : place.entries] = [] if place.live is None else [place.live]
        self.frames[way] = tuple(live)
        return ExceptionData(
            type=type_name(exception),
            message=self.messages.message(exception),
            notes=tuple(self._notes(exception)),
            frames=tuple(frames),
            relation=relation,
            exceptions=tuple(
                self.exception(member, "first", (*way, number))
                for number, member in enumerate(shown)
            ),
            frames_left_out=len(entries) - len(kept),
            members_left_out=len(members) - len(shown),
        )

    def _notes(self, exception: BaseException) -> Iterator[str]:
        if looked_for := template_place.looked_for(exception):
            yield self.messages.shown(looked_for)
        notes = _attribute(exception, "__notes__")
        if isinstance(notes, (list, tuple)):
            yield from (self.messages.shown(note) for note in notes[:MAX_NOTES])

    def _frames(self, exception: BaseException, kept: list[TracebackType]) -> Iterator[Frame]:
        for entry in kept:
            yield frame_data.of_traceback(entry, self._sources, opened=entry is kept[-1])
        if isinstance(exception, SyntaxError) and exception.filename:
            yield self._place(exception)

    def _place(self, error: SyntaxError) -> Frame:
        """Return the place where the parser stopped as a frame, because no frame is there.

        Libraries raise SyntaxErrors too, with any kind of place.
        """
        file = self.messages.shown(error.filename)
        line = _number(error.lineno) or 0
        raw = self.messages.shown(error.text or "").rstrip()
        context, start = self._sources.around(file, line)
        return Frame(
            file=file,
            line=line,
            function="",
            source=raw.strip()[:MAX_SOURCE],
            own=is_own(file),
            marked=frame_data.marked_part(f"{raw} ", _caret(error)),
            context=context,
            context_start=start,
        )


def type_name(exception: BaseException) -> str:
    """Return the exception's class, with its module unless that is builtins or the program."""
    kind = type(exception)
    if kind.__module__ in ("builtins", "__main__"):
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"


def _is_group(exception: BaseException) -> bool:
    members = _attribute(exception, "exceptions")
    return isinstance(members, tuple) and all(isinstance(it, BaseException) for it in members)


def _attribute(exception: BaseException, name: str) -> object:
    """Return an attribute, None if it is missing or a property that raises."""
    try:
        return getattr(exception, name, None)
    except Exception:
        return None


def _ends(entries: list[TracebackType], most: int) -> list[TracebackType]:
    """Return the first and the last entries, `most` in all."""
    if len(entries) <= most:
        return entries
    return entries[: most // 2] + entries[-(most - most // 2) :]


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and 0 <= value < 2**31 else None


def _caret(error: SyntaxError) -> tuple[int, int] | None:
    """Return the columns that Python would mark. `offset` counts from 1; 0 means unknown."""
    start, end = _number(error.offset), _number(getattr(error, "end_offset", None))
    if not start:
        return None
    same_line = getattr(error, "end_lineno", None) in (None, error.lineno)
    if not end or not same_line or end <= start:
        end = start + 1 if same_line else 2**31
    return start - 1, end - 1
