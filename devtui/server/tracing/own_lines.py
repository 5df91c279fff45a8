"""Find the lines of the user's code that a call comes from."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import Any, TypeAlias

import msgspec

from devtui.events import Frame
from devtui.server.errors.attributes import own_dict
from devtui.server.exchange.app_entries import ENTRIES
from devtui.server.guest.own_code import is_own

# The most frames of the user's to keep, and the most frames to examine.
MAX_STACK = 10
MAX_LOOKED_AT = 500

Line: TypeAlias = tuple[str, int, str]
"""The file, the number of the line, and the function."""

# The file of the code that calls the app; comparing code itself takes longer.
_ENTRIES_FILE = next(iter(ENTRIES)).co_filename

# The lines by the `id` of the code and the number of the instruction. The code is kept here too, so
# that no other code gets its `id`. Python would count the lines up to the instruction each time.
MAX_CODES = 5_000
_lines: dict[int, tuple[CodeType, dict[int, Line]]] = {}

tags: dict[str, CodeType] = {}
"""The code that renders a tag of a template, by its file. A template has no frame of its own."""

# Not the number of any instruction. The same instruction renders all tags, so it tells no line.
_NONE = -2

# is_own is cached too, but by a slower cache; there are as many names as modules.
_own: dict[str, bool] = {}


class Found(msgspec.Struct, frozen=True, gc=False):
    """Where the user's innermost frame was, seen from the caller of `find`.

    `between` has the namespaces of the frames between, innermost first.
    """

    depth: int
    code: CodeType
    instruction: int
    line: Line
    between: tuple[dict[str, Any], ...] = ()


def find(before: Found | None) -> Found | None:
    """Find the innermost frame of the user's that led here; None if there is none.

    `before` is the result for the same text. It is still right if the same instruction is at the
    same depth, and the frames between belong to the same modules, which are a library's.
    """
    start = sys._getframe(1)
    if before is not None:
        there = reached(start.f_back, before.between)
        if there and there.f_lasti == before.instruction and there.f_code is before.code:
            return before
    for depth, frame, tag in _own_frames(start):
        if tag is not None:
            return Found(depth, frame.f_code, _NONE, tag)
        frames = list(_outwards(start.f_back, depth - 1))
        # A library's template is being rendered: the next one can be the user's.
        renders = any(one.f_code is code for code in tags.values() for one in frames)
        instruction = _NONE if renders else frame.f_lasti
        between = tuple(one.f_globals for one in frames)
        return Found(depth, frame.f_code, instruction, line_of(frame), between)
    return None


def reached(frame: FrameType | None, namespaces: tuple[dict[str, Any], ...]) -> FrameType | None:
    """Return the frame outside of those with these namespaces, None if there are other frames.

    Comparing their code would do too, but each access to `f_code` is an audit event, which is slow.
    """
    for namespace in namespaces:
        if frame is None or frame.f_globals is not namespace:
            return None
        frame = frame.f_back
    return frame


def _outwards(frame: FrameType | None, count: int) -> Iterator[FrameType]:
    for _ in range(count):
        if frame is None:  # the next one is in another greenlet
            return
        yield frame
        frame = frame.f_back


def _own_frames(start: FrameType | None) -> Iterator[tuple[int, FrameType, Line | None]]:
    """Yield the frames of the user's from this one outwards, with their depths.

    Also yield each frame that renders a tag of the user's template, with the place of the tag.
    """
    frame, known = start, _own
    for depth in range(MAX_LOOKED_AT):
        if frame is None:
            return
        code = frame.f_code
        file = code.co_filename
        own = known.get(file)
        if own is None:
            own = known[file] = is_own(file)
        if own:
            yield depth, frame, None
        elif file in tags and code is tags[file] and (tag := _tag_of(frame)) is not None:
            yield depth, frame, tag
        if file == _ENTRIES_FILE and code in ENTRIES:
            return
        frame = frame.f_back or _awaiting(frame)


def _tag_of(frame: FrameType) -> Line | None:
    """Return the place of the tag that a frame of Django's renders, None if it is a library's."""
    tag = own_dict(frame.f_locals.get("self"))
    file, line = own_dict(tag.get("origin")).get("name"), own_dict(tag.get("token")).get("lineno")
    if type(file) is not str or type(line) is not int:
        return None
    return (file, line, "") if os.path.isabs(file) and is_own(file) else None


def _awaiting(outermost: FrameType) -> FrameType | None:
    """Return the frame that awaits a greenlet of SQLAlchemy's, None if there is none.

    Its asynchronous engines execute in a greenlet, whose frames do not lead to the awaiting frame.
    """
    greenlets: Any = sys.modules.get("greenlet")
    if greenlets is None:
        return None
    greenlet = greenlets.getcurrent()
    if not getattr(type(greenlet), "__sqlalchemy_greenlet_provider__", False):
        return None
    awaiting: FrameType | None = greenlet.parent.gr_frame
    frame = awaiting
    while frame is not None:
        if frame is outermost:  # it is already outside of the greenlet
            return None
        frame = frame.f_back
    return awaiting


def line_of(frame: FrameType) -> Line:
    """Return the frame's line; for a compiled template, the line of the template."""
    code = frame.f_code
    known = _lines.get(id(code))
    if known is None:
        if len(_lines) >= MAX_CODES:
            _lines.clear()
        known = _lines[id(code)] = code, {}
    line = known[1].get(frame.f_lasti)
    if line is None:
        line = known[1][frame.f_lasti] = _line_of(frame)
    return line


def _line_of(frame: FrameType) -> Line:
    code, line = frame.f_code, frame.f_lineno or 0
    template = frame.f_globals.get("__jinja_template__")
    if template is None:
        return code.co_filename, line, code.co_name
    name = code.co_name.removeprefix("block_")
    function = "top-level template code" if name == "root" else f"block {name!r}"
    return code.co_filename, template.get_corresponding_lineno(line), function


def _frame_at(depth: int) -> FrameType | None:
    """Return the frame at this depth, seen from the caller."""
    try:
        return sys._getframe(depth + 1)
    except ValueError:  # it is not of the running greenlet
        frame: FrameType | None = sys._getframe(1)
        for _ in range(depth):
            frame = frame and (frame.f_back or _awaiting(frame))
        return frame


def stack_of(depth: int) -> tuple[Line, ...]:
    """Return the user's lines from this depth outwards, seen from here, innermost last."""
    lines: list[Line] = []
    template = ""
    for _, frame, tag in _own_frames(_frame_at(depth + 1)):
        if tag is None or tag[0] != template:  # else it stands around the one before
            lines.append(line_of(frame) if tag is None else tag)
        template = "" if tag is None else tag[0]
        if len(lines) == MAX_STACK:
            break
    return tuple(reversed(lines))


def frames_of(stack: tuple[Line, ...]) -> tuple[Frame, ...]:
    """Return the lines as frames for an event. They have no source."""
    return tuple(
        Frame(file=file, line=line, function=function, own=True) for file, line, function in stack
    )
