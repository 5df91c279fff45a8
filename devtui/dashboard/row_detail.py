"""A request, a log line or a reload, opened; and where in the code each row points to."""

from __future__ import annotations

import json
from typing import TypeAlias
from urllib.parse import parse_qsl, unquote, urlsplit

from devtui import formats, secrets_mask
from devtui.dashboard.detail import MAX_LINE, Detail, Line, Section, pairs, text_lines
from devtui.dashboard.error_detail import error_sections
from devtui.dashboard.reload_detail import reload_detail
from devtui.dashboard.rows import (
    RequestRows,
    error_title,
    level_of,
    reload_words,
    status_style,
)
from devtui.events import AppFailed, Body, Frame, Headers, LogWritten, Reloaded, ServerExited
from devtui.sanitise import visible
from devtui.session.errors import ErrorEntry, ErrorGroup, innermost_own
from devtui.session.request import Request
from devtui.session.store import Reload, Store

Plain: TypeAlias = Request | LogWritten | Reload
"""What opens to sections of lines; an error has a screen of its own."""

Item: TypeAlias = Plain | ErrorGroup
"""What a row of a pane stands for."""

MAX_PARAMETERS = 1_000
FACT_WIDTH = 12
NO_LONGER_KEPT = "no longer kept: those of newer requests took their room"


def detail_of(item: Plain, store: Store, reveal: bool = False) -> Detail:
    """What the opened row shows; headers that hold secrets are masked unless `reveal`."""
    match item:
        case Request():
            return _request(item, store, reveal)
        case LogWritten():
            return _log(item, store)
        case Reloaded() | AppFailed() | ServerExited():
            return reload_detail(item, store.ignored)


def frame_of(item: Item, store: Store) -> Frame | None:
    """Where in the code the row points to, if anywhere."""
    match item:
        case ErrorGroup():
            return innermost_own(item.newest.error)
        case AppFailed():
            return innermost_own(item.error)
        case Reloaded() if item.paths:
            return Frame(file=item.paths[0], line=1, function="")
        case Request():
            errors = errors_of(item, store)
            return innermost_own(errors[0].error) if errors else None
    return None


def errors_of(request: Request, store: Store) -> list[ErrorEntry]:
    """The errors of a request that are still kept."""
    errors = store.errors
    return [errors[number] for number in request.errors if errors.first <= number < errors.end]


def copied_text(item: Item, url: str) -> tuple[str, str]:
    """What copying the row gives, and what that is called; `url` is where the app serves."""
    match item:
        case Request():
            target = item.started.target
            return (f"{url.rstrip('/')}{target}", "the URL")
        case LogWritten():
            return item.text, "the line"
        case ErrorGroup():
            error = item.newest.error
            return error.text or error_title(error), "the traceback"
        case AppFailed():
            return item.error.text or item.message, "the traceback"
        case Reloaded() | ServerExited():
            return " ".join(reload_words(item)).strip(), "the line"


def _request(request: Request, store: Store, reveal: bool) -> Detail:
    started, finished = request.started, request.finished
    sections = [_general(request), _timing(request)]
    query = _parameters(started.target)
    if query:
        sections.append(Section("query", pairs(query, FACT_WIDTH)))
    for entry in errors_of(request, store):
        first, *others = error_sections(entry.error)
        sections.append(Section("error", first.lines, first.copied))
        sections += others[:-1]
    output = store.output_of(request)
    if output:
        lines = [_output_line(line) for line in output]
        sections.append(Section("output", lines, "\n".join(line.text for line in output)))
    if finished is not None:
        sections += _body("response body", finished.response_body)
        sections += _body("request body", finished.request_body)
        sections.append(_headers("response headers", finished.response_headers, reveal))
    sections.append(_headers("request headers", started.headers, reveal))
    if request.details_dropped:
        sections.append(Section("headers and bodies", [Line([(NO_LONGER_KEPT, "dim")])]))
    shown = [section for section in sections if section.lines]
    return Detail(visible(f"{started.method} {started.target}", 300), shown)


def _headers(title: str, headers: Headers, reveal: bool) -> Section:
    shown = [(name, secrets_mask.shown(name, value, reveal)) for name, value in headers]
    return Section(title, pairs(shown, FACT_WIDTH))


def has_secrets(item: Plain) -> bool:
    """Whether anything that the opened row shows is masked."""
    if not isinstance(item, Request):
        return False
    sent = () if item.finished is None else item.finished.response_headers
    return any(secrets_mask.is_secret(name) for name, _ in (*item.started.headers, *sent))


def _general(request: Request) -> Section:
    started, finished = request.started, request.finished
    if finished is None:
        lines = [_fact("status", "running", "accent")]
    else:
        status = "none was sent" if finished.status is None else str(finished.status)
        lines = [_fact("status", status, status_style(finished.status))]
        if finished.cut:
            lines.append(_fact("cut", finished.cut, "bad"))
        lines.append(_fact("size", f"{finished.size_bytes:,} bytes"))
    lines.append(_fact("path", unquote(started.target.partition("?")[0])))
    lines.append(_fact("client", started.client))
    lines.append(_fact("served by", f"generation {started.generation}"))
    return Section("general", lines)


def _fact(name: str, value: str, style: str = "") -> Line:
    shown = visible(value, MAX_LINE)
    return Line([(f"{name:<{FACT_WIDTH}}", "info"), (shown, style)], indent=FACT_WIDTH)


def _timing(request: Request) -> Section:
    started, finished = request.started, request.finished
    at = started.at.astimezone().strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    items = [("started", at)]
    if finished is not None:
        if finished.first_byte_ms is not None:
            items.append(("first byte", formats.duration(finished.first_byte_ms)))
        items.append(("total", formats.duration(finished.duration_ms)))
    return Section("timing", pairs(items, FACT_WIDTH))


def _parameters(target: str) -> list[tuple[str, str]]:
    try:
        query = urlsplit(target).query
        return parse_qsl(query, keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
    except ValueError:  # more than the bound, or a target that is no URL: the raw text says it
        return [("(not decoded)", target.partition("?")[2])]


def _body(title: str, body: Body | None) -> list[Section]:
    if body is None or not body.size_bytes:
        return []
    kind = visible(body.content_type or "no content type", 200)
    what = f"{kind} · {formats.size(body.size_bytes)}"
    if body.text is None:
        return [Section(title, [Line([(f"{what}, binary", "dim")])])]
    if body.truncated:
        what += f", the first {len(body.text):,} characters"
    lines = [Line([(what, "dim")]), *text_lines(_pretty(body))]
    return [Section(title, lines, body.text)]


def _pretty(body: Body) -> str:
    text = body.text or ""
    if "json" not in body.content_type.lower() or body.truncated:
        return text
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):  # not JSON whatever it says, or nested without end
        return text


def _output_line(line: LogWritten) -> Line:
    level, style = level_of(line)
    logger = f"{visible(line.logger, 100)} " if line.logger else ""
    return Line(
        [
            (f"{visible(level, 8):<6}", style or "dim"),
            (logger, "info"),
            (visible(line.text, MAX_LINE), style),
        ],
        indent=6,
    )


def _log(item: LogWritten, store: Store) -> Detail:
    level, _ = level_of(item)
    title = " ".join(filter(None, [formats.clock_time(item.at), level, item.logger]))
    sections = [Section("", text_lines(item.text), item.text)]
    request = store.request(item.request_id)
    if request is not None:
        row = RequestRows(lambda: item.at).spans(request, 100)
        sections.append(Section("written during", [Line(row)]))
    return Detail(visible(title, 300), sections)
