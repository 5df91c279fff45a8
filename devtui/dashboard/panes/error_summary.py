"""Short forms of an error for rows and lists: its title, its place, a line for each frame."""

from __future__ import annotations

from pathlib import PurePath

from devtui.dashboard.lists.sections import MAX_LINE, Line, Section, text_lines
from devtui.events import Error, ExceptionData, Frame
from devtui.session.store.error_groups import innermost_own
from devtui.text.formats import count
from devtui.text.paths import short_path
from devtui.text.sanitize import visible

RELATIONS = {"first": "", "cause": "caused by", "context": "raised while handling"}


def error_sections(error: Error) -> list[Section]:
    """Return the exceptions in order, each with its frames, then the whole text."""
    sections = [_exception(exception, error) for exception in error.exceptions]
    title = "traceback" if error.exceptions else ""
    if error.text:
        style = "" if error.exceptions else "bad"
        sections.append(Section(title, text_lines(error.text, style, marks=True), error.text))
    return sections


def _exception(exception: ExceptionData, error: Error, depth: int = 0) -> Section:
    lines = headline(exception)
    lines += [
        Line([("note: " + line.row[0][0], "warn")])
        for note in exception.notes
        for line in text_lines(note)
    ]
    for frame in _shortened(from_the_users(exception.frames)):
        lines += [Line([(frame, "dim")])] if isinstance(frame, str) else frame_lines(frame)
    for member in exception.exceptions:
        lines.append(Line([("", "")]))
        inner = _exception(member, error, depth + 1).lines
        lines += [Line([("  │ ", "rule"), *line.row], line.frame, 4) for line in inner]
    return Section(RELATIONS[exception.relation], lines, traceback_of(error))


def headline(exception: ExceptionData) -> list[Line]:
    """Return `Type: message`, on as many lines as the message has."""
    first, *others = text_lines(exception.message) or [Line([("", "")])]
    kind = visible(exception.type, 300)
    message = first.row[0][0]
    head = Line([(kind, "bad-strong"), (": " + message if message else "", "strong")])
    return [head, *others]


def from_the_users(frames: tuple[Frame, ...]) -> tuple[Frame, ...]:
    """Leave out the frames before the user's first one: the server's and the framework's."""
    first = next((number for number, frame in enumerate(frames) if frame.own), 0)
    return frames[first:]


def _shortened(frames: tuple[Frame, ...]) -> list[Frame | str]:
    """Replace runs of library frames with a count.

    The last frame of a run stays: it raised the error, or called the user's code.
    """
    shown: list[Frame | str] = []
    run: list[Frame] = []
    for frame in (*frames, None):
        if frame is not None and not frame.own:
            run.append(frame)
            continue
        if len(run) > 2:
            shown.append(f"    … {count(len(run) - 1, 'library frame')}")
            run = run[-1:]
        shown += run
        run = []
        if frame is not None:
            shown.append(frame)
    return shown


def frame_lines(frame: Frame) -> list[Line]:
    """Return the place and the code of a frame; the user's frames are marked."""
    mark, style = ("▌ ", "accent") if frame.own else ("  ", "dim")
    where = f"{visible(short_path(frame.file), 500)}:{frame.line}"
    function = visible(frame.function, 200)
    lines = [
        Line(
            [
                (mark, style),
                (where, "info" if frame.own else "dim"),
                (f"  in {function}" if function else "", "dim"),
            ],
            frame,
            indent=4,
        )
    ]
    if frame.source:
        source = visible(frame.source, MAX_LINE)
        lines.append(Line([(mark, style), ("  " + source, "" if frame.own else "dim")], frame, 6))
    return lines


def short_type(name: str) -> str:
    """Return the name of an exception's class without its module."""
    return name.rpartition(".")[2]


def error_title(error: Error) -> str:
    """Return `Type: message` of the exception that was raised last."""
    if not error.exceptions:
        return last_line(error.text)
    first = error.exceptions[0]
    return f"{first.type}: {first.message}" if first.message else first.type


def traceback_of(error: Error) -> str:
    """Return the traceback as Python prints it, else only the exception."""
    return error.text or error_title(error)


def place(error: Error) -> str:
    """Return `file:line` of `innermost_own`, without the folder."""
    frame = innermost_own(error)
    return f"{PurePath(frame.file).name}:{frame.line}" if frame is not None else ""


def last_line(text: str) -> str:
    """Return the last line of a text that may end with line breaks."""
    return text.rstrip().rpartition("\n")[2]
