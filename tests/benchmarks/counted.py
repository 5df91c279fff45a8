"""Run devtui, and count the replayed events that its store receives.

    python counted.py FILE [OPTIONS] [APP]

At the end, FILE has the numbers as JSON: events received, and events reported as dropped.
"""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

from devtui.events import (
    AnyEvent,
    ErrorRaised,
    EventsDropped,
    LogWritten,
    RequestFinished,
    RequestStarted,
)
from devtui.session.event_bus import EventBus
from devtui.session.store.store import Store

counts = {"events": 0, "dropped": 0}
subscribe_to = Store.subscribe_to


def counting(store: Store, bus: EventBus) -> None:
    """Subscribe the store, and then count the replayed events."""
    subscribe_to(store, bus)
    bus.listen(_count, RequestStarted, RequestFinished, LogWritten, ErrorRaised, EventsDropped)


def _count(event: AnyEvent) -> None:
    name = getattr(event, "id", None) or getattr(event, "request_id", None) or ""
    if name.startswith("r"):
        counts["events"] += 1
    elif isinstance(event, EventsDropped):
        counts["dropped"] += event.count


if __name__ == "__main__":
    file = Path(sys.argv.pop(1))
    Store.subscribe_to = counting  # type: ignore[assignment, method-assign]
    try:
        runpy.run_module("devtui", run_name="__main__", alter_sys=True)
    finally:
        file.write_text(json.dumps(counts))
