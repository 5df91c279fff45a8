"""Open a request, a log line or a reload; and find the place in the code that a row points to."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, unquote, urlsplit

from devtui.dashboard.calls.call_detail import all_repeats, call_detail, repeat_detail
from devtui.dashboard.calls.call_lines import USUAL_WIDTH
from devtui.dashboard.details.compared import compared_sections
from devtui.dashboard.details.form import fields, form_of
from devtui.dashboard.details.log_detail import copied, frame_of_entry, log_detail, output_line
from devtui.dashboard.details.reload_detail import reload_detail
from devtui.dashboard.details.timeline import timeline
from devtui.dashboard.lists.sections import (
    MAX_LINE,
    Detail,
    Line,
    Section,
    bounded,
    pairs,
    text_lines,
)
from devtui.dashboard.messages import PaneItem, PlainItem
from devtui.dashboard.panes.error_summary import error_sections, traceback_of
from devtui.dashboard.panes.handled import errors_of
from devtui.dashboard.panes.rows import reload_words, status_style
from devtui.events import AppFailed, Body, Frame, Headers, Reloaded, ServerExited
from devtui.session.calls.statement import statement_of
from devtui.session.replay.export.target_in_app import for_url, url_of
from devtui.session.replay.replays import Replays
from devtui.session.store.error_groups import ErrorEntry, ErrorGroup, innermost_own
from devtui.session.store.log_entry import LogEntry
from devtui.session.store.one_call import AllRepeats, OneCall, OneRepeat, frame_of_call
from devtui.session.store.request_record import Request
from devtui.session.store.store import Store
from devtui.text import formats, masking, secrets
from devtui.text.paths import short_path
from devtui.text.sanitize import visible
from devtui.text.secrets import MASK

MAX_PARAMETERS = 1_000

# How many times larger than the body its formatted text may be; deep nesting is mostly indent.
MAX_LAID_OUT = 20

FACT_WIDTH = 12
NO_LONGER_KEPT = "no longer kept: newer requests needed the room"


def detail_of(
    item: PlainItem,
    store: Store,
    reveal: bool = False,
    width: int = USUAL_WIDTH,
    replays: Replays | None = None,
) -> Detail:
    """Return the sections of an opened row; likely secrets are masked unless `reveal`.

    Bars and the text beside them are laid out for `width` cells. With `replays` a request that
    was sent again is compared with the one before.
    """
    match item:
        case Request():
            detail = _request(item, store, reveal, width)
            compared = [] if replays is None else compared_sections(item, replays, reveal)
            return Detail(detail.title, compared + detail.sections)
        case OneCall():
            return call_detail(item, width, reveal)
        case OneRepeat():
            return repeat_detail(item, width, reveal)
        case AllRepeats():
            return all_repeats(store, width)
        case LogEntry():
            return log_detail(item, store, reveal)
        case Reloaded() | AppFailed() | ServerExited():
            return reload_detail(item, store.ignored)


def frame_of(item: PaneItem, store: Store) -> Frame | None:
    """Return the place in the code that the row points to, if any."""
    match item:
        case ErrorGroup():
            return innermost_own(item.newest.error)
        case AppFailed():
            return innermost_own(item.error)
        case LogEntry():
            return frame_of_entry(item)
        case Reloaded() if item.paths:
            return Frame(file=item.paths[0], line=1, function="")
        case Request():
            errors = errors_of(item, store)
            if errors:
                return innermost_own(errors[0].error)
            return item.view
        case OneCall():
            return frame_of_call(item.call)
        case OneRepeat():
            return frame_of_call(item.group.first)
    return None


def request_id_of(item: object) -> str | None:
    """Return the id of the request that the row is, or belongs to."""
    match item:
        case Request():
            return item.id
        case OneCall() | OneRepeat():
            return item.request.id
        case LogEntry():
            return item.request_id
        case ErrorGroup():
            return item.newest.request_id
        case ErrorEntry():
            return item.request_id
    return None


def copied_text(item: PaneItem, url: str) -> tuple[str, str]:
    """Return the text that is copied for the row, and its name; `url` is the app's."""
    match item:
        case Request():
            return masked_url(item.started.target, url), "the URL"
        case LogEntry():
            return copied(item), "the line" if item.more is None else "the record"
        case ErrorGroup():
            return traceback_of(item.newest.error), "the traceback"
        case AppFailed():
            return item.error.text or item.message, "the traceback"
        case Reloaded() | ServerExited():
            return " ".join(reload_words(item)).strip(), "the line"
        case OneCall():
            return copied_call(item)
        case OneRepeat():
            return copied_call(item)
        case AllRepeats():
            return "", "the list"


def copied_call(item: OneCall | OneRepeat) -> tuple[str, str]:
    """Return the statement of a call, or of the first of a repeat, and its name."""
    call = item.call if isinstance(item, OneCall) else item.group.first
    return statement_of(call), "the statement" if call.kind == "sql" else "the call"


def masked_url(target: str, base: str) -> str:
    """Return the URL of a client's target on the server at `base`; likely secrets are masked."""
    masked = masking.target(url_of(target, base))
    return MASK.join(map(for_url, masked.split(MASK)))


