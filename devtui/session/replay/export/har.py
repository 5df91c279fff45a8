"""Requests as a HAR file (HTTP Archive 1.2), which browsers and other tools open."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import timezone
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from devtui.events import Body, Headers, RequestFinished
from devtui.session.replay.decoded import decoded, decompressed, encoding_of
from devtui.session.replay.export.target_in_app import in_app, url_of
from devtui.session.store.request_record import Request
from devtui.text.headers import header_of
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
    # Copying drops characters that a terminal could take for keys, or that hide text.
    return text if pasteable(text) == text else json.dumps({"log": log}, indent=1)


def _entry(request: Request, base: str) -> dict[str, Any]:
    started, finished = request.started, request.finished
    assert finished is not None, "only finished requests have an entry"
    sent: dict[str, Any] = {
        "method": started.method,
        "url": url_of(started.target, base),
        "httpVersion": "HTTP/1.1",
        "cookies": _pairs(_sent_cookies(started.headers)),
        "headers": _pairs(started.headers),
        "queryString": _pairs(_query(started.target)),
        "headersSize": -1,
        "bodySize": _sent_size(request, finished.request_body),
    }
    if finished.request_body is not None:
        sent["postData"] = _posted(finished.request_body)
    wait = finished.duration_ms
    if finished.first_byte_ms is not None:
        wait = min(finished.first_byte_ms, wait)
    return {
        "startedDateTime": started.at.isoformat(timespec="milliseconds"),
        "time": finished.duration_ms,
        "request": sent,
        "response": _response(finished),
        "cache": {},
        "timings": {"send": 0, "wait": wait, "receive": finished.duration_ms - wait},
    }


def _response(finished: RequestFinished) -> dict[str, Any]:
    status = finished.status or 0
    try:
        reason = HTTPStatus(status).phrase
    except ValueError:
        reason = ""
    return {
        "status": status,
        "statusText": reason,
        "httpVersion": "HTTP/1.1",
        "cookies": list(_set_cookies(finished.response_headers)),
        "headers": _pairs(finished.response_headers),
        "content": _content(finished),
        "redirectURL": header_of(finished.response_headers, "location"),
        "headersSize": -1,
        "bodySize": finished.size_bytes,
    }


def _sent_size(request: Request, body: Body | None) -> int:
    if body is not None:
        return body.size_bytes
    return -1 if request.details_dropped else 0


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _query(target: str) -> list[tuple[str, str]]:
    return parse_qsl(in_app(target)[0].partition("?")[2], keep_blank_values=True)


def _sent_cookies(headers: Headers) -> Iterator[tuple[str, str]]:
    for name, value in headers:
        if name.lower() == "cookie":
            for part in filter(None, map(str.strip, value.split(";"))):
                key, _, found = part.partition("=")
                yield key, found


def _set_cookies(headers: Headers) -> Iterator[dict[str, Any]]:
    for name, value in headers:
        if name.lower() != "set-cookie":
            continue
        (first, _, found), *others = (part.strip().partition("=") for part in value.split(";"))
        cookie: dict[str, Any] = {"name": first, "value": found}
        for key, _, said in others:
            match key.lower():
                case "path" | "domain":
                    cookie[key.lower()] = said
                case "expires":
                    # If it is no date, browsers ignore it as well.
                    with suppress(ValueError, OverflowError):
                        cookie["expires"] = _date(said)
                case "httponly":
                    cookie["httpOnly"] = True
                case "secure":
                    cookie["secure"] = True
        yield cookie


def _date(said: str) -> str:
    found = parsedate_to_datetime(said)
    if found.tzinfo is None:  # it ends with -0000
        found = found.replace(tzinfo=timezone.utc)
    return found.isoformat()


def _posted(body: Body) -> dict[str, Any]:
    posted: dict[str, Any] = {"mimeType": body.content_type, "text": body.text or ""}
    if body.data:
        posted |= _as_base64(body.data)
    return posted | _comment(body)


def _content(finished: RequestFinished) -> dict[str, Any]:
    body = decoded(finished)
    if body is None:
        return {"size": 0, "mimeType": header_of(finished.response_headers, "content-type")}
    content: dict[str, Any] = {"size": body.size_bytes, "mimeType": body.content_type}
    unpacked = decompressed(finished)
    data = body.data if unpacked is None else unpacked
    encoding = encoding_of(finished)
    if encoding and unpacked is None and data:  # readers would take the bytes for the content
        return content | {"comment": f"devtui cannot decompress {encoding}"}
    if body.text is not None and not body.data:
        content["text"] = body.text
    elif data:  # no text, or text that is not UTF-8
        content |= {"size": len(data), **_as_base64(data)}
    if unpacked is not None:
        content["compression"] = len(unpacked) - finished.size_bytes
    return content | _comment(body)


def _as_base64(data: bytes) -> dict[str, str]:
    return {"text": base64.b64encode(data).decode(), "encoding": "base64"}


def _comment(body: Body) -> dict[str, str]:
    if not body.truncated:
        return {}
    what = "the beginning" if body.text is not None else "the size"
    return {"comment": f"devtui recorded only {what}"}
