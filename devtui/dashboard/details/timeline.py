"""The timeline of a request: calls, log lines, errors, and the app's own time between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from devtui.dashboard.calls.bars import bar, mark
from devtui.dashboard.calls.call_lines import KIND_NAMES, call_row, place_of_call, text_of_call
from devtui.dashboard.details.log_detail import copied, output_line
from devtui.dashboard.lists.sections import Line, Section, bounded
from devtui.dashboard.panes.error_summary import error_title
from devtui.dashboard.panes.handled import errors_of
from devtui.dashboard.widgets.cells import Row, fit, right
from devtui.events import Call, RequestFinished
from devtui.session.calls.grouping import REPEATED, CallGroup, groups_of, left_out
from devtui.session.calls.own_time import Span, covered, gaps
from devtui.session.store.error_groups import ErrorEntry, innermost_own
from devtui.session.store.log_entry import LogEntry
from devtui.session.store.one_call import OneCall, OneRepeat, frame_of_call
from devtui.session.store.request_record import Request
from devtui.session.store.store import Store
from devtui.text import formats

LEAST_OWN_MS = 1.0
LEAST_OWN_PART = 0.02
"""The shortest own time between two calls that gets a line, in ms and as a share of the whole."""

LEAST_WITHIN_REPEAT = 0.1
"""The same between two calls of one repeat, where there would be too many lines."""

OWN = "the app itself"
_BESIDE_BAR = 40
_LEAST_BAR, _MOST_BAR = 10, 50
_GAP = "  "


class _Item(msgspec.Struct, frozen=True):
    """One line of the timeline; `spans` is empty for a moment."""

    at_ms: float
    spans: Sequence[Span]
    what: CallGroup | OneCall | LogEntry | ErrorEntry | None = None

    @property
    def duration_ms(self) -> float:
        """How long its spans took together."""
        return sum(end - start for start, end in self.spans)


def timeline(request: Request, store: Store, width: int, reveal: bool) -> list[Section]:
    """Return the timeline, if the request has ended and its calls are kept."""
    finished = request.finished
    if finished is None or not finished.calls:
        return []
    items = _items(request, finished, store)
    bar_width = min(max((width - _BESIDE_BAR) // 4, _LEAST_BAR), _MOST_BAR)
    total = _end_of(finished)
    lines = [Line([(_summary(finished), "dim")])]
    lines += bounded(
        _line(item, total, bar_width, width, request=request, reveal=reveal) for item in items
    )
    missing = _missing(finished)
    if missing:
        lines.append(Line([(missing, "warn")]))
    texts = [_summary(finished), *(_copied(item, request, reveal) for item in items), missing]
    return [Section("timeline", lines, "\n".join(filter(None, texts)))]


def _end_of(finished: RequestFinished) -> float:
    """Return when the last of the request's calls, or the request itself, ended."""
    ends = (call.start_ms + call.duration_ms for call in finished.calls)
    return max(finished.duration_ms, *ends)


def _items(request: Request, finished: RequestFinished, store: Store) -> list[_Item]:
    found = [*_calls(request, finished.calls), *_own(finished)]
    since = request.row.at
    entries: list[LogEntry | ErrorEntry] = [*store.output_of(request), *errors_of(request, store)]
    for entry in entries:
        at = max((entry.at - since).total_seconds() * 1000, 0.0)
        found.append(_Item(at, (), entry))
    return sorted(found, key=lambda item: item.at_ms)


def _calls(request: Request, calls: tuple[Call, ...]) -> Iterator[_Item]:
    numbers = {id(call): number for number, call in enumerate(calls)}
    for group in groups_of(calls):
        if group.count >= REPEATED:
            yield _Item(group.first.start_ms, [_span(call) for call in group.calls], group)
            continue
        for call in group.calls:
            one = OneCall(request, calls, numbers[id(call)])
            yield _Item(call.start_ms, [_span(call)], one)


def _span(call: Call) -> Span:
    return call.start_ms, call.start_ms + call.duration_ms


