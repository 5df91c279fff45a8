"""Bars that show when something happened in a request."""

from __future__ import annotations

from collections.abc import Iterable

from devtui.session.calls.own_time import Span

_HEIGHTS = " ▁▂▃▄▅▆▇█"


def bar(spans: Iterable[Span], total_ms: float, width: int) -> str:
    """Return `width` cells; the height of each is the share of its time that the spans cover."""
    cell = total_ms / width
    if cell <= 0:
        return " " * width
    taken = [0.0] * width
    seen = [False] * width
    for start, end in spans:
        first = min(max(int(start / cell), 0), width - 1)
        last = min(max(int(end / cell), first), width - 1)
        seen[first] = True
        for at in range(first, last + 1):
            part = min(end, (at + 1) * cell) - max(start, at * cell)
            taken[at] += max(part, 0.0)
            seen[at] = seen[at] or part > 0
    highest = len(_HEIGHTS) - 1
    return "".join(
        _HEIGHTS[min(max(round(time / cell * highest), 1), highest)] if is_seen else " "
        for time, is_seen in zip(taken, seen, strict=True)
    )


def mark(at_ms: float, total_ms: float, width: int, sign: str) -> str:
    """Return `width` cells with a sign at this moment."""
    at = int(at_ms / total_ms * width) if total_ms > 0 else 0
    at = min(max(at, 0), width - 1)
    return " " * at + sign + " " * (width - at - 1)
