"""Tell which errors the app has handled, and which are fixed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from devtui.events import ExceptionData
from devtui.session.store.error_groups import ErrorEntry
from devtui.session.store.request_record import Request
from devtui.session.store.store import Store

_LATEST = 50
"""How many errors are searched for one that does not belong to a request."""


def find_error(raised: ExceptionData, request_id: str | None, store: Store) -> ErrorEntry | None:
    """Return the newest error that may be the printed exception: of its request, if it has one."""
    request = store.request(request_id)
    candidates: Iterable[ErrorEntry] = (
        _latest(store) if request is None else reversed(errors_of(request, store))
    )
    name = _name(raised)
    for entry in candidates:
        first = entry.error.exceptions[0] if entry.error.exceptions else None
        if first is not None and _name(first) == name and _says(first, raised):
            return entry
    return None


def is_crash(raised: ExceptionData, request_id: str | None, store: Store) -> bool:
    """Whether the app has not handled a printed exception."""
    request = store.request(request_id)
    if request is not None and _failed(request):
        return True
    entry = find_error(raised, request_id, store)
    return entry is not None and entry.origin != "logging"


def is_handled(entry: ErrorEntry, store: Store) -> bool:
    """Whether the app has logged an error, and still answered the request."""
    if entry.origin != "logging":
        return False
    request = store.request(entry.request_id)
    return request is None or not _failed(request)


def is_fixed(entry: ErrorEntry, store: Store) -> bool:
    """Whether the app has been loaded since it failed to load with this error."""
    return entry.origin == "load" and entry.generation < store.loaded_generation


def errors_of(request: Request, store: Store) -> list[ErrorEntry]:
    """Return the errors of a request that the store still has."""
    errors = store.errors
    return [errors[number] for number in request.errors if errors.first <= number < errors.end]


def _latest(store: Store) -> Iterator[ErrorEntry]:
    errors = store.errors
    newest_first = (errors[number] for number in range(errors.end - 1, errors.first - 1, -1))
    return (entry for entry in islice(newest_first, _LATEST) if entry.request_id is None)


def _failed(request: Request) -> bool:
    row = request.row
    return row.ended_at is not None and (row.status is None or row.status >= 500)


def _name(exception: ExceptionData) -> str:
    return exception.type.rpartition(".")[2]


def _says(one: ExceptionData, other: ExceptionData) -> bool:
    lines = (one.message.partition("\n")[0], other.message.partition("\n")[0])
    return lines[0][:200] == lines[1][:200]
