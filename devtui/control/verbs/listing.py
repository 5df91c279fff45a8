"""The verbs about rows: `requests`, `request`, `logs` and `stack`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, TypeVar

from devtui.control.protocol import UNKNOWN, Refused
from devtui.control.verbs import grouped_calls
from devtui.control.verbs.differences import differences
from devtui.control.verbs.errors import Last, id_of, query_of
from devtui.control.verbs.silent_server import why_silent
from devtui.control.verbs.verb import Arguments, VerbCall
from devtui.events import Body, Headers, LogWritten, RoutesShown, StackShown
from devtui.filters.query import Query
from devtui.session.inspection import Question
from devtui.session.store.log_entry import LogEntry
from devtui.session.store.measures import measures_of
from devtui.session.store.request_record import Request
from devtui.session.store.ring import Ring
from devtui.text import masking, secrets
from devtui.text.sgr import plain

T = TypeVar("T")
Shown = TypeVar("Shown", StackShown, RoutesShown)

MAX_FOLLOWED = 2_000
"""How many lines wait for a client that reads slowly; further ones are dropped and counted."""

# After this many rows the event loop gets a turn.
_ROWS_AT_ONCE = 500
_MAX_ENTRIES = 200
_ANSWER_SECONDS = 5.0
_MAX_SEEN = 500


class Requests(Arguments, frozen=True):
    """The newest requests that the filter keeps, the newest last."""

    filter: str = ""
    last: Last = 20
    reveal: bool = False


class OneRequest(Arguments, frozen=True):
    """The request of that id, or the newest for `last`."""

    id: str
    reveal: bool = False


class Logs(Arguments, frozen=True):
    """The newest entries of the log that the filter keeps, and with `follow` further lines."""

    filter: str = ""
    last: Last = 50
    follow: bool = False
    reveal: bool = False


async def requests(call: VerbCall) -> dict[str, Any]:
    """List requests."""
    arguments: Requests = call.arguments
    query = query_of(arguments.filter, "requests")
    store = call.session.store
    found = []
    async for request in _from_newest(store.requests):
        row = request.row
        text = f"{row.method} {row.target} {row.status or ''} {row.cut}"
        if query.keeps(text.lower(), measures_of(request)):
            found.append(_row(request, arguments.reveal))
            if len(found) == arguments.last:
                break
    return {"requests": found[::-1], "total": store.requests.end}


async def request(call: VerbCall) -> dict[str, Any]:
    """Describe one request: headers, bodies, log, errors, calls, what differs from the first."""
    arguments: OneRequest = call.arguments
    found = find_request(call, arguments.id)
    return {
        **everything(call, found, reveal=arguments.reveal),
        "replay_of": found.row.replay_of,
        "differences": differences(call, found, reveal=arguments.reveal),
    }


async def logs(call: VerbCall) -> dict[str, Any]:
    """List entries of the log, or send them one by one and follow it."""
    arguments: Logs = call.arguments
    query = query_of(arguments.filter, "log")
    lines: asyncio.Queue[LogWritten] = asyncio.Queue(MAX_FOLLOWED)
    dropped = 0

    def hear(line: LogWritten) -> None:
        nonlocal dropped
        if lines.full():
            dropped += 1
        else:
            lines.put_nowait(line)

    with call.news.listening(hear, LogWritten):
        found = []
        async for entry in _from_newest(call.session.store.log, call.session.store.log.end):
            if _keeps(query, entry, call):
                found.append(_entry(entry, arguments.reveal))
                if len(found) == arguments.last:
                    break
        if not arguments.follow:
            return {"logs": found[::-1], "total": call.session.store.log.end}
        for one in reversed(found):
            await call.tell(one)
        while True:
            line = await lines.get()
            if dropped:
                await call.tell({"dropped": dropped})
                dropped = 0
            if _keeps(query, line, call):
                await call.tell(_line(line, arguments.reveal))


async def stack(call: VerbCall) -> dict[str, Any]:
    """Say where a running request stands."""
    arguments: OneRequest = call.arguments
    found = find_request(call, arguments.id, running=True)
    shown = await _answer(call, call.session.questions.show_stack(found.started))
    if not shown.running:
        raise Refused(f"The request {found.id} has ended: devtui ctl request {found.id}")
    return {
        "request": _row(found, reveal=False),
        "thread": shown.thread,
        "frames": shown.frames,
        "frames_left_out": shown.frames_left_out,
    }


async def routes(call: VerbCall) -> dict[str, Any]:
    """List the app's routes, or else what was requested."""
    shown = await _answer(call, call.session.questions.show_routes())
    if shown.framework:
        return {"source": shown.framework, "routes": shown.routes, "complete": shown.complete}
    seen: dict[tuple[str, str], None] = {}
    async for one in _from_newest(call.session.store.requests):
        row = one.row
        seen[row.target.partition("?")[0], row.method] = None
        if len(seen) == _MAX_SEEN:
            break
    found = [{"rule": rule, "methods": [method], "endpoint": ""} for rule, method in sorted(seen)]
    complete = len(seen) < _MAX_SEEN
    return {"source": "requests", "routes": found, "complete": complete, "reason": shown.reason}