def _request(request: Request, store: Store, reveal: bool, width: int) -> Detail:
    started, finished = request.started, request.finished
    sections = [_general(request, reveal), _timing(request)]
    query = masking.parameters(_parameters(started.target), reveal)
    if query:
        sections.append(fields("query", query))
    for entry in errors_of(request, store):
        first, *others = error_sections(entry.error)
        sections.append(Section("error", first.lines, first.copied))
        sections += others[:-1]
    shown_in_time = timeline(request, store, width, reveal)
    sections += shown_in_time
    output = store.output_of(request)
    if output and not shown_in_time:  # else the timeline has it
        lines = bounded(output_line(entry, reveal) for entry in output)
        texts = [copied(entry, reveal) for entry in output]
        sections.append(Section("output", lines, "\n".join(texts)))
    if finished is not None:
        sections += form_of(finished.request_body, reveal)
        sections += _body("response body", finished.response_body, reveal)
        sections += _body("request body", finished.request_body, reveal)
        sections.append(_headers("response headers", finished.response_headers, reveal))
    sections.append(_headers("request headers", started.headers, reveal))
    if request.details_dropped:
        what = "headers, bodies and calls" if request.row.calls else "headers and bodies"
        sections.append(Section(what, [Line([(NO_LONGER_KEPT, "dim")])]))
    shown = [section for section in sections if section.lines]
    target = masking.target(started.target, reveal)
    return Detail(visible(f"{started.method} {target}", 300), shown)


def _headers(title: str, headers: Headers, reveal: bool) -> Section:
    shown = [(name, _header(name, value, reveal)) for name, value in headers]
    return fields(title, shown)


def _header(name: str, value: str, reveal: bool) -> str:
    """Return the value; `Referer` and `Location` are URLs, whose queries may hold secrets."""
    return masking.target(secrets.shown(name, value, reveal), reveal)


def has_secrets(item: PlainItem, store: Store, replays: Replays | None = None) -> bool:
    """Whether the opened row masks anything."""
    masked, plain = (detail_of(item, store, reveal, replays=replays) for reveal in (False, True))
    return not _same(masked, plain)


def _same(one: Detail, other: Detail) -> bool:
    texts = [[section.text for section in detail.sections] for detail in (one, other)]
    return one.title == other.title and texts[0] == texts[1]


def _general(request: Request, reveal: bool) -> Section:
    started, finished = request.started, request.finished
    if finished is None:
        lines = [_fact("status", "running", "accent")]
    else:
        status = "none was sent" if finished.status is None else str(finished.status)
        lines = [_fact("status", status, status_style(finished.status))]
        if finished.cut:
            lines.append(_fact("cut", finished.cut.removeprefix("cut "), "bad"))
        if location := request.row.location:
            lines.append(_fact("leads to", masking.target(location, reveal), "info"))
        lines.append(_fact("size", f"{finished.size_bytes:,} bytes"))
    path = masking.target(started.target, reveal).partition("?")[0]
    lines.append(_fact("path", unquote(path)))
    if finished is not None and finished.endpoint is not None:
        lines.append(_fact("endpoint", finished.endpoint))
    if finished is not None and finished.view is not None:
        lines.append(_view(finished.view))
    lines.append(_fact("client", started.client))
    lines.append(_fact("served by", f"generation {started.generation}"))
    return Section("general", lines)


def _fact(name: str, value: str, style: str = "") -> Line:
    shown = visible(value, MAX_LINE)
    return Line([(f"{name:<{FACT_WIDTH}}", "info"), (shown, style)], indent=FACT_WIDTH)


def _view(view: Frame) -> Line:
    where = visible(f"{short_path(view.file)}:{view.line}", MAX_LINE)
    function = visible(view.function, 300)
    name = f"{'view':<{FACT_WIDTH}}"
    return Line([(name, "info"), (f"{function}  ", ""), (where, "info")], view, FACT_WIDTH)


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
    except ValueError:  # too many, or the target is not a URL: show the raw text
        return [("(not decoded)", target.partition("?")[2])]


def _body(title: str, body: Body | None, reveal: bool) -> list[Section]:
    if body is None or not body.size_bytes:
        return []
    kind = visible(body.content_type or "no content type", 200)
    what = f"{kind} · {formats.size(body.size_bytes)}"
    if body.text is None:
        return [Section(title, [Line([(f"{what}, binary", "dim")])])]
    if body.truncated:
        what += f", the first {len(body.text):,} characters"
    text = masking.body(body.text, body.content_type, reveal)
    lines = [Line([(what, "dim")]), *text_lines(_pretty(body, text))]
    return [Section(title, lines, text)]


def _pretty(body: Body, text: str) -> str:
    if "json" not in body.content_type.lower() or body.truncated:
        return text
    try:
        pieces = json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(json.loads(text))
        laid_out: list[str] = []
        size = 0
        for piece in pieces:
            laid_out.append(piece)
            size += len(piece)
            if size > MAX_LAID_OUT * len(text):
                return text
    except (ValueError, RecursionError):  # not JSON, whatever the type says, or nested too deeply
        return text
    return "".join(laid_out)
