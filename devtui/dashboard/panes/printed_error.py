"""Read an error from its printed traceback: the exceptions, their frames, and the user's own."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import structs

from devtui.events import Error, ExceptionData, Frame
from devtui.text.paths import is_library
from devtui.text.traceback_lines import HEADER, LINKS, begins

MAX_FRAMES = 200
MAX_MESSAGE = 2_000
MAX_LINE = 2_000
MAX_DEPTH = 10
"""How deeply groups may be nested; Python prints no more."""

# Python's own, and loguru's, which marks the frame that caught the exception.
_FRAME = re.compile(r'[> ]*File "([^"]{1,1000})", line (\d{1,9})(?:, in (.{1,300}))?')
# rich's, in a box: `│ /srv/hello.py:17 in view`, and below it `│ ❱ 17 │   return data["b"]`.
_BOXED = re.compile(r"[│|] (\S.{0,500}):(\d{1,9}) in (\S{1,300})")
_BOXED_SOURCE = re.compile(r"[│|] [❱>] *\d{1,9} [│|] ?")
_IN_GROUP = re.compile(r" *\| ?")
_EXCEPTION = re.compile(r"[A-Za-z_][\w.]{0,200}(?=: |:?$)")
# The lines above the members of a group: `  +-+---------------- 1 ----------------` for the first,
# and the same without `+-` for the others.
_FIRST_MEMBER = re.compile(r"([ |]*\+-)\+-{2,40} 1 -{2,40}")
_NEXT_MEMBER = re.compile(r"\+-{2,40} (?:\d{1,4}|\.\.\.) -{2,40}")
_AND_MORE = re.compile(r"and (\d{1,6}) more exceptions?")


def first_line(lines: Sequence[str]) -> int | None:
    """Return the number of the line with which a traceback begins; the lines have no colours."""
    return next((number for number, line in enumerate(lines) if begins(line)), None)


def parse(lines: Sequence[str], depth: int = 0) -> Error | None:
    """Return the error of a printed traceback, or None if it names no exception.

    `lines` begin with the traceback, and have no colours. Of each member of an exception group,
    only the first exception is returned; the text contains its causes.
    """
    found: list[ExceptionData] = []
    reading = _Reading()
    at = 0
    while at < len(lines):
        line = lines[at][:MAX_LINE]
        at += 1
        members = _FIRST_MEMBER.match(line)
        if members is not None and reading.exception is not None:
            begin, at = at, _end_of_members(lines, at, members.end(1))
            if depth < MAX_DEPTH:
                reading.take_members(_members(lines[begin:at], members.end(1)), depth + 1)
            continue
        if reading.in_group and (bar := _IN_GROUP.match(line)):
            line = line[bar.end() :]
        if line.strip(" |").startswith(LINKS):
            if reading.exception is not None:
                found.append(reading.finished())
            cause = LINKS[1] in line
            reading = _Reading("cause" if cause else "context")
            continue
        reading.take(line)
    if reading.exception is not None:
        found.append(reading.finished())
    if not found:
        return None
    return Error(exceptions=tuple(_related(found[::-1])), text="\n".join(lines))


def _end_of_members(lines: Sequence[str], at: int, margin: int) -> int:
    """Return the number of the first line from `at` on that begins left of the margin."""
    while at < len(lines) and lines[at][margin : margin + 1] and not lines[at][:margin].strip(" |"):
        at += 1
    return at


def _members(lines: Sequence[str], margin: int) -> list[list[str]]:
    """Return the lines of each member of a group, without the margin."""
    members: list[list[str]] = [[]]
    for line in lines:
        line = line[margin : margin + MAX_LINE]
        if _NEXT_MEMBER.match(line):
            members.append([])
        elif not line.startswith("+--"):  # the last line of the group
            members[-1].append(line[2:] if line.startswith("|") else line)
    return members


def _related(newest_first: list[ExceptionData]) -> list[ExceptionData]:
    """Give each exception its relation to the one that followed, which names it when printed."""
    relations = ["first", *(exception.relation for exception in newest_first[:-1])]
    return [
        structs.replace(exception, relation=relation)
        for exception, relation in zip(newest_first, relations, strict=True)
    ]


class _Reading:
    """Read the frames of one exception, and then its name and message."""

    def __init__(self, relation: str = "first") -> None:
        self.exception: str | None = None
        self.in_group = False
        self._relation = relation
        self._message = ""
        self._frames: list[Frame] = []
        self._indentation = 0
        self._waits_for_source = False
        self._members: list[ExceptionData] = []
        self._members_left_out = 0

    def take_members(self, members: Sequence[Sequence[str]], depth: int) -> None:
        """Take in the members of the group; the lines of each are a traceback."""
        for lines in members:
            if lines and (more := _AND_MORE.match(lines[0])):
                self._members_left_out += int(more[1])
            elif (error := parse(lines, depth)) is not None:
                self._members.append(error.exceptions[0])

    def take(self, line: str) -> None:
        """Take in the next line."""
        if HEADER in line:
            self.in_group = line.lstrip().startswith("+ Exception Group")
            self._indentation = 0 if self.in_group else len(line) - len(line.lstrip())
        elif self.exception is not None:
            if len(self._message) < MAX_MESSAGE and line.strip():
                self._message += "\n" + line.strip()
        elif not self._takes_frame(line):
            self._take_other(line)

    def _takes_frame(self, line: str) -> bool:
        text = line.strip()
        found = _FRAME.match(text) or _BOXED.match(text)
        if found is None:
            return False
        if len(self._frames) < MAX_FRAMES:
            file = found[1]
            own = not is_library(file)
            self._frames.append(
                Frame(file=file, line=int(found[2]), function=found[3] or "", own=own)
            )
        self._waits_for_source = True
        return True

    def _take_other(self, line: str) -> None:
        text = line.strip()
        if boxed := _BOXED_SOURCE.match(text):
            self._set_source(text[boxed.end() :].strip("│| "))
            return
        indentation = len(line) - len(line.lstrip())
        named = _EXCEPTION.match(text)
        if named is not None and (indentation <= self._indentation or not self._frames):
            self.exception = named[0]
            self._message = text[named.end() :].removeprefix(":").strip()[:MAX_MESSAGE]
        elif self._waits_for_source and text and text[0] not in "│╭|":
            self._set_source(text)

    def _set_source(self, source: str) -> None:
        if self._frames and source[:1] not in ("~", "^", "└"):
            self._frames[-1] = structs.replace(self._frames[-1], source=source[:500])
        self._waits_for_source = False

    def finished(self) -> ExceptionData:
        """Return what was read."""
        return ExceptionData(
            type=self.exception or "",
            message=self._message,
            frames=tuple(self._frames),
            relation=self._relation,  # type: ignore[arg-type]
            exceptions=tuple(self._members),
            members_left_out=self._members_left_out,
        )
