"""Calls of one request in groups: the same text from the same line."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from devtui.events import Call, RequestFinished
from devtui.text.secrets import MASK

REPEATED = 5
"""A call is a repeat if one request makes it at least this often: the N+1 pattern."""


# Outside of quotes these stand for values that were cut, or for objects without a literal.
_NOT_SHOWN = ("...", "…", "<")
_QUOTED = re.compile(r"""'(?:[^'\\]|\\.)*(?:'|\Z)|"(?:[^"\\]|\\.)*(?:"|\Z)""", re.DOTALL)


class CallGroup(msgspec.Struct, frozen=True):
    """The calls of one request that have the same kind, text and line, in their order."""

    calls: tuple[Call, ...]

    @property
    def first(self) -> Call:
        """The earliest of the calls."""
        return self.calls[0]

    @property
    def count(self) -> int:
        """How many calls there are."""
        return len(self.calls)

    @property
    def duration_ms(self) -> float:
        """How long all of them took."""
        return sum(call.duration_ms for call in self.calls)

    @property
    def duplicates(self) -> int:
        """How many of the calls have the parameters of an earlier one, if those are shown."""
        if _is_partial(self.first.text):
            return 0
        shown = [call.parameters for call in self.calls if _is_shown(call.parameters)]
        return len(shown) - len(set(shown))

    @property
    def is_repeat(self) -> bool:
        """Whether it is worth a warning. It is normal to render a template many times."""
        return self.count >= REPEATED and self.first.kind != "template"


def left_out(finished: RequestFinished) -> int:
    """Return how many calls of a request were only counted."""
    return max(sum(one.count for one in finished.call_totals) - len(finished.calls), 0)


def _is_partial(text: str) -> bool:
    """Whether calls of this text may be of different ones: it was cut, or a URL has secrets."""
    return MASK in text or text.endswith("…")


def _is_shown(parameters: str) -> bool:
    """Whether the text shows all parameters, and all of each."""
    # Parts of a text may be masked. A text that was cut ends with a mark instead of a quote.
    if _is_partial(parameters):
        return False
    bare = _QUOTED.sub("", parameters)
    return not any(mark in bare for mark in _NOT_SHOWN)


def groups_of(calls: Iterable[Call]) -> list[CallGroup]:
    """Group the calls of one request; the groups are in the order of their first calls."""
    found: dict[tuple[str, str, str, int], list[Call]] = {}
    for call in calls:
        found.setdefault((call.kind, call.text, call.file, call.line), []).append(call)
    return [CallGroup(tuple(same)) for same in found.values()]


def repeats_of(calls: Iterable[Call]) -> list[CallGroup]:
    """Return the repeats among the calls of one request, the most frequent first."""
    found = [group for group in groups_of(calls) if group.is_repeat]
    return sorted(found, key=lambda group: (-group.count, -group.duration_ms))
