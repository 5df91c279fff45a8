"""Find the differences between two bodies: JSON by structure, text by line, others by digest."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from msgspec import structs

from devtui.events import Body
from devtui.session.replay.change import Change, Part, around
from devtui.session.replay.ignores import DJANGOS_TRACEBACK, Ignores, line_rule
from devtui.session.replay.json_changes import json_changes
from devtui.text import masking
from devtui.text.formats import count

MAX_LINES = 2_000

# Django's error page ends with the request, which contains the client's port.
_DJANGOS_REQUEST = '<div id="requestinfo">'


def body_changes(
    before: Body | None, after: Body | None, ignores: Ignores
) -> Iterator[Change | None]:
    """Yield what differs; None for each difference that is ignored."""
    first, second = _text(before), _text(after)
    if first is None or second is None:
        yield from _by_digest(before, after)
        return
    if first != second:
        try:
            changes = list(json_changes(first, second, ignores))
        except (ValueError, RecursionError):
            yield from _lines_that_are_no_json(first, second, before, after, ignores)
        else:
            yield from changes
    elif _digest(before) != _digest(after) and DJANGOS_TRACEBACK not in first:
        # the recorded beginnings are the same
        yield from _by_digest(before, after)


def _lines_that_are_no_json(
    first: str, second: str, before: Body | None, after: Body | None, ignores: Ignores
) -> Iterator[Change | None]:
    """Compare by line: HTML, masked XML, the beginning of JSON that may hold secrets."""
    masked = [_masked(text, body) for text, body in ((first, before), (second, after))]
    if masked[0] != masked[1]:
        yield from line_changes(masked[0].splitlines(), masked[1].splitlines(), ignores, "body")
        return
    for change in line_changes(first.splitlines(), second.splitlines(), ignores, "body"):
        # A rule would have a part of what is secret.
        yield change and structs.replace(change, secret=True, rule="")


def _masked(text: str, body: Body | None) -> str:
    kind = "" if body is None else body.content_type
    return text if "html" in kind.lower() else masking.body(text, kind)


def is_same_beginning(before: Body | None, after: Body | None) -> bool:
    """Whether only the beginnings were compared, and the sizes except in Django's error page.

    They are the same, apart from what is ignored in that page.
    """
    if before is None or after is None or not before.truncated or not after.truncated:
        return False
    if all(DJANGOS_TRACEBACK in (body.text or "") for body in (before, after)):
        return _digest(before) != _digest(after) or not before.digest
    if before.digest or after.digest:
        return False
    return (before.size_bytes, before.text) == (after.size_bytes, after.text)


def _text(body: Body | None) -> str | None:
    """Return the text. XML and forms are masked: single lines do not show what is secret."""
    if body is None:
        return ""
    kind = body.content_type.lower()
    if body.text is not None and "html" in kind:
        page, marker, _ = body.text.partition(_DJANGOS_REQUEST)
        return page if marker and DJANGOS_TRACEBACK in page else body.text
    if body.text is None or "json" in kind or body.text[:1] in ("{", "["):
        return body.text
    return _masked(body.text, body)


def _digest(body: Body | None) -> tuple[int, str]:
    return (0, "") if body is None else (body.size_bytes, body.digest)


def _by_digest(before: Body | None, after: Body | None) -> Iterator[Change]:
    if _digest(before) != _digest(after):
        yield Change("body", "content", _described(before), _described(after))


def _described(body: Body | None) -> str | None:
    if body is None:
        return None
    size = count(body.size_bytes, "byte")
    return f"{size}, {body.digest[:12]}" if body.digest else size


# -- text --------------------------------------------------------------------------------------


def line_changes(
    before: Sequence[str], after: Sequence[str], ignores: Ignores, part: Part
) -> Iterator[Change | None]:
    """Yield what differs between two texts, line by line; None where it is ignored."""
    first, second = (lines[:MAX_LINES] for lines in (before, after))
    plain = ignores.lines(first), ignores.lines(second)
    for number, one, other, same in _pairs(first, second, plain):
        if same:
            if one != other:
                yield None
            continue
        rule = line_rule(one, other) if one is not None and other is not None else ""
        yield Change(part, f"line {number}", *around(one, other), rule)
    if len(before) != len(after) and max(len(before), len(after)) > MAX_LINES:
        yield Change(part, "length", count(len(before), "line"), count(len(after), "line"))


def _pairs(
    first: Sequence[str], second: Sequence[str], plain: tuple[list[str], list[str]]
) -> Iterator[tuple[int, str | None, str | None, bool]]:
    """Yield the number of a line, both texts of it, and whether they count as the same."""
    for _, start, end, to_start, to_end in difflib.SequenceMatcher(None, *plain).get_opcodes():
        for at in range(max(end - start, to_end - to_start)):
            mine, its = start + at, to_start + at
            one = first[mine] if mine < end else None
            other = second[its] if its < to_end else None
            both = one is not None and other is not None
            # The matcher skips lines that are frequent in a long text, such as empty ones.
            same = both and plain[0][mine] == plain[1][its]
            yield (mine if one is not None else its) + 1, one, other, same
