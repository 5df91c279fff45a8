"""Describe where an error came from, for the line below its message."""

from __future__ import annotations

from devtui.dashboard.panes.handled import is_fixed, is_handled
from devtui.session.store.error_groups import ErrorEntry, ErrorGroup
from devtui.session.store.store import Store
from devtui.text import masking
from devtui.text.formats import clock_time
from devtui.text.sanitize import visible

_ORIGINS = {
    "request": "while answering a request",
    "logging": "logged",
    "thread": "in a thread",
    "uncaught": "uncaught",
    "unraisable": "ignored by Python, which could not raise it",
    "load": "while the app was loading",
}


def origin_words(entry: ErrorEntry, group: ErrorGroup | None, store: Store, reveal: bool) -> str:
    """Return the request or another origin, the generation, and the count of its group."""
    where = _ORIGINS.get(entry.origin, entry.origin)
    request = store.request(entry.request_id)
    if request is not None:
        row = request.row
        where = visible(f"{row.method} {masking.target(row.target, reveal)}", 300)
    words = [where, f"generation {entry.generation}"]
    if is_fixed(entry, store):
        words[0] += ", fixed since"
    elif is_handled(entry, store):
        words.insert(1, "logged, and handled")
    if group is not None and group.count > 1:
        first, last = clock_time(group.first_at), clock_time(group.last_at)
        words.append(f"{group.count:,} times, first {first}, last {last}")
    return "  ·  ".join(words)
