"""Calls of one request in groups: the same text from the same line."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from devtui.events import Call
from devtui.text.secrets import MASK

REPEATED = 5
"""A call is repeated if one request makes it at least so often: the N+1 pattern."""


# Outside of texts: what stands for values that may differ. They were cut, or are other objects.
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
        shown = [call.parameters for call in self.calls if _is_shown(call.parameters)]
        return len(shown) - len(set(shown))

    @property
    def is_repeat(self) -> bool:
        """Whether it is worth a warning. A template may be rendered as often as it likes."""
        return self.count >= REPEATED and self.first.kind != "template"


def _is_shown(parameters: str) -> bool:
    """Whether these are all of the parameters, as they were."""
    # A text can have masked parts. The end of a cut text is no quote but a mark.
    if MASK in parameters or parameters.endswith("…"):
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