def _own(finished: RequestFinished) -> Iterator[_Item]:
    """Yield the app's own time between the kept calls."""
    total = finished.duration_ms
    busy = covered(finished.calls, total)
    known = (busy[-1][1] if busy else 0.0) if _missing(finished) else total
    folded = [group.calls for group in groups_of(finished.calls) if group.count >= REPEATED]
    extents = [(calls[0].start_ms, calls[-1].start_ms) for calls in folded]
    for start, end in gaps(busy, known):
        within = any(first < start and end <= last for first, last in extents)
        part = LEAST_WITHIN_REPEAT if within else LEAST_OWN_PART
        if end - start >= max(LEAST_OWN_MS, total * part):
            yield _Item(start, [(start, end)])


def _summary(finished: RequestFinished) -> str:
    """Say where the time went, in a line."""
    parts = [formats.fine_duration(finished.duration_ms)]
    if not _missing(finished):
        total = finished.duration_ms
        own = sum(end - start for start, end in gaps(covered(finished.calls, total), total))
        parts.append(f"app {formats.fine_duration(own)}")
    for one in finished.call_totals:
        parts.append(f"{one.count:,} {one.kind} {formats.fine_duration(one.duration_ms)}")
    return " · ".join(parts)


def _missing(finished: RequestFinished) -> str:
    """Say how many calls were only counted; empty if all are kept."""
    count, kept = left_out(finished), len(finished.calls)
    if not count:
        return ""
    return f"{formats.count(count, 'more call')} counted, but only the first {kept:,} are kept"


def _line(
    item: _Item, total: float, bar_width: int, width: int, *, request: Request, reveal: bool
) -> Line:
    head, indent = _head(item, total, bar_width), bar_width + formats.DURATION_WIDTH + 5
    room = width - indent
    match item.what:
        case OneCall() as one:
            row = call_row(one.call, room, reveal=reveal)
            return Line([*head, *row], frame_of_call(one.call), indent, one)
        case CallGroup() as group:
            times = f"{group.count:,}{_more(request)}"
            row = call_row(group.first, room, times=times, reveal=reveal)
            frame = frame_of_call(group.first)
            return Line([*head, *row], frame, indent, OneRepeat(request, group))
        case LogEntry() as entry:
            line = output_line(entry, reveal)
            return Line([*head, *line.row], line.frame, indent, entry)
        case ErrorEntry() as entry:
            text = fit(error_title(entry.error), room)
            return Line([*head, (text, "bad-strong")], innermost_own(entry.error), indent, entry)
    return Line([*head, (OWN, "dim")], indent=indent)


def _head(item: _Item, total: float, bar_width: int) -> Row:
    """Return the bar and the duration."""
    match item.what:
        case LogEntry():
            shown, style = mark(item.at_ms, total, bar_width, "·"), "dim"
        case ErrorEntry():
            shown, style = mark(item.at_ms, total, bar_width, "×"), "bad"
        case _:
            shown = bar(item.spans, total, bar_width)
            style = "dim" if item.what is None else "warn" if _is_repeat(item) else "accent"
    time = formats.fine_duration(item.duration_ms) if item.spans else ""
    return [
        (shown, style),
        ("│ ", "rule"),
        (right(time, formats.DURATION_WIDTH) + _GAP, "dim" if item.what is None else ""),
    ]


def _is_repeat(item: _Item) -> bool:
    return isinstance(item.what, CallGroup) and item.what.is_repeat


def _more(request: Request) -> str:
    return "+" if request.row.calls_left_out else ""


def _copied(item: _Item, request: Request, reveal: bool) -> str:
    """Return the line without its bar."""
    took = formats.fine_duration(item.duration_ms) if item.spans else ""
    head = f"at {formats.fine_duration(item.at_ms):<8} {took:>{formats.DURATION_WIDTH}}  "
    match item.what:
        case OneCall() as one:
            return head + _call_text(one.call, reveal)
        case CallGroup() as group:
            return f"{head}{group.count:,}{_more(request)} × {_call_text(group.first, reveal)}"
        case LogEntry() as entry:
            return head + copied(entry, reveal)
        case ErrorEntry() as entry:
            return head + error_title(entry.error)
    return head + OWN


def _call_text(call: Call, reveal: bool) -> str:
    parts = [KIND_NAMES[call.kind], text_of_call(call, reveal), call.error]
    return "  ".join(filter(None, [*parts, place_of_call(call.file, call.line)]))
