"""Exceptions as data: bounded, and safe against exceptions that cannot be printed."""

from __future__ import annotations

import linecache
import os
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Literal

from devtui.events import Error, ExceptionData, Frame
from devtui.server.own_code import is_own

MAX_EXCEPTIONS = 30
MAX_FRAMES = 200
MAX_MESSAGE = 10_000
MAX_SOURCE = 500
MAX_TEXT = 200_000

_OUR_FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "server")

Relation = Literal["first", "cause", "context"]


def describe(exception: BaseException) -> Error:
    """The exception with its causes and contexts as data, and as Python prints it."""
    return Error(
        exceptions=tuple(_exception(link, relation) for link, relation in _chain(exception)),
        text=_text(exception),
    )


def own_traceback(tb: TracebackType | None) -> TracebackType | None:
    """The traceback without the frames of devtui and the import system that it begins with."""
    start = tb
    while start is not None and _is_ours(start.tb_frame.f_code.co_filename):
        start = start.tb_next
    return start if start is not None else tb


def _is_ours(file: str) -> bool:
    return file.startswith(("<frozen importlib", _OUR_FOLDER + os.sep))


def _chain(exception: BaseException) -> Iterator[tuple[BaseException, Relation]]:
    """The exception, then what it came from, as Python would print them; loops are cut."""
    seen: set[int] = set()
    link: BaseException | None = exception
    relation: Relation = "first"
    while link is not None and id(link) not in seen and len(seen) < MAX_EXCEPTIONS:
        seen.add(id(link))
        yield link, relation
        if link.__cause__ is not None:
            link, relation = link.__cause__, "cause"
        elif link.__context__ is not None and not link.__suppress_context__:
            link, relation = link.__context__, "context"
        else:
            link = None


def _exception(exception: BaseException, relation: Relation, depth: int = 0) -> ExceptionData:
    members = _attribute(exception, "exceptions")
    if not isinstance(members, tuple) or depth > 3:
        members = ()
    notes = _attribute(exception, "__notes__")
    return ExceptionData(
        type=_type_name(exception),
        message=_message(exception),
        notes=tuple(_shown(note) for note in notes[:20])
        if isinstance(notes, (list, tuple))
        else (),
        frames=tuple(_frames(exception)),
        relation=relation,
        exceptions=tuple(
            _exception(member, "first", depth + 1)
            for member in members[:MAX_EXCEPTIONS]
            if isinstance(member, BaseException)
        ),
    )


def _type_name(exception: BaseException) -> str:
    kind = type(exception)
    if kind.__module__ in ("builtins", "__main__"):
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"


def _attribute(exception: BaseException, name: str) -> object:
    """An attribute that a class may have made a property which raises; None where there is none."""
    try:
        return getattr(exception, name, None)
    except Exception:
        return None


def _message(exception: BaseException) -> str:
    return _shown(exception.msg if isinstance(exception, SyntaxError) else exception)


def _shown(value: object) -> str:
    """The text of something that may refuse to be shown."""
    try:
        return str(value)[:MAX_MESSAGE]
    except Exception as error:
        return f"<it cannot be shown: its __str__ raised {type(error).__name__}>"


def _frames(exception: BaseException) -> Iterator[Frame]:
    found = list(traceback.walk_tb(own_traceback(exception.__traceback__)))
    if len(found) > MAX_FRAMES:  # an endless recursion: its beginning and its end tell it
        found = found[: MAX_FRAMES // 2] + found[-MAX_FRAMES // 2 :]
    for frame, line in found:
        code = frame.f_code
        linecache.checkcache(code.co_filename)
        source = linecache.getline(code.co_filename, line, frame.f_globals).strip()
        yield Frame(
            file=code.co_filename,
            line=line or 0,
            function=getattr(code, "co_qualname", code.co_name),
            source=source[:MAX_SOURCE],
            own=is_own(code.co_filename),
        )
    if isinstance(exception, SyntaxError) and exception.filename:
        yield _place(exception)


def _place(error: SyntaxError) -> Frame:
    """Where the parser stopped: no frame stands there, and it is the place one wants to see.

    Libraries raise SyntaxErrors of their own, with whatever they have for a place.
    """
    file = _shown(error.filename)
    line: object = error.lineno
    return Frame(
        file=file,
        line=line if isinstance(line, int) and 0 <= line < 2**31 else 0,
        function="",
        source=_shown(error.text or "").strip()[:MAX_SOURCE],
        own=is_own(file),
    )


def _text(exception: BaseException) -> str:
    try:
        lines = traceback.TracebackException(
            type(exception), exception, own_traceback(exception.__traceback__), compact=True
        ).format()
        text = ""
        for line in lines:
            text += line
            if len(text) > MAX_TEXT:
                return text[:MAX_TEXT] + "\n… (the rest is left out)\n"
        return text
    except Exception as error:
        name = type(error).__name__
        return f"{_type_name(exception)}: {_message(exception)}\n({name} while printing it)\n"
