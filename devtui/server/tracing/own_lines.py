"""Find the lines of the user's code that a call comes from."""

from __future__ import annotations

from types import CodeType, FrameType
from typing import TypeAlias

from devtui.events import Frame
from devtui.server.guest.own_code import is_own
from devtui.server.serving.middleware import RecordExchange

# The innermost frames of the user's; the frames looked at.
MAX_STACK = 10
MAX_LOOKED_AT = 500

Line: TypeAlias = tuple[str, int, str]
"""The file, the number of the line, and the function."""

# The outermost frame that can be the app's, in a thread that answers a request.
_ENTRY: CodeType = RecordExchange.__call__.__code__

# The lines by the `id` of the code, which is kept here so that no other has the same, and by the
# number of the instruction. Python counts the lines of a function up to it again and again.
MAX_CODES = 5_000
_lines: dict[int, tuple[CodeType, dict[int, Line]]] = {}

# is_own is cached too, but by a slower cache; there are as many names as modules.
_own: dict[str, bool] = {}


def innermost_own(frame: FrameType | None) -> FrameType | None:
    """Return the innermost frame of the user's, from this one outwards; None if there is none."""
    known = _own
    for _ in range(MAX_LOOKED_AT):
        if frame is None:
            return None
        code = frame.f_code
        own = known.get(code.co_filename)
        if own is None:
            own = known[code.co_filename] = is_own(code.co_filename)
        if own:
            return frame
        if code is _ENTRY:
            return None
        frame = frame.f_back
    return None


def line_of(frame: FrameType) -> Line:
    """Return the frame's line; of a compiled template, the template's."""
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


def stack_of(frame: FrameType) -> tuple[Line, ...]:
    """Return the lines of the user's from this frame outwards, innermost last."""
    lines = [line_of(frame)]
    outer = innermost_own(frame.f_back)
    while outer is not None and len(lines) < MAX_STACK:
        lines.append(line_of(outer))
        outer = innermost_own(outer.f_back)
    return tuple(reversed(lines))


def frames_of(stack: tuple[Line, ...]) -> tuple[Frame, ...]:
    """Return the lines as an event has them. The session reads their source."""
    return tuple(
        Frame(file=file, line=line, function=function, own=True) for file, line, function in stack
    )
