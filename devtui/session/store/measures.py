"""The facts, duration and size of each kind of row, for filters, sort orders and rules."""

from __future__ import annotations

from devtui.events import AppFailed, LogWritten, Reloaded
from devtui.filters.facts import CALL_KINDS, NO_MEASURES, UNKNOWN, Facts, Measures
from devtui.session.store.error_groups import ErrorGroup
from devtui.session.store.log_entry import LogEntry
from devtui.session.store.request_record import Request

_ERROR_LEVELS = ("error", "critical")
_NO_CALLS = (0,) * len(CALL_KINDS)
_OF_ERRORS = Measures(Facts(failed=True))


def measures_of(item: object) -> Measures:
    """Return what filters, sort orders and rules read of a row besides its text."""
    match item:
        case Request():
            return _of_request(item)
        case LogEntry():
            return _of_log(item, item.severity)
        case LogWritten():
            return _of_log(item, (item.level or "").lower())
        case Reloaded() | AppFailed():
            return Measures(Facts(), item.duration_ms)
        case ErrorGroup():
            return _OF_ERRORS
    return NO_MEASURES


def _of_log(item: LogEntry | LogWritten, level: str) -> Measures:
    logger, failed = (item.logger or "").lower(), level in _ERROR_LEVELS
    return Measures(Facts(stream=item.stream, level=level, logger=logger, failed=failed))


def _of_request(item: Request) -> Measures:
    row = item.row
    method = row.method.lower()
    if row.ended_at is None:
        return Measures(Facts(method=method, failed=bool(item.errors)), UNKNOWN, UNKNOWN)
    failed = row.status is None or row.status >= 500 or bool(item.errors)
    counts = {one.kind: one.count for one in row.calls}
    calls = tuple(counts.get(kind, 0) for kind in CALL_KINDS) if counts else _NO_CALLS
    facts = Facts(method=method, status=row.status or 0, failed=failed, calls=calls)
    return Measures(facts, row.duration_ms, row.size_bytes)
