"""A call, opened; a repeat with its calls; and the list of repeats over all requests."""

from __future__ import annotations

from devtui.dashboard.calls.bars import bar
from devtui.dashboard.calls.call_lines import USUAL_WIDTH, place_of_call, text_of_call
from devtui.dashboard.calls.formatted import sql_rows
from devtui.dashboard.lists.sections import Detail, Line, Section, bounded, pairs, text_lines
from devtui.dashboard.panes.error_summary import frame_lines
from devtui.dashboard.widgets.cells import Row, fit, right, row_width
from devtui.events import Call, Frame
from devtui.session.calls.seen_calls import SeenCall
from devtui.session.calls.short_text import one_line
from devtui.session.calls.statement import statement_of
from devtui.session.store.one_call import OneCall, OneRepeat, frame_of_call
from devtui.session.store.request_record import Request
from devtui.session.store.store import Store
from devtui.text import formats, masking
from devtui.text.sanitize import visible

FACTS = ("call", "repeat")
"""The titles of the sections that say how long it took, and the like."""

FACT_WIDTH = 12
_BAR_WIDTH = 20
_SHOWN_OF_PARAMETERS = 60

_CELLS = (7, 9, 7, 8)
"""The widths of the numbers in the list of repeats."""

_WITH_REQUEST = 110
_REQUEST_WIDTH = 24
"""The width from which the list also names the worst request, and that of its column."""

_WITH_DUPLICATES = 140
_DUPLICATES_WIDTH = 12
"""The width from which the list also counts duplicates, and that of their column."""


def call_detail(one: OneCall, width: int = USUAL_WIDTH, reveal: bool = False) -> Detail:
    """Return the sections of one call."""
    call = one.call
    duration = formats.fine_duration(call.duration_ms)
    began = formats.fine_duration(call.start_ms)
    facts = [("took", duration), ("began", f"{began} after the request")]
    if call.rows is not None:
        facts.append(("rows", f"{call.rows:,}"))
    if call.result:
        facts.append(("result", call.result))
    facts.append(("library", call.library))
    sections = [Section("call", [*_bar_line(one, width), *pairs(facts, FACT_WIDTH)])]
    if call.error:
        sections.append(Section("error", text_lines(call.error, "bad"), call.error))
    sections.append(_text(call, reveal))
    if call.parameters:
        lines = text_lines(call.parameters)
        sections.append(Section("parameters", lines, call.parameters))
    sections += _stack(call, one.stack)
    title = f"{call.kind} {duration} in {_request_name(one.request)}"
    return Detail(visible(title, 300), sections)


def repeat_detail(repeat: OneRepeat, width: int = USUAL_WIDTH, reveal: bool = False) -> Detail:
    """Return the sections of a repeat: what it is, and each of its calls."""
    group = repeat.group
    first = group.first
    times = f"{group.count:,}"
    if more := repeat.request.row.calls_left_out:
        times += f" of those that are kept; {formats.count(more, 'more call')} only counted"
    facts = [("times", times), ("took", formats.fine_duration(group.duration_ms))]
    if group.duplicates:
        facts.append(("duplicates", f"{group.duplicates:,} have the parameters of an earlier one"))
    stack = OneCall(repeat.request, group.calls, 0).stack
    sections = [Section("repeat", pairs(facts, FACT_WIDTH))]
    sections += [_text(first, reveal), *_stack(first, stack)]
    total = repeat.request.row.duration_ms
    lines = bounded(
        _one_of(OneCall(repeat.request, group.calls, number), total, width)
        for number in range(group.count)
    )
    sections.append(Section("each of them", lines))
    title = (
        f"{group.count:,}{'+' if more else ''} × {first.kind} in {_request_name(repeat.request)}"
    )
    return Detail(visible(title, 300), sections)


def all_repeats(store: Store, width: int = USUAL_WIDTH) -> Detail:
    """Return the repeats of all requests, the worst first."""
    found = store.calls.repeats()
    if not found:
        words = "No request has made a call five times from the same line."
        return Detail("Repeated calls", [Section("", [Line([(words, "dim")])])])
    heads = [*zip(("most", "time", "now", "in all"), _CELLS, strict=True)]
    if width >= _WITH_DUPLICATES:
        heads.append(("duplicates", _DUPLICATES_WIDTH))
    head: Row = [("".join(right(head, cells) for head, cells in heads), "dim")]
    worst = _seen(
        found[0], store, width
    )  # the cursor begins in the heading, where enter opens this
    lines = [Line(head, worst.frame, target=worst.target)]
    lines += bounded(_seen(seen, store, width) for seen in found)
    title = f"Repeated calls: {formats.count(len(found), 'line')} of code, the worst first"
    return Detail(title, [Section("", lines)])


