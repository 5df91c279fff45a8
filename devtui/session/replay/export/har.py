"""Requests as a HAR file (HTTP Archive 1.2), which browsers and other tools open."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from devtui.events import Body, Headers
from devtui.session.replay.decoded import decoded
from devtui.session.replay.export.shell import url_of
from devtui.session.replay.outgoing import Outgoing
from devtui.session.store.request_record import Request
from devtui.text.sanitize import pasteable
from devtui.version import __version__


def har(requests: Iterable[Request], base: str) -> str:
    """Return the finished ones of the requests; `base` is the app's URL."""
    entries = [_entry(request, base) for request in requests if not request.running]
    log = {
        "version": "1.2",
        "creator": {"name": "devtui", "version": __version__},
        "entries": entries,
    }
    text = json.dumps({"log": log}, indent=1, ensure_ascii=False)
    # Copying leaves characters out that a terminal could take for keys, or that hide text.
    return text if pasteable(text) == text else json.dumps({"log": log}, indent=1)


def _entry(request: Request, base: str) -> dict[str, Any]:
    started, finished = request.started, request.finished
    assert finished is not None, "only finished requests have an entry"
    url = url_of(Outgoing(started.method, started.target), base)
    first = finished.first_byte_ms if finished.first_byte_ms is not None else finished.duration_ms
    status = finished.status or 0
    try:
        reason = HTTPStatus(status).phrase
    except ValueError:
        reason = ""
    sent: dict[str, Any] = {
        "method": started.method,
        "url": url,
        "httpVersion": "HTTP/1.1",
        "cookies": _cookies(started.headers, "cookie"),
        "headers": _pairs(started.headers),
        "queryString": _pairs(_query(started.target)),
        "headersSize": -1,
        "bodySize": 0 if finished.request_body is None else finished.request_body.size_bytes,
    }
    if finished.request_body is not None:
        sent["postData"] = _posted(finished.request_body)
    location = next((v for n, v in finished.response_headers if n.lower() == "location"), "")
    return {
        "startedDateTime": started.at.isoformat(),
        "time": finished.duration_ms,
        "request": sent,
        "response": {
            "status": status,
            "statusText": reason,
            "httpVersion": "HTTP/1.1",
            "cookies": _cookies(finished.response_headers, "set-cookie"),
            "headers": _pairs(finished.response_headers),
            "content": _content(decoded(finished)),
            "redirectURL": location,
            "headersSize": -1,
            "bodySize": finished.size_bytes,
        },
        "cache": {},
        "timings": {"send": 0, "wait": first, "receive": max(finished.duration_ms - first, 0)},
    }


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _query(target: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(urlsplit(target).query, keep_blank_values=True)
    except ValueError:  # a target that is no URL
        return []


def _cookies(headers: Headers, header: str) -> list[dict[str, str]]:
    found = []
    for name, value in headers:
        if name.lower() == header:
            parts = value.split(";")[: 1 if header == "set-cookie" else None]
            found += [part.strip().partition("=") for part in parts if part.strip()]
    return _pairs((name, value) for name, _, value in found)


def _posted(body: Body) -> dict[str, Any]:
    posted: dict[str, Any] = {"mimeType": body.content_type, "params": [], "text": body.text or ""}
    if body.text is None and body.data:
        posted["text"] = base64.b64encode(body.data).decode()
        posted["encoding"] = "base64"
    return posted


def _content(body: Body | None) -> dict[str, Any]:
    if body is None:
        return {"size": 0, "mimeType": ""}
    content: dict[str, Any] = {"size": body.size_bytes, "mimeType": body.content_type}
    if body.text is not None:
        content["text"] = body.text
    if body.truncated:
        content["comment"] = "devtui has recorded the beginning"
    return content
