"""One frame as data: its place, its source, the failing part of the line, the lines around."""

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

# What the frames of one error may send of lines around theirs, in characters.
MAX_CONTEXT = 200_000


class SourceLines:
    """Reads source lines, each file checked once for a change since it was read last."""

    def __init__(self) -> None:
        self._checked: dict[str, bool] = {}  # whether it may be read
        self._room = MAX_CONTEXT

    def line(self, file: str, number: int, module_globals: dict[str, Any] | None = None) -> str:
        """The line of that number with its indentation and without its end; empty for none."""
        if file not in self._checked:
            self._checked[file] = may_be_read(file)
            linecache.checkcache(file)
        if not self._checked[file]:
            return ""
        return linecache.getline(file, number, module_globals).rstrip()

    def around(
        self, file: str, number: int, module_globals: dict[str, Any] | None = None
    ) -> tuple[tuple[str, ...], int]:
        """The lines around a line, and the number of their first; none past the bound."""
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
    """The frame of a traceback's entry. Of one that is `opened` the lines around come along."""
    return _frame(entry.tb_frame, entry.tb_lineno, entry.tb_lasti, sources, opened)


def of_running(frame: FrameType, sources: SourceLines) -> Frame:
    """The frame of a thread as it stands now."""
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
        function=getattr(code, "co_qualname", code.co_name),
        source=raw.strip()[:MAX_SOURCE],
        own=own,
        marked=marked_part(raw, _columns(code, line, instruction, raw)),
        context=context,
        context_start=start,
    )


def marked_part(raw: str, columns: tuple[int, int] | None) -> tuple[int, int] | None:
    """Columns of the line as it stands in the file, as those of the line without indentation.

    None where nothing sensible is marked, or the whole line: Python marks neither.
    """
    if columns is None:
        return None
    source = raw.strip()[:MAX_SOURCE]
    indentation = len(raw) - len(raw.lstrip())
    start = max(0, columns[0] - indentation)
    end = min(len(source), columns[1] - indentation)
    return (start, end) if start < end and (start, end) != (0, len(source)) else None


def _columns(code: CodeType, line: int, instruction: int, raw: str) -> tuple[int, int] | None:
    """From where to where the instruction's source goes, in characters of the line (PEP 657)."""
    if not hasattr(code, "co_positions") or instruction < 0:
        return None
    # Two bytes an instruction, one position for each.
    positions = next(itertools.islice(code.co_positions(), instruction // 2, None), None)
    if positions is None:
        return None
    first, last, start, end = positions
    if first != line or start is None or end is None or last is None:
        return None
    if last > line:  # it goes on in the lines after this
        return _characters(raw, start), len(raw)
    return _characters(raw, start), _characters(raw, end)


def _characters(raw: str, size_bytes: int) -> int:
    """Positions are told in bytes of UTF-8."""
    return len(raw.encode("utf-8", "surrogatepass")[:size_bytes].decode("utf-8", "replace"))
