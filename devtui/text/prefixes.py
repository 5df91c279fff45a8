"""Recognise the prefix of a log line before its message: time, level and logger.

The columns of the log show these already. A prefix counts only if all of it is recognised.
"""

from __future__ import annotations

import re
from typing import NamedTuple

MAX_PREFIX = 200
"""How many characters of a line are examined."""

_MAX_PARTS = 12

LEVELS = {
    "TRACE": "TRACE", "DEBUG": "DEBUG", "INFO": "INFO", "SUCCESS": "SUCCESS", "WARN": "WARNING",
    "WARNING": "WARNING", "ERROR": "ERROR", "EXCEPTION": "ERROR", "CRITICAL": "CRITICAL",
    "FATAL": "CRITICAL", "NOTICE": "NOTICE",
}  # fmt: skip

_MONTH = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_CLOCK = r"\d{1,2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?: ?(?:Z|[AP]M|[+-]\d{2}:?\d{2}))?"
_DATE = rf"\d{{4}}[-/]\d{{2}}[-/]\d{{2}}|\d{{1,2}}[/ .-](?:{_MONTH}|\d{{2}})[/ .-]\d{{2,4}}"
_TIME = re.compile(rf"((?:{_DATE})[T :])?{_CLOCK}(?!\w|:\d|[.,]\d)")
_WORD = re.compile(r"[A-Za-z]{4,9}(?![\w.])")
# loguru's place in the code, and a logger that only the text names.
_PLACE = re.compile(r"([A-Za-z_][\w.]{0,100}):([\w<>.]{1,60}):(\d{1,6})(?![\w:])")
_MODULE = re.compile(r"in [A-Za-z_][\w.]{0,60}(?=: )")
# Werkzeug's access log repeats the client and the time.
_ACCESS = re.compile(rf"[\w.:%-]{{1,60}} - - \[(?:{_DATE}) {_CLOCK}\] *(?=[\"\x1b]|$)")
_PROCESS = re.compile(r"\d{1,7}(?=\])")
_GAP = re.compile(r" *[|:–—-]? *")
_CLEAR_GAP = re.compile(r" *[|:–—-] *|  +| *$")


class Prefix(NamedTuple):
    """The beginning of a line before its message: its length, and the level and logger in it."""

    end: int = 0
    level: str = ""
    logger: str = ""


NONE = Prefix()


def prefix_of(
    text: str, level: str | None = None, logger: str | None = None, *, goes_on: bool = False
) -> Prefix:
    """Return the prefix before the message of a line without colours.

    `level` and `logger` are those of its record, if it is one: a prefix with others does not count.
    The prefix may be the whole line if the message `goes_on` below it.
    """
    found = _Reading(text[:MAX_PREFIX], level, logger).prefix(whole=goes_on)
    if logger == "werkzeug" and (access := _ACCESS.match(text, found.end, MAX_PREFIX)):
        return found._replace(end=access.end())
    return found


def access_end(text: str) -> int:
    """Return where the request begins in a line of Werkzeug's access log; 0 in other lines."""
    access = _ACCESS.match(text, 0, MAX_PREFIX)
    return 0 if access is None else access.end()


class _Reading:
    """Reads one part after another, each at a known place, so the work is bounded."""

    def __init__(self, text: str, level: str | None, logger: str | None) -> None:
        self._text = text
        self._record = (level, logger)
        self._at = 0
        self._time = self._date = self._clear = False
        self._level = self._logger = ""

    def prefix(self, *, whole: bool) -> Prefix:
        text = self._text
        self._at = len(text) - len(text.lstrip(" "))
        indented = self._at
        for _ in range(_MAX_PARTS):
            if not self._part():
                break
        if self._at == indented or (self._at >= len(text) and not whole):
            return NONE
        return Prefix(self._at, self._level, self._logger) if self._is_sure else NONE

    @property
    def _is_sure(self) -> bool:
        # A printed line may begin with any word, such as "ERROR: no such file".
        if self._record[0] is None:
            return self._time and bool(self._level or self._clear)
        named = bool(self._level and (self._time or self._logger))
        return self._date or self._clear or named

    def _part(self) -> bool:
        """Take one part with the gap after it; return false if none follows."""
        start, text = self._at, self._text
        closing = {"[": "]", "(": ")"}.get(text[start : start + 1], "")
        at = start + bool(closing)
        end = self._known(at, bracketed=bool(closing))
        if end < 0:
            return False
        if closing:
            while text[end : end + 1] == " ":  # structlog: `[info     ]`
                end += 1
            if text[end : end + 1] != closing:
                return self._rest(end, closing)
            end += 1
        self._take_gap(end, bracketed=bool(closing))
        return True

    def _rest(self, end: int, closing: str) -> bool:
        """Take further parts up to the bracket, as in `[2026-01-02 03:04:05 INFO]`."""
        for _ in range(3):
            gap = _GAP.match(self._text, end)
            at = gap.end() if gap else end
            end = self._known(at, bracketed=True)
            if end < 0:
                return False
            if self._text[end : end + 1] == closing:
                self._take_gap(end + 1, bracketed=True)
                return True
        return False

    def _take_gap(self, end: int, *, bracketed: bool) -> None:
        clear = _CLEAR_GAP.match(self._text, end)
        self._clear = bracketed or (clear is not None and clear.end() > end)
        gap = _GAP.match(self._text, end)
        self._at = gap.end() if gap else end

    def _known(self, at: int, *, bracketed: bool) -> int:
        """Return the end of a known part at that place, or -1."""
        text = self._text
        if not self._time and (found := _TIME.match(text, at)):
            self._time, self._date = True, found[1] is not None
            return found.end()
        if not self._level and (found := _WORD.match(text, at)):
            name = LEVELS.get(found[0].upper(), "")
            # In capitals, as logging writes it, or set off as structlog and uvicorn do.
            if name and (found[0].isupper() or bracketed) and self._fits_level(name, found[0]):
                self._level = name
                return found.end()
        if bracketed and self._time and (found := _PROCESS.match(text, at)):  # gunicorn
            return found.end()
        logger = self._record[1]
        if logger and not self._logger and text.startswith(logger, at):
            end = at + len(logger)
            if not text[end : end + 1].isalnum() and text[end : end + 1] not in ("_", "."):
                self._logger = logger
                return end
        if (self._time or self._level) and not self._logger:
            if (self._time and self._level) and (found := _PLACE.match(text, at)):
                self._logger = found[1]
                return found.end()
            if found := _MODULE.match(text, at):  # Flask: `ERROR in hello: text`
                self._logger = self._record[1] or found[0].removeprefix("in ")
                return found.end()
        return -1

    def _fits_level(self, name: str, word: str) -> bool:
        level = self._record[0]
        return level is None or level.upper() in (name, word.upper())
