"""The calls in a request's row: how many, how long they took, and a mark for repeats."""

from __future__ import annotations

from collections.abc import Set

from devtui.dashboard.widgets.cells import Row, right
from devtui.filters.facts import CALL_KINDS
from devtui.session.calls.packed_calls import CallCount
from devtui.session.store.request_record import RequestRow
from devtui.text import formats

FROM_WIDTH = 70
"""The narrowest row that shows calls."""

TIMES_FROM_WIDTH = 90
"""The narrowest row that shows how long they took."""

TWO_KINDS_FROM_WIDTH = 150
"""The narrowest row that shows calls of two kinds."""

_COUNT_WIDTH = 9
_SHORT_WIDTH = 10
_MARK_WIDTH = 5
_GAP = "  "


def has_column(kinds: Set[str], width: int) -> bool:
    """Whether rows of this width can show calls of these kinds.

    Most pages render templates, and narrow rows do not show those: the column would be empty.
    """
    return bool(kinds if width >= TWO_KINDS_FROM_WIDTH else kinds - {"template"})


def call_cells(request: RequestRow, width: int) -> Row:
    """Return the column for a row of this width: `12 sql  31 ms`, and `41×` for repeats.

    It has the same width for a request without calls. The most important kind comes first.
    Templates are shown only if there is room for them.
    """
    if width < FROM_WIDTH:
        return []
    counts = {one.kind: one for one in request.calls if one.count}
    kinds = [kind for kind in CALL_KINDS if kind in counts and kind != "template"]
    mark = ""
    if request.repeats:  # at least as many: not all calls were kept
        mark = f"{request.repeats:,}{'+' if request.calls_left_out else ''}×"
    if width < TIMES_FROM_WIDTH:
        return [*_short(counts[kinds[0]] if kinds else None, mark), (_GAP, "")]
    row: Row = [
        *_count_and_time(counts[kinds[0]] if kinds else None),
        (right(mark, _MARK_WIDTH + 1), "warn"),
        (_GAP, ""),
    ]
    if width >= TWO_KINDS_FROM_WIDTH:
        second = kinds[1] if len(kinds) > 1 else "template"
        row += [*_count_and_time(counts.get(second)), (_GAP, "")]
    return row


def _short(one: CallCount | None, mark: str) -> Row:
    """Return only the count, or how often a call was repeated."""
    if one is None:
        return [(" " * _SHORT_WIDTH, "")]
    if mark:
        return [(right(f"{mark} {one.kind}", _SHORT_WIDTH), "warn")]
    return [(right(f"{one.count:,} {one.kind}", _SHORT_WIDTH), "")]


def _count_and_time(one: CallCount | None) -> Row:
    """Return the count and the time of one kind, or as many blanks."""
    if one is None:
        return [(" " * (_COUNT_WIDTH + 1 + formats.DURATION_WIDTH), "")]
    kind = "tmpl" if one.kind == "template" else one.kind
    return [
        (right(f"{one.count:,} {kind}", _COUNT_WIDTH), ""),
        (right(formats.fine_duration(one.duration_ms), formats.DURATION_WIDTH + 1), "dim"),
    ]
