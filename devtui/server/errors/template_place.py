"""Find what frames do not show of errors in Django's templates: the line, or the missing file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FrameType, TracebackType

import msgspec

from devtui.events import Frame
from devtui.server.errors import frame_data
from devtui.server.errors.attributes import own_dict
from devtui.server.errors.frame_data import SourceLines
from devtui.server.guest.own_code import is_own
from devtui.text.formats import count

_TEMPLATES = "django.template"
_MISSING = "django.template.exceptions", "TemplateDoesNotExist"
_TAGS, _RENDERS = "django.template.base", "render_annotated"


MAX_PATHS = 5


class TemplatePlace(msgspec.Struct, frozen=True):
    """A place in a template as a frame, which follows that many `entries` of the traceback.

    `live` is the frame with the template's context, if any. A template that cannot be parsed has no
    context yet.
    """

    frame: Frame
    live: FrameType | None
    entries: int


def of(
    exception: BaseException, entries: list[TracebackType], sources: SourceLines
) -> TemplatePlace | None:
    """Return the place in the user's template, None if no template has led to the error."""
    if _TEMPLATES not in sys.modules:
        return None
    # Django notes the place for its own page, while the engine is in debug mode.
    noted = own_dict(exception).get("template_debug")
    if type(noted) is not dict:
        return None
    rendering = _rendering(entries)
    if _ends_in_template(entries):
        position = len(entries)
    elif rendering is not None:  # the template has called code of the user's
        position = rendering + 1
    else:
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
    live = None if rendering is None else entries[rendering].tb_frame
    return TemplatePlace(place, live, position)


def _rendering(entries: list[TracebackType]) -> int | None:
    """Return the number of the innermost entry that renders a tag, None if there is none.

    The variables of its frame are the tag and the context.
    """
    for number in range(len(entries) - 1, -1, -1):
        frame = entries[number].tb_frame
        if frame.f_code.co_name == _RENDERS and _module(frame) == _TAGS:
            return number
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
    """Return the columns of the tag, None if the file has changed since."""
    before, tag = noted.get("before"), noted.get("during")
    if type(before) is not str or type(tag) is not str or not raw.startswith(before + tag):
        return None
    return len(before), len(before) + len(tag)


def looked_for(exception: BaseException) -> str:
    """Say where Django has looked for a missing template; empty for any other error."""
    module, name = _MISSING
    kind = vars(sys.modules[module]).get(name) if module in sys.modules else None
    if type(exception) is not kind:
        return ""
    names = list(dict.fromkeys(_tried(exception)))
    own = [path for path in names if is_own(path)]
    others = len(names) - len(own)
    if own:
        more = f", and in {count(others, 'more place')}" if others else ""
        return f"Django looked for {', '.join(own[:MAX_PATHS])}{more}."
    if others:
        return (
            f"Django looked in {count(others, 'place')}, and none in the project: "
            "see INSTALLED_APPS, and DIRS of TEMPLATES, in the settings."
        )
    return ""


def _tried(exception: BaseException) -> Iterator[str]:
    """Yield the files that Django has tried, by each of its engines."""
    chain = own_dict(exception).get("chain")
    for link in (exception, *(chain if type(chain) is list else ())):
        tried = own_dict(link).get("tried")
        for one in tried if type(tried) is list else ():
            path = own_dict(one[0]).get("name") if type(one) is tuple and one else None
            if type(path) is str:
                yield path
