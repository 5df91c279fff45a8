"""Describe a frame as data: place, source line, failing part, surrounding lines."""

from __future__ import annotations

import itertools
import linecache
from types import CodeType, FrameType, TracebackType
from typing import Any

from devtui.events import Frame
from devtui.server.errors.source_files import may_be_read
from devtui.server.guest.own_code import is_own

MAX_SOURCE = 500
MAX_CONTEXT_LINE = 300
CONTEXT_LINES = 5  # on each side

# Characters of surrounding lines for all frames of one error.
MAX_CONTEXT = 200_000


class SourceLines:
    """Read source lines. Check each file once for changes since the last read."""

    def __init__(self) -> None:
        self._checked: dict[str, bool] = {}  # whether it may be read
        self._room = MAX_CONTEXT

    def line(self, file: str, number: int, module_globals: dict[str, Any] | None = None) -> str:
        """Return a line with its indentation and without its end, empty if there is none."""
        if file not in self._checked:
            self._checked[file] = may_be_read(file)
            linecache.checkcache(file)
        if not self._checked[file]:
            return ""
        return linecache.getline(file, number, module_globals).rstrip()

    def around(
        self, file: str, number: int, module_globals: dict[str, Any] | None = None
    ) -> tuple[tuple[str, ...], int]:
        """Return the lines around a line, and the number of the first; nothing past the bound."""
        if not self.line(file, number, module_globals):
            return (), 0
        first = max(1, number - CONTEXT_LINES)
        last = min(number + CONTEXT_LINES, len(linecache.getlines(file, module_globals)))
        lines = tuple(
            self.line(file, each, module_globals)[:MAX_CONTEXT_LINE]
            for each in range(first, last + 1)
        )
        self._room -= sum(map(len, lines))
        return (lines, first) if self._room > 0 else ((), 0)


def of_traceback(entry: TracebackType, sources: SourceLines, opened: bool) -> Frame:
    """Describe the frame of a traceback's entry, with surrounding lines if `opened`."""
    return _frame(entry.tb_frame, entry.tb_lineno, entry.tb_lasti, sources, opened)


def of_running(frame: FrameType, sources: SourceLines) -> Frame:
    """Describe a frame of a running thread."""
    return _frame(frame, frame.f_lineno, frame.f_lasti, sources, opened=True)


def _frame(
    frame: FrameType, line: int | None, instruction: int, sources: SourceLines, opened: bool
) -> Frame:
    code, line = frame.f_code, line or 0
    raw = sources.line(code.co_filename, line, frame.f_globals)
    own = is_own(code.co_filename)
    context: tuple[str, ...] = ()
    start = 0
    if own or opened:
        context, start = sources.around(code.co_filename, line, frame.f_globals)
    return Frame(
        file=code.co_filename,
        line=line,
        function=_function_name(code),
        source=raw.strip()[:MAX_SOURCE],
        own=own,
        marked=marked_part(raw, _columns(code, line, instruction, raw)),
        context=context,
        context_start=start,
    )


def _function_name(code: CodeType) -> str:
    """Return the name with those of the classes around it, since Python 3.11.

    Jinja names a block of a template, `block 'content'`, in the short name alone.
    """
    name: str = getattr(code, "co_qualname", code.co_name)
    return name if name.endswith(code.co_name) else code.co_name


def marked_part(raw: str, columns: tuple[int, int] | None) -> tuple[int, int] | None:
    """Convert columns of a line to columns of the line without indentation.

    Return None if they make no sense or are the whole line, which Python does not mark either.
    """
    if columns is None:
        return None
    source = raw.strip()[:MAX_SOURCE]
    indentation = len(raw) - len(raw.lstrip())
    start = max(0, columns[0] - indentation)
    end = min(len(source), columns[1] - indentation)
    return (start, end) if start < end and (start, end) != (0, len(source)) else None


def _columns(code: CodeType, line: int, instruction: int, raw: str) -> tuple[int, int] | None:
    """Return the columns of an instruction's source, in characters (PEP 657)."""
    if not hasattr(code, "co_positions") or instruction < 0:
        return None
    # An instruction has two bytes and one position.
    positions = next(itertools.islice(code.co_positions(), instruction // 2, None), None)
    if positions is None:
        return None
    first, last, start, end = positions
    if first != line or start is None or end is None or last is None:
        return None
    if last > line:  # it continues on the next lines
        return _characters(raw, start), len(raw)
    return _characters(raw, start), _characters(raw, end)


def _characters(raw: str, size_bytes: int) -> int:
    """Convert a position in UTF-8 bytes to one in characters."""
    return len(raw.encode("utf-8", "surrogatepass")[:size_bytes].decode("utf-8", "replace"))
