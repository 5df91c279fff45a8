"""devtui as it is, but that it counts the replayed events which its store takes in.

    python counted.py FILE [OPTIONS] [APP]

When it ends, the numbers are in FILE as JSON: events taken in, and events told to be dropped.
"""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

from devtui.events import AnyEvent, EventsDropped
from devtui.session.store.store import Store

counts = {"events": 0, "dropped": 0}
apply = Store.apply


def counting(store: Store, event: AnyEvent) -> None:
    """Take in an event, and count it where it was replayed."""
    name = getattr(event, "id", None) or getattr(event, "request_id", None) or ""
    if name.startswith("r"):
        counts["events"] += 1
    elif isinstance(event, EventsDropped):
        counts["dropped"] += event.count
    apply(store, event)


if __name__ == "__main__":
    file = Path(sys.argv.pop(1))
    Store.apply = counting  # type: ignore[assignment, method-assign]
    try:
        runpy.run_module("devtui", run_name="__main__", alter_sys=True)
    finally:
        file.write_text(json.dumps(counts))
