"""The differences between a request and the one that it repeats, as the verbs tell them."""

from __future__ import annotations

from typing import Any

from devtui.control.verbs.verb import VerbCall
from devtui.session.replay.comparison import total_words
from devtui.session.store.request_record import Request


def differences(call: VerbCall, found: Request, *, reveal: bool) -> dict[str, Any] | None:
    """Describe the comparison; None if the request repeats none, or if an answer is gone."""
    comparison = call.session.replays.comparison(found)
    if comparison is None:
        return None
    changes = []
    for change in comparison.changes:
        before, after = change.values(reveal)
        changes.append(
            {"part": change.part, "place": change.place, "before": before, "after": after}
        )
    return {
        "verdict": comparison.verdict,
        "changes": changes,
        "calls": [total_words(total) for total in comparison.call_totals],
        "duration_ms": [comparison.before.duration_ms, comparison.after.duration_ms],
        "ignored_count": comparison.ignored_count,
        "left_out": comparison.left_out,
    }