def _request_name(request: Request) -> str:
    row = request.row
    return f"{row.method} {masking.target(row.target)}"


def _bar_line(one: OneCall, width: int) -> list[Line]:
    """Return a bar that shows when in its request the call ran."""
    call, total = one.call, one.request.row.duration_ms
    span = (call.start_ms, call.start_ms + call.duration_ms)
    cells = max(width - FACT_WIDTH - 12, 10)
    row: Row = [
        (f"{'when':<{FACT_WIDTH}}", "info"),
        (bar([span], max(total, span[1]), cells), "accent"),
        ("│ ", "rule"),
        (formats.fine_duration(total), "dim"),
    ]
    return [Line(row)]


def _text(call: Call, reveal: bool) -> Section:
    if call.kind != "sql":
        shown = text_of_call(call, reveal) if call.kind == "http" else call.text
        return Section("text", text_lines(shown), shown)
    rows, note = sql_rows(call.text)
    lines = [Line(row) for row in rows]
    if note:
        lines.append(Line([(note, "dim")]))
    return Section("statement", lines, statement_of(call))


def _stack(call: Call, stack: tuple[Frame, ...]) -> list[Section]:
    """Return the user's frames, the innermost first: it is the most interesting."""
    frames = list(reversed(stack))
    caused_by = frame_of_call(call)
    if not frames and caused_by is not None:
        frames = [caused_by]
    lines = [line for frame in frames for line in frame_lines(frame)]
    if not lines:
        lines = [Line([("no line of your own code", "dim")])]
    return [Section("called from", lines, "\n".join(_frame_text(frame) for frame in frames))]


def _frame_text(frame: Frame) -> str:
    source = f"\n    {frame.source}" if frame.source else ""
    return f'  File "{frame.file}", line {frame.line}, in {frame.function}{source}'


def _one_of(one: OneCall, total: float, width: int) -> Line:
    call = one.call
    span = (call.start_ms, call.start_ms + call.duration_ms)
    row: Row = [
        (bar([span], max(total, span[1]), _BAR_WIDTH), "accent"),
        ("│ ", "rule"),
        (right(formats.fine_duration(call.duration_ms), formats.DURATION_WIDTH) + "  ", ""),
    ]
    text = call.parameters or "no parameters"
    row.append((fit(text, max(width - row_width(row), _SHOWN_OF_PARAMETERS)), ""))
    return Line(row, frame_of_call(call), row_width(row[:3]), one)


def _seen(seen: SeenCall, store: Store, width: int) -> Line:
    """Return a line of the list; enter opens the request that was worst."""
    request = store.request(seen.worst_id)
    old = seen.generation < store.loaded_generation
    gone = old or not seen.newest_repeats
    now = "–" if old else f"{seen.newest:,}{'+' if seen.newest_at_least else ''}×"
    in_all = f"{seen.count:,}{'+' if seen.at_least else ''}"
    more = "+" if request is not None and request.row.calls_left_out else ""
    row: Row = [
        (right(f"{seen.most:,}{more}×", _CELLS[0]), "dim" if gone else "warn"),
        (right(formats.fine_duration(seen.most_duration_ms), _CELLS[1]), "dim" if gone else ""),
        (right(now, _CELLS[2]), "dim" if old else "good" if gone else ""),
        (right(in_all, _CELLS[3]), "dim"),
    ]
    if width >= _WITH_DUPLICATES:
        duplicates = f"{seen.duplicates:,}" if seen.duplicates else "–"
        row.append((right(duplicates, _DUPLICATES_WIDTH), "dim"))
    row.append(("  ", ""))
    room = width - row_width(row)
    if request is not None and width >= _WITH_REQUEST:
        name = fit(_request_name(request), _REQUEST_WIDTH)
        row.append((f"{name:<{_REQUEST_WIDTH}}  ", ""))
        room = width - row_width(row)
    where = place_of_call(seen.file, seen.line, room // 3)
    row.append((fit(one_line(seen.text), room - len(where) - 2), "dim" if gone else ""))
    row.append(("  " + where, "info"))
    frame = Frame(file=seen.file, line=seen.line, function="", own=True) if seen.file else None
    return Line(row, frame, target=request)
