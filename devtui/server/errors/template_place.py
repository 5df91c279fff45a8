"""Find the line of a Django template that an error comes from: no frame names it."""

from __future__ import annotations

import sys
from types import FrameType, TracebackType

import msgspec

from devtui.events import Frame
from devtui.server.errors import frame_data
from devtui.server.errors.attributes import own_dict
from devtui.server.errors.frame_data import SourceLines
from devtui.server.guest.own_code import is_own

_TEMPLATES = "django.template"
_TAGS, _RENDERS = "django.template.base", "render_annotated"


class TemplatePlace(msgspec.Struct, frozen=True):
    """A place in a template as a frame. `live` is the one that has the template's context, if any.

    A template that cannot be parsed has no context yet.
    """

    frame: Frame
    live: FrameType | None


def of(
    exception: BaseException, entries: list[TracebackType], sources: SourceLines
) -> TemplatePlace | None:
    """Return the place in the user's template, None if the error is not from there.

    It is not if the template has called code of the user's, which is nearer to the error.
    """
    if _TEMPLATES not in sys.modules:
        return None
    # Django notes it for its own page, while the engine is in debug mode.
    noted = own_dict(exception).get("template_debug")
    if type(noted) is not dict or not _ends_in_template(entries):
        return None
    file, line = noted.get("name"), noted.get("line")
    if type(file) is not str or type(line) is not int or line < 1 or not is_own(file):
        return None
    raw = sources.line(file, line)
    context, start = sources.around(file, line)
    place = Frame(
        file=file,
        line=line,
        function="",
        source=raw.strip()[: frame_data.MAX_SOURCE],
        own=True,
        marked=frame_data.marked_part(raw, _columns(noted, raw)),
        context=context,
        context_start=start,
    )
    return TemplatePlace(place, _rendering(entries))


def _rendering(entries: list[TracebackType]) -> FrameType | None:
    """Return the innermost frame that renders a tag; its variables are the tag and the context."""
    for entry in reversed(entries):
        frame = entry.tb_frame
        if frame.f_code.co_name == _RENDERS and _module(frame) == _TAGS:
            return frame
    return None


def _ends_in_template(entries: list[TracebackType]) -> bool:
    """Whether Django's templates were at work after the user's innermost code."""
    for entry in reversed(entries):
        if is_own(entry.tb_frame.f_code.co_filename):
            return False
        if f"{_module(entry.tb_frame)}.".startswith(f"{_TEMPLATES}."):
            return True
    return False


def _module(frame: FrameType) -> str:
    module = frame.f_globals.get("__name__")
    return module if type(module) is str else ""


def _columns(noted: dict[str, object], raw: str) -> tuple[int, int] | None:
    """Return the columns of the tag, None if the file has another text by now."""
    before, tag = noted.get("before"), noted.get("during")
    if type(before) is not str or type(tag) is not str or not raw.startswith(before + tag):
        return None
    return len(before), len(before) + len(tag)
