"""Make tracebacks as text: Python's own if it is affordable, else a similar one with gaps."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from types import TracebackType

from devtui.events import ExceptionData, Frame
from devtui.server.errors.source_files import may_be_read
from devtui.server.guest.deadline import Overdue, within

MAX_TEXT = 200_000

# Python runs custom `__str__` and reads sources; after this time we give up.
_SECONDS = 0.1

_PRINTS_NOTES = sys.version_info >= (3, 11)

_BETWEEN = {
    "cause": "\nThe above exception was the direct cause of the following exception:\n\n",
    "context": "\nDuring handling of the above exception, another exception occurred:\n\n",
    "first": "",
}


def python_s(
    exception: BaseException, tb: TracebackType | None, max_frames: int, left_out: int
) -> str | None:
    """Return the text as Python prints it, None if that takes too long or fails.

    `tb` is the exception's traceback without our frames.
    """
    if left_out or not _is_affordable(exception, tb, max_frames):
        return None
    if not _PRINTS_NOTES and "__notes__" in getattr(exception, "__dict__", {}):
        return None
    try:
        return within(_SECONDS, lambda: _bounded(_lines(exception, tb)))
    except (Overdue, Exception):
        return None


def assembled(exceptions: tuple[ExceptionData, ...], left_out: int) -> str:
    """Make a text in Python's form from the description. It says what it leaves out."""
    return _bounded(_all(exceptions, left_out))


def _lines(exception: BaseException, tb: TracebackType | None) -> Iterator[str]:
    yield from traceback.TracebackException(type(exception), exception, tb, compact=True).format()


def _bounded(lines: Iterator[str]) -> str:
    text = ""
    for line in lines:
        text += line
        if len(text) > MAX_TEXT:
            return text[:MAX_TEXT] + "\n… (the rest is left out)\n"
    return text


def _is_affordable(exception: BaseException, tb: TracebackType | None, most: int) -> bool:
    """Whether the whole chain, with groups, has few enough frames and readable sources.

    Reading a pipe could wait for ever. Endless recursion makes thousands of frames, which Python
    folds if they are equal.
    """
    most *= 10
    waiting: list[tuple[BaseException, TracebackType | None]] = [(exception, tb)]
    seen: set[int] = set()
    files: set[str] = set()
    while waiting and most > 0:
        link, entry = waiting.pop()
        if id(link) in seen:
            continue
        seen.add(id(link))
        most -= 1
        while entry is not None and most > 0:
            files.add(entry.tb_frame.f_code.co_filename)
            entry, most = entry.tb_next, most - 1
        following = [link.__cause__, link.__context__]
        try:
            following += getattr(link, "exceptions", ())
        except Exception:  # a property that raises: Python would fail too
            return False
        waiting += [(e, e.__traceback__) for e in following if isinstance(e, BaseException)]
    return most > 0 and all(map(may_be_read, files))


def _all(exceptions: tuple[ExceptionData, ...], left_out: int) -> Iterator[str]:
    if left_out:
        yield f"… ({left_out:,} exceptions that came before are left out)\n\n"
    for number in range(len(exceptions) - 1, -1, -1):
        yield from _one(exceptions[number], "")
        yield _BETWEEN[exceptions[number].relation]


def _one(exception: ExceptionData, indentation: str) -> Iterator[str]:
    if exception.frames:
        yield f"{indentation}Traceback (most recent call last):\n"
    gap_at = len(exception.frames) // 2 if exception.frames_left_out else -1
    for number, frame in enumerate(exception.frames):
        if number == gap_at:
            yield f"{indentation}  … ({exception.frames_left_out:,} frames are left out)\n"
        yield from (indentation + line for line in _frame(frame))
    message = f": {exception.message}" if exception.message else ""
    for line in f"{exception.type}{message}".split("\n"):
        yield f"{indentation}{line}\n"
    for note in exception.notes:
        yield "".join(f"{indentation}{line}\n" for line in note.split("\n"))
    for member in exception.exceptions:
        yield f"{indentation}  +----------------\n"
        yield from _one(member, f"{indentation}  | ")
    if exception.members_left_out:
        yield f"{indentation}  … and {exception.members_left_out:,} more exceptions\n"


def _frame(frame: Frame) -> Iterator[str]:
    where = f", in {frame.function}" if frame.function else ""
    yield f'  File "{frame.file}", line {frame.line}{where}\n'
    if frame.source:
        yield f"    {frame.source}\n"