async def _answer(call: VerbCall, question: Question[Shown]) -> Shown:
    """Return what the server process answers. Raises `Refused` if it does not."""
    try:
        return await asyncio.wait_for(asyncio.shield(question.answer), _ANSWER_SECONDS)
    except asyncio.TimeoutError:
        call.session.questions.forget(question.ask_id)
        raise Refused(why_silent(call.session)) from None


def find_request(call: VerbCall, request_id: str, *, running: bool = False) -> Request:
    """Return the request of that id, or the newest for `last`. Raises `Refused`."""
    store = call.session.store
    if request_id != "last":
        found = store.request(request_id)
        if found is None:
            raise Refused(
                f"There is no request {request_id}: devtui ctl requests lists them.", UNKNOWN
            )
        return found
    newest = (one for one in reversed(list(store.requests)) if one.running or not running)
    found = next(newest, None)
    if found is None:
        what = "No request runs." if running else "There was no request yet."
        raise Refused(what, UNKNOWN)
    return found


def everything(call: VerbCall, found: Request, *, reveal: bool) -> dict[str, Any]:
    """Describe a request with everything that belongs to it."""
    store = call.session.store
    started, finished = found.started, found.finished
    written = _entries_of(store.log, found)
    raised = [store.errors[number] for number in found.errors if number >= store.errors.first]
    return {
        **_row(found, reveal),
        "client": started.client,
        "endpoint": None if finished is None else finished.endpoint,
        "view": None if finished is None else finished.view,
        "headers": _headers(started.headers, reveal),
        "request_body": None if finished is None else _body(finished.request_body, reveal),
        "response_headers": () if finished is None else _headers(finished.response_headers, reveal),
        "response_body": None if finished is None else _body(finished.response_body, reveal),
        "details_dropped": found.details_dropped,
        **grouped_calls.described_calls(found, reveal=reveal),
        "log": [_entry(entry, reveal) for entry in written],
        "errors": [
            {"id": id_of(one), "text": one.error.text, "origin": one.origin} for one in raised
        ],
    }


async def _from_newest(ring: Ring[T], end: int | None = None) -> AsyncIterator[T]:
    """Yield the items of a ring, the newest first; let the event loop run in between."""
    start = ring.end if end is None else end
    for count, number in enumerate(range(start - 1, -1, -1)):
        if number < ring.first:
            return
        yield ring[number]
        if count % _ROWS_AT_ONCE == _ROWS_AT_ONCE - 1:
            await asyncio.sleep(0)


def _entries_of(log: Ring[LogEntry], found: Request) -> list[LogEntry]:
    """Return the entries of a request; do not search those from before it began."""
    since = found.row.at
    entries: list[LogEntry] = []
    for number in range(log.end - 1, log.first - 1, -1):
        entry = log[number]
        if entry.at < since and entry.request_id != found.id and log.end - number > _MAX_ENTRIES:
            break
        if entry.request_id == found.id:
            entries.append(entry)
    return entries[::-1][:_MAX_ENTRIES]


def _row(found: Request, reveal: bool) -> dict[str, Any]:
    row = found.row
    return {
        "id": found.id,
        "at": row.at,
        "generation": row.generation,
        "method": row.method,
        "target": masking.target(row.target, reveal),
        "status": row.status,
        "duration_ms": row.duration_ms,
        "size_bytes": row.size_bytes,
        "running": found.running,
        "cut": row.cut,
        "error_count": len(found.errors),
        **grouped_calls.counted(row),
    }


def _keeps(query: Query, entry: LogEntry | LogWritten, call: VerbCall) -> bool:
    measures = measures_of(entry)
    facts = measures.facts
    shown = f"{facts.level or entry.stream} {facts.logger} {plain(entry.text)}"
    found = call.session.store.request(entry.request_id)
    if found is not None:
        shown += f" {found.row.method} {found.row.target}"
    return query.keeps(shown.lower(), measures)


def _entry(entry: LogEntry, reveal: bool) -> dict[str, Any]:
    text = "\n".join(masking.in_log(plain(line), reveal) for line in entry.lines)
    return _log_row(entry, text)


def _line(line: LogWritten, reveal: bool) -> dict[str, Any]:
    return _log_row(line, masking.in_log(plain(line.text), reveal))


def _log_row(entry: LogEntry | LogWritten, text: str) -> dict[str, Any]:
    return {
        "at": entry.at,
        "generation": entry.generation,
        "stream": entry.stream,
        "level": entry.level,
        "logger": entry.logger,
        "text": text,
        "request_id": entry.request_id,
    }


def _headers(headers: Headers, reveal: bool) -> list[list[str]]:
    return [[name, secrets.shown(name, value, reveal)] for name, value in headers]


def _body(body: Body | None, reveal: bool) -> dict[str, Any] | None:
    if body is None:
        return None
    text = None if body.text is None else masking.body(body.text, body.content_type, reveal)
    return {
        "content_type": body.content_type,
        "size_bytes": body.size_bytes,
        "text": text,
        "truncated": body.truncated,
    }
