"""Names with their values as HTTP writes them, and the fields of a form that was sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import parse_qsl

from devtui.dashboard.lists.sections import MAX_LINE, Line, Section, bounded
from devtui.events import Body
from devtui.text import masking
from devtui.text.formats import count
from devtui.text.sanitize import visible

MAX_FIELDS = 1_000
MAX_NAME = 400

_PARAMETER = re.compile(r';\s*(name|filename)="([^"\r\n]{0,400})"', re.IGNORECASE)
_TYPE = re.compile(r"^content-type:[ \t]*([^\r\n]{1,200})", re.IGNORECASE | re.MULTILINE)
_REPLACED = "\N{REPLACEMENT CHARACTER}"
_HEAD_ENDS = ("\r\n\r\n", "\n\n")


def fields(title: str, pairs: Iterable[tuple[str, str]]) -> Section:
    """Return a section of `Name: value` lines, which are copied exactly so."""
    pairs = list(pairs)
    lines = bounded(
        Line(
            [(visible(name, MAX_NAME), "info"), (": ", "dim"), (visible(value, MAX_LINE), "")],
            indent=2,
            target=Field(name, value),
        )
        for name, value in pairs
    )
    return Section(title, lines, "\n".join(f"{name}: {value}" for name, value in pairs))


class Field(NamedTuple):
    """The name and the value of a line, both as they were sent."""

    name: str
    value: str


def form_of(body: Body | None, reveal: bool) -> list[Section]:
    """Return the fields of a form, urlencoded or multipart, in a section; nothing for others."""
    if body is None or not body.text:
        return []
    kind = body.content_type.lower()
    if "x-www-form-urlencoded" in kind:
        found = _urlencoded(body.text)
    elif "multipart/form-data" in kind:
        found = list(_multipart(body))
    else:
        return []
    section = fields("form", masking.parameters(found, reveal))
    if body.truncated:
        section.lines.append(Line([("… the rest of the form was not captured", "dim")]))
    return [section] if found else []


def _urlencoded(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:  # too many fields; the body itself is shown anyway
        return []


def _multipart(body: Body) -> Iterator[tuple[str, str]]:
    """Yield each field; a file by its name, size and type, without its content."""
    text = body.text or ""
    # Each replacement character stands for one or several bytes that are not text.
    lost = body.size_bytes - len(text.encode("utf-8", "replace"))
    boundary = text.partition("\n")[0].rstrip("\r")
    if not boundary.startswith("--") or len(boundary) > 300:
        return
    # The text may end within a part.
    parts = text.split(boundary)
    binary = sum(_REPLACED in part for part in parts)
    for part in parts[1 : MAX_FIELDS + 1]:
        ends = [(at, end) for end in _HEAD_ENDS if (at := part.find(end)) >= 0]
        if part.startswith("--") or not ends:
            continue
        at, end = min(ends)
        head = part[: min(at, 4_000)]
        value = part[at + len(end) :].removesuffix("\n").removesuffix("\r")
        names = {name.lower(): text for name, text in _PARAMETER.findall(head)}
        if "filename" in names:
            kind = _TYPE.search(head)
            size = len(value.encode("utf-8", "replace"))
            is_cut = body.truncated and part is parts[-1]
            if _REPLACED in value and binary == 1 and not body.truncated:
                size += lost
            elif _REPLACED in value:
                size, is_cut = len(value.replace(_REPLACED, "?").encode("utf-8", "replace")), True
            words = [names["filename"], ("at least " if is_cut else "") + count(size, "byte")]
            value = ", ".join([*words, kind[1].strip()] if kind else words)
        if "name" in names:
            yield names["name"], value
