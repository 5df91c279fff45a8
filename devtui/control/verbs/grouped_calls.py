"""The verb `calls`, and the calls of one request."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from devtui.control.verbs.errors import Last
from devtui.control.verbs.verb import Arguments, VerbCall
from devtui.events import Call
from devtui.session.calls.grouping import repeats_of
from devtui.session.calls.seen_calls import SeenCall
from devtui.session.store.request_record import Request, RequestRow
from devtui.text import masking


class Calls(Arguments, frozen=True):
    """The calls of all requests, grouped by text and line; with `repeats` the repeated ones."""

    repeats: bool = False
    last: Last = 20
    reveal: bool = False


async def calls(call: VerbCall) -> dict[str, Any]:
    """List calls, the slowest first, or the repeats, the worst first."""
    arguments: Calls = call.arguments
    seen_calls = call.session.store.calls
    found = seen_calls.repeats() if arguments.repeats else seen_calls.slowest()
    shown = [_seen(seen, arguments.reveal) for seen in found[: arguments.last]]
    return {"calls": shown, "total": len(found), "forgotten": seen_calls.forgotten}


def counted(row: RequestRow) -> dict[str, Any]:
    """Return the number of a request's calls, and how often it repeated one."""
    totals = [
        {"kind": one.kind, "count": one.count, "duration_ms": one.duration_ms} for one in row.calls
    ]
    return {"call_totals": totals, "repeats": row.repeats}


def described_calls(request: Request, *, reveal: bool) -> dict[str, Any]:
    """Return the calls of a request, without their stacks, and its repeats."""
    found = request.calls
    repeated = [
        {
            "count": group.count,
            "duplicates": group.duplicates,
            "duration_ms": round(group.duration_ms, 3),
            "kind": group.first.kind,
            "text": _text(group.first, reveal),
            "file": group.first.file,
            "line": group.first.line,
        }
        for group in repeats_of(found)
    ]
    return {"calls": [_call(one, reveal) for one in found], "repeated_calls": repeated}


def _seen(seen: SeenCall, reveal: bool) -> dict[str, Any]:
    fields = structs.asdict(seen)
    fields["text"] = _text(seen, reveal)
    for name in ("duration_ms", "most_duration_ms"):
        fields[name] = round(fields[name], 3)
    return {
        "kind": fields.pop("kind"),
        "most_in_one_request": fields.pop("most"),
        "newest_request": fields.pop("newest"),
        "request_id": fields.pop("worst_id"),
        **fields,
    }


def _call(call: Call, reveal: bool) -> dict[str, Any]:
    fields = structs.asdict(call)
    del fields["stack"]
    return {**fields, "text": _text(call, reveal)}


def _text(call: Call | SeenCall, reveal: bool) -> str:
    if call.kind != "http":
        return call.text
    method, blank, url = call.text.rpartition(" ")
    return f"{method}{blank}{masking.target(url, reveal)}"
