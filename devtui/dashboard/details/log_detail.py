"""An opened entry of the log: the error in it, the text as it was written, and its neighbours."""

from __future__ import annotations

from collections.abc import Iterator

from devtui.dashboard.lists.sections import (
    MAX_LINE,
    MAX_LINES,
    Detail,
    Line,
    Section,
    bounded,
    marks_above,
)
from devtui.dashboard.panes.error_summary import error_sections
from devtui.dashboard.panes.handled import find_error
from devtui.dashboard.panes.joined_lines import joined_lines
from devtui.dashboard.panes.log_rows import error_place, title_of
from devtui.dashboard.panes.log_text import (
    MAX_ROW_TEXT,
    LogText,
    coloured_lines,
    level_of,
    read,
)
from devtui.dashboard.panes.places import place_in
from devtui.dashboard.panes.rows import RequestRows
from devtui.dashboard.widgets.cells import Row
from devtui.events import Error, Frame
from devtui.session.store.error_groups import ErrorEntry
from devtui.session.store.log_entry import LogEntry
from devtui.session.store.store import Store
from devtui.text import formats, masking
from devtui.text.sanitize import visible
from devtui.text.sgr import PLAIN, Piece, plain

NEIGHBOURS = 5
"""How many entries before and after an opened one are shown with it."""

_SHOWN_OF_NEIGHBOUR = 300


def log_detail(entry: LogEntry, store: Store, reveal: bool) -> Detail:
    """Return the sections of an opened entry."""
    text = read(entry)
    title = " ".join(filter(None, [formats.clock_time(entry.at), text.level, text.logger]))
    lines = written_lines(entry, reveal)
    if entry.states > 1:
        states = f"the last of {formats.count(entry.states, 'state')} that devtui saw"
        lines.append(Line([(states, "dim")]))
    written = Section("", lines, copied(entry, reveal))
    if text.error is None:
        sections = [written]
    else:
        written = Section("as written", written.lines, written.copied)
        sections = [*_without_text(text.error), written]
    request = store.request(entry.request_id)
    if request is not None:
        row = RequestRows(lambda: entry.at).spans(request, 76)
        sections.append(Section("written during", [Line(row, target=request)]))
    around = list(_around(entry, store, reveal))
    if len(around) > 1:
        sections.append(Section("around it", around))
    return Detail(visible(title, 300), sections)


def copied(entry: LogEntry, reveal: bool = False) -> str:
    """Return the text of an entry that is copied: without colours."""
    lines = (masking.in_log(plain(line), reveal) for line in entry.lines)
    return "\n".join(lines)


def frame_of_entry(entry: LogEntry) -> Frame | None:
    """Return the place in the code that an entry names: its error's, or the first in the text."""
    frame = read(entry).frame
    if frame is not None:
        return frame
    for line in list(entry.lines)[:20]:
        if (found := place_in(line)) is not None:
            return found
    return None


def error_of(entry: LogEntry, store: Store) -> ErrorEntry | None:
    """Return the newest error that the traceback of an entry may belong to."""
    raised = read(entry).raised
    return None if raised is None else find_error(raised, entry.request_id, store)


def output_line(entry: LogEntry, reveal: bool) -> Line:
    """Return an entry on one line, for the output of a request; enter opens it."""
    text = read(entry, reveal)
    row: Row = [(f"{visible(text.level, 8):<6}", text.style or "dim")]
    if text.logger:
        row.append((f"{visible(text.logger, 100)} ", "info"))
    if text.raised is not None:
        row += _pieces(text.message, "")
        row += [("  ", "")] if text.message else []
        row.append((visible(title_of(text.raised), MAX_LINE), "warn"))
        row.append(("  " + visible(error_place(text), 200), "info"))
    elif len(entry.first) > MAX_ROW_TEXT:
        row += _pieces(coloured_lines(entry, 0, 1, reveal)[0], text.style)
    elif entry.logger == "werkzeug":  # rich may have wrapped its line
        row += joined_lines(entry, text, MAX_ROW_TEXT, text.style)
    else:
        row += _pieces(text.message, "" if text.is_coloured else text.style)
    if entry.more:
        row.append((f"  +{formats.count(len(entry.more), 'line')}", "dim"))
    return Line(row, text.frame, indent=6, target=entry)


def _without_text(error: Error) -> list[Section]:
    return [section for section in error_sections(error) if section.title != "traceback"]


def written_lines(entry: LogEntry, reveal: bool) -> list[Line]:
    """Return the lines of an entry as they were written, with their colours."""
    return bounded(_written(entry, reveal))


def _written(entry: LogEntry, reveal: bool) -> Iterator[Line]:
    above: Line | None = None
    _, style = level_of(entry)
    style = "" if entry.more else style
    for text, pieces in zip(entry.lines, coloured_lines(entry, 0, MAX_LINES, reveal), strict=False):
        without = plain(text)
        row = _pieces(pieces, style if all(look == PLAIN for _, look in pieces) else "")
        if above is not None and marks_above(without):
            yield Line(above.row, above.frame, below=row)
            above = None
            continue
        if above is not None:
            yield above
        above = Line(row, place_in(text))
    if above is not None:
        yield above


def _pieces(pieces: list[Piece], style: str) -> Row:
    row: Row = []
    room = MAX_LINE
    for text, look in pieces:
        if room > 0:
            row.append((visible(text, room), style if look == PLAIN else look))
        room -= len(text)
    return row


def _around(entry: LogEntry, store: Store, reveal: bool) -> Iterator[Line]:
    """Yield the entries before and after this one, and this one between them."""
    first = max(entry.number - NEIGHBOURS, store.log.first)
    for number in range(first, min(entry.number + NEIGHBOURS + 1, store.log.end)):
        other = store.log[number]
        text: LogText = read(other)
        here = other is entry
        said = title_of(text.raised) if text.raised is not None else ""
        message = masking.in_log("".join(piece for piece, _ in text.message), reveal)
        words = "  ".join(filter(None, [message, said]))
        mark = "❱ " if here else "  "
        row: Row = [
            (mark, "accent"),
            (formats.clock_time(other.at) + "  ", "dim"),
            (f"{visible(text.level, 8):<6}", text.style or "dim"),
            (visible(words, _SHOWN_OF_NEIGHBOUR), "strong" if here else ""),
        ]
        yield Line(row, indent=18, target=None if here else other)
