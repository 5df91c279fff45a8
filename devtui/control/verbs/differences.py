"""What differs between two responses: JSON by structure, other text by line."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from devtui.events import Body, Headers, RequestFinished
from devtui.text import masking, secrets

MAX_DIFFERENCES = 200
MAX_LINES = 2_000
_MAX_TEXT = 300

# They differ each time.
_IGNORED = frozenset({"date", "x-request-id"})


def differences(
    first: RequestFinished, second: RequestFinished, *, reveal: bool = False
) -> dict[str, Any]:
    """Return the differences; what is equal is left out."""
    found: dict[str, Any] = {}
    if first.status != second.status:
        found["status"] = [first.status, second.status]
    if headers := list(_headers(first.response_headers, second.response_headers, reveal)):
        found["headers"] = headers
    if body := _bodies(first.response_body, second.response_body, reveal):
        found["body"] = body
    return found


def _headers(first: Headers, second: Headers, reveal: bool) -> Iterator[list[Any]]:
    before, after = _by_name(first), _by_name(second)
    for name in sorted((before.keys() | after.keys()) - _IGNORED):
        values = before.get(name), after.get(name)
        if values[0] != values[1]:
            shown = (v if v is None else secrets.shown(name, v, reveal) for v in values)
            yield [name, *shown]


def _by_name(headers: Headers) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in headers:
        key = name.lower()
        found[key] = f"{found[key]}, {value}" if key in found else value
    return found


def _bodies(first: Body | None, second: Body | None, reveal: bool) -> list[Any]:
    texts = [
        "" if body is None else masking.body(body.text or "", body.content_type, reveal)
        for body in (first, second)
    ]
    sizes = [0 if body is None else body.size_bytes for body in (first, second)]
    if texts[0] == texts[1]:
        return [] if sizes[0] == sizes[1] else [{"size_bytes": sizes}]
    try:
        before, after = map(json.loads, texts)
    except (ValueError, RecursionError):
        first_lines, second_lines = (text.splitlines()[:MAX_LINES] for text in texts)
        lines = difflib.unified_diff(first_lines, second_lines, lineterm="", n=1)
        return list(islice(lines, 2, MAX_DIFFERENCES))
    return list(islice(_json("", before, after), MAX_DIFFERENCES))


def _json(path: str, before: Any, after: Any) -> Iterator[dict[str, Any]]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            yield from _json(f"{path}.{key}", before.get(key), after.get(key))
    elif isinstance(before, list) and isinstance(after, list):
        if len(before) != len(after):
            yield {"path": f"{path}.length", "before": len(before), "after": len(after)}
        for number, (one, other) in enumerate(zip(before, after, strict=False)):
            yield from _json(f"{path}[{number}]", one, other)
    elif before != after:
        yield {"path": path or ".", "before": _short(before), "after": _short(after)}


def _short(value: Any) -> Any:
    return value[:_MAX_TEXT] if isinstance(value, str) else value
