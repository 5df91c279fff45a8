"""Find the times in which the app itself worked: those that no call covers."""

from __future__ import annotations

from collections.abc import Iterable

from devtui.events import Call

Span = tuple[float, float]
"""The beginning and the end of a time, in milliseconds after the start of the request."""


def covered(calls: Iterable[Call], total_ms: float) -> list[Span]:
    """Return the times in which at least one call ran, in order and without overlaps.

    Rendering a template is the app's own work, so templates do not count.
    """
    spans = sorted(
        (min(max(call.start_ms, 0.0), total_ms), min(call.start_ms + call.duration_ms, total_ms))
        for call in calls
        if call.kind != "template"
    )
    found: list[Span] = []
    for start, end in spans:
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        elif end > start:
            found.append((start, end))
    return found


def gaps(busy: Iterable[Span], total_ms: float) -> list[Span]:
    """Return the times between the spans, from the start of the request to its end."""
    found: list[Span] = []
    at = 0.0
    for start, end in busy:
        if start > at:
            found.append((at, start))
        at = end
    if total_ms > at:
        found.append((at, total_ms))
    return found
