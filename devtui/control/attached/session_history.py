"""Turn what a session has stored back into events, with a bound."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import msgspec
from msgspec import structs

from devtui.events import (
    AnyEvent,
    AppFailed,
    ErrorRaised,
    LogWritten,
    Reloaded,
    ServerExited,
    encode,
)
from devtui.session.store.error_groups import ErrorEntry
from devtui.session.store.log_entry import LogEntry
from devtui.session.store.request_record import Request
from devtui.session.store.ring import Ring
from devtui.session.store.store import Store

MAX_REQUESTS = 2_000
MAX_LINES = 3_000
MAX_ERRORS = 300
MAX_RELOADS = 200

MAX_DETAILS_BYTES = 3 * 1024 * 1024
"""How many bytes of headers, bodies and calls are sent: those of the newest requests."""

MAX_BYTES = 5 * 1024 * 1024
"""How many bytes each of the three parts may have: the oldest rows are left out."""

MAX_EVENT_BYTES = 1024 * 1024
"""How large an event may be. Characters that are escaped could make a line six times as long."""

T = TypeVar("T")


class History(msgspec.Struct, frozen=True):
    """Encoded events, and the ids of the requests whose headers, bodies and calls are left out."""

    events: tuple[msgspec.Raw, ...]
    without_details: tuple[str, ...]


def history_of(store: Store) -> History:
    """Return the newest rows of each pane as events, in an order in which they can be taken in.

    It does not let the loop run, for some tens of milliseconds: if the store changed meanwhile,
    parts of it would be sent twice.
    """
    requests = _newest(store.requests, MAX_REQUESTS)
    detailed = _detailed(requests)
    parts = (
        # A comparison of two requests reads what both have logged, so the log comes first.
        map(_lines, reversed(_newest(store.log, MAX_LINES))),
        (_events(one, whole=one.id in detailed) for one in reversed(requests)),
        ((one,) for one in reversed(_errors_and_reloads(store))),
    )
    return History(
        tuple(line for rows in parts for line in _encoded(rows)),
        tuple(one.id for one in requests if not one.running and one.id not in detailed),
    )


def _encoded(rows: Iterable[Iterable[AnyEvent]]) -> list[msgspec.Raw]:
    """Encode the events of rows that come newest first, until there is no room for a row."""
    room, kept = MAX_BYTES, []
    for row in rows:
        lines = [msgspec.Raw(encode(event)[:-1]) for event in row]
        sizes = [memoryview(line).nbytes for line in lines]
        if max(sizes) > MAX_EVENT_BYTES:
            continue
        room -= sum(sizes)
        if room < 0:
            break
        kept.append(lines)
    return [line for lines in reversed(kept) for line in lines]


def _newest(ring: Ring[T], most: int) -> Sequence[T]:
    # A ring has slots without an item, so there are at least as many numbers as items.
    found: list[T] = []
    for number in range(ring.end - 1, ring.first - 1, -1):
        if number not in ring.left:
            found.append(ring[number])
            if len(found) == most:
                break
    return found[::-1]


def _lines(entry: LogEntry) -> Iterator[LogWritten]:
    first = LogWritten(
        at=entry.at,
        generation=entry.generation,
        stream=entry.stream,
        text=entry.first,
        logger=entry.logger,
        level=entry.level,
        request_id=entry.request_id,
    )
    yield first
    for line in entry.more or ():
        yield structs.replace(first, text=line, continues=True)


def _detailed(requests: Sequence[Request]) -> set[str]:
    """Return the ids of the newest requests whose details fit the bound."""
    room, found = MAX_DETAILS_BYTES, set()
    for request in reversed(requests):
        room -= request.details_bytes
        if room < 0:
            break
        if not request.details_dropped:
            found.add(request.id)
    return found


def _events(request: Request, *, whole: bool) -> Iterator[AnyEvent]:
    yield request.started
    finished = request.finished
    if finished is None:
        return
    if not whole:
        finished = structs.replace(
            finished, response_headers=(), request_body=None, response_body=None, calls=()
        )
    yield finished


def _errors_and_reloads(store: Store) -> list[AnyEvent]:
    reloads = _newest(store.reloads, MAX_RELOADS)
    # A load that failed with nothing served is a row of both panes, and one event.
    both = {one.error_id or one.at for one in reloads if isinstance(one, AppFailed)}
    errors = (
        one
        for one in _newest(store.errors, MAX_ERRORS)
        if not (one.origin == "load" and (one.error_id or one.at) in both)
    )
    found: list[AnyEvent] = [*map(_error, errors), *map(_reload, reloads)]
    return sorted(found, key=lambda event: event.at)


def _error(entry: ErrorEntry) -> AnyEvent:
    if entry.origin == "load":
        return AppFailed(
            at=entry.at,
            generation=entry.generation,
            reload=True,
            message="",
            error=entry.error,
            duration_ms=0.0,
            error_id=entry.error_id,
        )
    return ErrorRaised(
        at=entry.at,
        generation=entry.generation,
        error=entry.error,
        origin=entry.origin,  # type: ignore[arg-type]  # it came with an event
        request_id=entry.request_id,
        error_id=entry.error_id,
    )


def _reload(row: Reloaded | AppFailed | ServerExited) -> AnyEvent:
    return structs.replace(row, sources=()) if isinstance(row, AppFailed) else row
