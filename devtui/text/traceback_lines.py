"""Tell which printed lines belong to one traceback, from their text alone.

Python prints a traceback in several pieces, and a logging formatter or a library may indent or
frame it. Each line is examined once.
"""

from __future__ import annotations

import re
from enum import Enum, auto

HEADER = "Traceback (most recent call last)"
LINKS = ("During handling of the above exception", "The above exception was the direct cause")

# `KeyError: 'b'`, `shop.errors.Empty`.
_EXCEPTION = re.compile(r"[A-Za-z_][\w.]{0,200}(?:: |:?$)")
# A SyntaxError that was not raised in a call has no header.
_PLACE = re.compile(r'  File "[^"]{1,1000}", line \d{1,9}$')


class _At(Enum):
    """Where in a traceback the next line stands."""

    FRAMES = auto()
    GROUP = auto()
    BOX = auto()
    RAISED = auto()  # after the box of rich: the exception follows
    EXCEPTION = auto()  # after the exception: its chain may go on
    LINK = auto()  # after the sentence between two exceptions


def begins(line: str) -> bool:
    """Whether a traceback begins with that line, which must be without colours."""
    return ("Traceback (" in line and _is_header(line)) or _PLACE.match(line) is not None


def _is_header(line: str) -> bool:
    text = line.strip()
    return text in (
        f"{HEADER}:",
        f"+ Exception Group {HEADER}:",
    ) or (text[:1] in "╭┌+" and text.endswith(("╮", "┐", "+")))


class TracebackLines:
    """Follows one traceback, beginning with its first line."""

    def __init__(self, line: str) -> None:
        self._indentation = len(line) - len(line.lstrip()) if HEADER in line else 0
        self._at = self._begin(line)

    def takes(self, line: str, *, continues: bool) -> bool:
        """Whether the next line belongs to it; `continues` if both were written at once.

        The traceback ends at the first line that does not.
        """
        text = line.strip()
        match self._at:
            case _At.EXCEPTION:
                return self._after_exception(line, text, continues)
            case _At.LINK:
                if begins(line):
                    self._at = self._begin(line)
                    return True
                return not text or continues
            case _At.GROUP:
                if text[:1] in ("|", "+"):
                    return True
                return self._after_exception(line, text, continues)
            case _At.BOX:
                if text[:1] in ("│", "╰", "|", "└", "+"):
                    if text[:1] in ("╰", "└") or text.startswith("+--"):
                        self._at = _At.RAISED
                    return True
                return continues
        return self._in_frames(line, text, continues)

    def _begin(self, line: str) -> _At:
        text = line.lstrip()
        if text.startswith("+ Exception Group"):
            return _At.GROUP
        return _At.BOX if text[:1] in ("╭", "┌", "+") else _At.FRAMES

    def _in_frames(self, line: str, text: str, continues: bool) -> bool:
        indentation = len(line) - len(line.lstrip())
        if self._at is _At.FRAMES and (
            not text or indentation > self._indentation or text.startswith("> File ")
        ):
            return True
        if _EXCEPTION.match(text):
            self._at = _At.EXCEPTION
            return True
        return continues

    def _after_exception(self, line: str, text: str, continues: bool) -> bool:
        if text.startswith(LINKS):
            self._at = _At.LINK
            return True
        if begins(line) and continues:
            self._at = self._begin(line)
            return True
        return continues or not text
