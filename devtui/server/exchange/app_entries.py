"""Name the functions of ours below which the app's frames begin."""

from __future__ import annotations

from types import CodeType

from devtui.server.exchange.middleware import (
    RecordedBody,
    RecordExchange,
    ReportedBody,
    ReportErrors,
)

ENTRIES: frozenset[CodeType] = frozenset(
    function.__code__
    for function in (
        RecordExchange.__call__,
        RecordedBody.__next__,
        RecordedBody.close,
        ReportErrors.__call__,
        ReportedBody.__next__,
        ReportedBody.close,
    )
)
"""The code of ours that calls the app. Frames outside of it are the server's."""
