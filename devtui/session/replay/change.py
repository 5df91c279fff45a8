"""One difference between two responses to the same request, or between two requests."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from devtui.text import masking
from devtui.text.formats import cut
from devtui.text.secrets import MASK

Part: TypeAlias = Literal["request", "status", "headers", "body", "calls", "output"]

# `Location` and `Referer` are URLs.
_WITH_URLS = ("headers", "request")

MAX_CHANGES = 200
"""How many differences of each part are kept."""

MAX_VALUE = 300
"""How many characters of a value are kept."""

_AROUND = 40


class Change(msgspec.Struct, frozen=True):
    """One difference: the values `before` and `after`; None means that there was none.

    `place` is a header's name, a JSON path such as `$.items[2].price`, or the number of a line.
    `rule` is the rule that would ignore such changes, empty if there is none. With `secret` the
    values are masked until somebody reveals them.
    """

    part: Part
    place: str
    before: str | None
    after: str | None
    rule: str = ""
    secret: bool = False

    @property
    def news(self) -> str:
        """` new` or ` gone` if there is only one value, else an empty text."""
        if self.before is None:
            return " new"
        return " gone" if self.after is None else ""

    def values(self, reveal: bool) -> tuple[str | None, str | None]:
        """Return both values, masked if they are secret."""
        if reveal:
            return self.before, self.after
        before, after = (self._masked(value) for value in (self.before, self.after))
        return before, after

    def _masked(self, value: str | None) -> str | None:
        if value is None:
            return None
        if self.secret:
            return MASK
        if self.part in ("request", "body") and value.startswith(("{", "[", '"')):
            return masking.body(value, "application/json")
        return masking.target(value) if self.part in _WITH_URLS else value


def short(text: str) -> str:
    """Cut a value to `MAX_VALUE` characters."""
    return cut(text, MAX_VALUE)


def around(one: str | None, other: str | None) -> tuple[str | None, str | None]:
    """Return both lines, or the part around the difference if they are long."""
    if one is None or other is None:
        return (one if one is None else short(one)), (other if other is None else short(other))
    at = next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )
    start = max(at - _AROUND, 0) if max(len(one), len(other)) > 120 else 0
    mark = "…" if start else ""
    return short(mark + one[start:]), short(mark + other[start:])
