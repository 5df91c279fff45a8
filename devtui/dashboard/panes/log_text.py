"""Read the meaning of a log entry: its level, logger, message, and the error in it."""

from __future__ import annotations

import re

import msgspec

from devtui.dashboard.panes import printed_error
from devtui.events import Error, ExceptionData, Frame, place_of
from devtui.session.store.log_entry import LogEntry
from devtui.text import masking
from devtui.text.prefixes import prefix_of
from devtui.text.sgr import PLAIN, Look, Piece, after, pieces, plain, undrawn

MAX_ROW_TEXT = 4_000
"""How many characters of a line are read for its row."""

MAX_READ = 500
"""The number of entries whose meaning is kept."""

# A place in the code at the end of a line, and how many blanks separate it at least.
_PLACE = re.compile(r"[\w.-]{1,100}:\d{1,7}")
_GAP = 3

_LEVEL_NAMES = {"WARNING": "WARN", "CRITICAL": "CRIT", "SUCCESS": "GOOD", "NOTICE": "NOTE"}
_LEVEL_STYLES = {
    "WARNING": "warn",
    "ERROR": "bad",
    "CRITICAL": "bad",
    "DEBUG": "dim",
    "TRACE": "dim",
    "SUCCESS": "good",
}


class LogText(msgspec.Struct, frozen=True):
    """The meaning of an entry.

    `message` is its first line without what the columns show, coloured as the app wrote it. In the
    line it begins at the column `start`. `error` is the one of its traceback, and `before` counts
    the lines before that.
    """

    level: str
    style: str
    logger: str
    message: list[Piece]
    error: Error | None = None
    before: int = 0
    start: int = 0

    @property
    def raised(self) -> ExceptionData | None:
        """The exception that the traceback ends with."""
        return self.error.exceptions[0] if self.error is not None else None

    @property
    def frame(self) -> Frame | None:
        """The innermost frame of the user's code, else the innermost."""
        place = None if self.error is None else place_of(self.error)
        if place is None or self.error is None:
            return None
        return self.error.exceptions[place[0]].frames[place[1]]

    @property
    def is_coloured(self) -> bool:
        """Whether the app has coloured the message."""
        return any(look != PLAIN for _, look in self.message)


class LogTexts:
    """Read entries when they are shown, and keep the meaning of the last ones."""

    def __init__(self) -> None:
        self._read: dict[tuple[int, int, int, int], LogText] = {}

    def of(self, entry: LogEntry) -> LogText:
        """Return the meaning of an entry."""
        key = (id(entry), entry.number, entry.line_count, entry.states)
        text = self._read.get(key)
        if text is None:
            if len(self._read) >= MAX_READ:
                self._read.clear()
            text = self._read[key] = read(entry)
        return text


def read(entry: LogEntry, reveal: bool = False) -> LogText:
    """Return the meaning of an entry."""
    first = undrawn(entry.first[:MAX_ROW_TEXT])
    without = plain(first)
    prefix = prefix_of(without, entry.level, entry.logger, goes_on=entry.more is not None)
    level, style = level_of(entry, prefix.level)
    logger = entry.logger if entry.logger != "root" else ""
    error, before = None, 0
    if entry.more is not None or printed_error.first_line([without]) == 0:
        lines = [plain(line) for line in entry.lines]
        start = printed_error.first_line(lines)
        if start is not None:
            error, before = printed_error.parse(lines[start:]), start
    message: list[Piece] = []
    if error is None or before:
        found = _message(first, prefix.end, keep_place=entry.more is None)
        message = masked(found, reveal)
    return LogText(level, style, logger or prefix.logger, message, error, before, prefix.end)


def _message(line: str, start: int, *, keep_place: bool) -> list[Piece]:
    """Return the pieces of a line from a character on, counted without colours.

    rich puts the place in the code at the right end of its own width: move it closer, or leave it
    out if more lines follow.
    """
    without = plain(line)
    head, _, place = without.rstrip().rpartition(" ")
    end, resumes = len(without.rstrip()), len(without)
    gap = len(head) + 1 - len(head.rstrip())
    if _PLACE.fullmatch(place) and (gap > _GAP or _look_at(line, len(head) + 1).dim):
        end = max(len(head.rstrip()), start)
        if keep_place:
            resumes = len(head) + 1
            end = min(end + 2, resumes)  # a full line of rich's has one blank before the place
    found: list[Piece] = []
    at = 0
    for text, look in pieces(line)[0]:
        head = text[max(start - at, 0) : max(end - at, 0)]
        tail = text[max(resumes - at, 0) :]
        found += [(part, look) for part in (head, tail) if part]
        at += len(text)
    return found


def _look_at(line: str, at: int) -> Look:
    """Return the look of a character, counted without colours."""
    for text, look in pieces(line)[0]:
        if at < len(text):
            return look
        at -= len(text)
    return PLAIN


def masked(found: list[Piece], reveal: bool = False) -> list[Piece]:
    """Mask the targets in a line of an access log; a line with a secret loses its colours."""
    text = "".join(text for text, _ in found)
    shown = masking.in_log(text, reveal)
    return found if shown == text else [(shown, PLAIN)]


def coloured_lines(
    entry: LogEntry, start: int, end: int, reveal: bool = False
) -> list[list[Piece]]:
    """Return these lines of an entry as pieces. Colours continue from line to line."""
    look: Look = PLAIN
    found: list[list[Piece]] = []
    for number, line in enumerate(entry.lines):
        if number >= end:
            break
        if number < start:
            look = after(line, look)
            continue
        line_pieces, look = pieces(line, look)
        found.append(masked(line_pieces, reveal))
    return found


def level_of(entry: LogEntry, found: str = "") -> tuple[str, str]:
    """Return the short name and the style of an entry's level or stream.

    `found` is the level in the text of an entry that has none.
    """
    level = entry.level or found
    if not level:
        return {"stdout": "out", "stderr": "err"}.get(entry.stream, "log"), ""
    return _LEVEL_NAMES.get(level, level), _LEVEL_STYLES.get(level, "")
