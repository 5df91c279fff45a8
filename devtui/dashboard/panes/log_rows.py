"""Show an entry of the log: on one line, or unfolded in its place."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from msgspec.structs import replace

from devtui.dashboard.lists.line_renderer import Rows
from devtui.dashboard.panes.error_summary import RELATIONS, frame_lines, short_type
from devtui.dashboard.panes.handled import is_crash
from devtui.dashboard.panes.joined_lines import MAX_JOINED, joined_lines
from devtui.dashboard.panes.log_text import LogText, LogTexts, coloured_lines
from devtui.dashboard.panes.rows import TAG_WIDTH, request_tag
from devtui.dashboard.widgets.cells import Row, cut, fit, fit_pieces, left, row_width, wrap
from devtui.events import ExceptionData
from devtui.filters.facts import Measures
from devtui.session.store.log_entry import LogEntry
from devtui.session.store.measures import measures_of
from devtui.session.store.store import Store
from devtui.text import formats
from devtui.text.formats import abbreviated
from devtui.text.paths import short_path
from devtui.text.sanitize import visible
from devtui.text.sgr import PLAIN, plain

LEVEL_WIDTH = 5
TAGS_FROM = 70
"""The narrowest row that names its request."""

MAX_LINES_IN_PLACE = 400

MAX_SEARCHED = 200
"""How many characters of a request's target a filter searches in the log: each row keeps them."""

MAX_SAID = 3_700
"""How many characters of an entry's text come before the target."""

MAX_SUMMARY = 300

_TIME_WIDTH = 8
BESIDE_TEXT = _TIME_WIDTH + 3 + LEVEL_WIDTH + 1
"""The columns before the text of an entry without a logger."""


class LogRows(Rows[LogEntry]):
    """Entries: time, level or stream, logger, text, and the request that wrote them."""

    marker = range(_TIME_WIDTH, _TIME_WIDTH + 3)
    indent = _TIME_WIDTH + 3
    wraps = True

    def __init__(self, store: Store) -> None:
        self._store = store
        self._texts = LogTexts()
        self._searched: tuple[str | None, str] = (None, "")  # a request, and its tag

    def text(self, item: LogEntry) -> str:
        """Return level or stream, logger and text, without colours, and the request."""
        said = plain(item.text)
        if item.request_id is not None:
            if len(said) > MAX_SAID:
                said = said[:MAX_SAID]  # a filter searches only this and the request
            said = f"{said} {self._request(item.request_id)}".rstrip()
        return f"{item.level or item.stream} {item.logger or ''} {said}"

    def measures(self, item: LogEntry) -> Measures:
        """Return the facts of the entry; the log of a failed request counts as failed, too."""
        found = measures_of(item)
        request = self._store.request(item.request_id)
        if request is None:
            return found
        of_request = measures_of(request).facts
        failed = found.facts.failed or of_request.failed
        return Measures(replace(found.facts, method=of_request.method, failed=failed))

    def summary(self, item: LogEntry) -> str:
        """Return the error, or only the message."""
        text = self._texts.of(item)
        if text.raised is not None:
            return title_of(text.raised)
        if item.logger == "werkzeug" and item.more is not None:  # rich may have wrapped its line
            return "".join(piece for piece, _ in joined_lines(item, text, MAX_SUMMARY))
        said = "".join(piece for piece, _ in text.message)
        if said or item.more is None:
            return said
        return next(filter(str.strip, map(plain, islice(item.more, MAX_JOINED))), "").strip()

    def settled(self, item: LogEntry) -> bool:
        """Whether no further line can belong to it."""
        return item.closed

    def moves(self, item: LogEntry) -> bool:
        """Return false: an entry changes only with an event."""
        return False

    def can_unfold(self, item: LogEntry) -> bool:
        """Whether it has more than one line."""
        return item.more is not None

    def spans(self, item: LogEntry, width: int) -> Row:
        """Lay the entry out on one line."""
        row, room = self._columns(item, width, unfolded=False)
        tag = self._tag(item, width)
        row += self._said(item, room - _beside(tag))
        return _with_tag(row, tag, width)

    def lines(self, item: LogEntry, width: int, *, unfolded: bool, wrapped: bool) -> list[Row]:
        """Lay the entry out with its further lines, and its long lines wrapped."""
        if not unfolded and not wrapped:
            return [self.spans(item, width)]
        lay: Callable[[Row, int, int], list[Row]] = (
            (lambda row, indent, beside: wrap(row, width, indent, beside))
            if wrapped
            else (lambda row, indent, beside: [cut(row, width - beside)])
        )
        tag = self._tag(item, width)
        columns, room = self._columns(item, width, unfolded=unfolded)
        start = row_width(columns)
        indent = start if start < width // 2 else self.indent
        said = self._said(item, 4 * width * room if wrapped else room, joined=not unfolded)
        if not unfolded and row_width([*columns, *said]) + _beside(tag) <= width:
            return [self.spans(item, width)]
        first, *others = lay([*columns, *said], indent, _beside(tag))
        lines = [_with_tag(first, tag, width), *others]
        if unfolded:
            for row, more in self._unfolded(item, room):
                lines += lay([(" " * self.indent, ""), *row], self.indent + more, 0)
        return lines

    def _columns(self, item: LogEntry, width: int, *, unfolded: bool) -> tuple[Row, int]:
        """Return the time, the mark, the level and the logger, and the room behind them."""
        text = self._texts.of(item)
        mark = " " if item.more is None else "▾" if unfolded else "▸"
        style = text.style
        if style == "bad" and text.raised is not None and not self._is_crash(item, text):
            style = "warn"
        row: Row = [
            (formats.clock_time(item.at) + " ", "dim"),
            (mark + " ", "info"),
            (left(text.level, LEVEL_WIDTH) + " ", style or "dim"),
        ]
        room = width - row_width(row)
        if text.logger:
            logger = fit(abbreviated(text.logger, room // 4), room // 3) + " "
            row.append((logger, "info"))
            room -= row_width([(logger, "")])
        return row, room

    def _said(self, item: LogEntry, room: int, *, joined: bool = True) -> Row:
        """Return the error or the message, and what belongs to it, in `room` cells."""
        text = self._texts.of(item)
        if text.raised is None:
            style = "" if text.is_coloured else text.style
            if joined:
                return joined_lines(item, text, room, style)
            return fit_pieces(text.message, room, style)
        crash = self._is_crash(item, text)
        message = fit_pieces(text.message, max(room // 2, 1)) if text.message else []
        error = _error(text, room - (0 if crash or not message else row_width(message) + 2), crash)
        if not message:
            return error
        if not crash:  # the app's words about a handled error come first
            return [*message, ("  ", ""), *error]
        rest = room - row_width(error) - 2
        return [*error, ("  ", ""), *_dim(cut(message, rest))] if rest > 8 else error

    def _unfolded(self, item: LogEntry, room: int) -> list[tuple[Row, int]]:
        """Return the lines below the row, each with its own indentation."""
        text = self._texts.of(item)
        if text.error is not None and any(e.frames for e in text.error.exceptions):
            found = [
                (fit_pieces(pieces, room * 4, ""), 0)
                for pieces in coloured_lines(item, 1, text.before)
            ]
            for exception in text.error.exceptions:
                found += _exception(exception)
            return found
        lines = coloured_lines(item, 1, 1 + MAX_LINES_IN_PLACE)
        return [(fit_pieces(pieces, room * 20), 0) for pieces in lines]

    def _is_crash(self, item: LogEntry, text: LogText) -> bool:
        assert text.raised is not None
        return is_crash(text.raised, item.request_id, self._store)

    def _tag(self, item: LogEntry, width: int) -> str:
        request = self._store.request(item.request_id) if width >= TAGS_FROM else None
        if request is None:
            return ""
        tag = request_tag(request)
        path, mark, _ = tag.partition("?")
        if len(tag) > TAG_WIDTH and mark:  # a part of a query is of no use
            tag = f"{path}?…"
        return fit(tag, TAG_WIDTH)

    def _request(self, request_id: str) -> str:
        """Return what a filter searches of a request; often, lines in a row have the same one."""
        if self._searched[0] != request_id:
            request = self._store.request(request_id)
            if request is None:
                return ""
            row = request.row
            self._searched = request_id, f"{row.method} {row.target[:MAX_SEARCHED]}"
        return self._searched[1]


def _beside(tag: str) -> int:
    """Return the cells that a tag takes, with the gap before it."""
    return row_width([(tag, "")]) + 2 if tag else 0


def _with_tag(row: Row, tag: str, width: int) -> Row:
    """Put a tag at the right end of a row that leaves room for it."""
    if not tag:
        return row
    gap = width - row_width(row) - row_width([(tag, "")])
    return [*row, (" " * gap, ""), (tag, "dim")]


def title_of(raised: ExceptionData) -> str:
    """Return `KeyError: 'b'`, with the first line of the message."""
    message = raised.message.partition("\n")[0]
    return f"{short_type(raised.type)}: {message}" if message else short_type(raised.type)


def error_place(text: LogText) -> str:
    """Return `hello.py:17`, the place of the error in the user's code."""
    frame = text.frame
    return f"{short_path(frame.file).rpartition('/')[2]}:{frame.line}" if frame is not None else ""


def _error(text: LogText, room: int, crash: bool) -> Row:
    """Return `KeyError: 'b'  hello.py:17`; the title is cut before the place."""
    assert text.raised is not None
    place = fit(error_place(text), room // 2)
    title = fit(title_of(text.raised), room - row_width([(place, "")]) - 2)
    row: Row = [(title, "bad" if crash else "warn")]
    return [*row, ("  ", ""), (place, "info")] if place else row


def _exception(exception: ExceptionData) -> list[tuple[Row, int]]:
    """Return an exception with the user's frames open and the libraries' counted."""
    found: list[tuple[Row, int]] = []
    if exception.relation != "first":
        name = visible(title_of(exception), 500)
        found.append(([(RELATIONS[exception.relation] + " ", "dim"), (name, "strong")], 2))
    for line in exception.message.split("\n")[1:20]:  # more lines of the message, or notes
        found.append(([(visible(line, 2_000), "strong")], 0))
    shown = [frame for frame in exception.frames if frame.own] or list(exception.frames[-1:])
    if libraries := len(exception.frames) - len(shown):
        found.append(([(f"  … {formats.count(libraries, 'library frame')}", "dim")], 2))
    for frame in shown:
        found += [(line.row, line.indent) for line in frame_lines(frame)]
    for member in exception.exceptions:
        head: Row = [(visible(title_of(member), 500), "strong")]
        for number, (row, indent) in enumerate([(head, 0), *_exception(member)]):
            found.append(([("│  " if number else "├─ ", "rule"), *row], indent + 3))
    if exception.members_left_out:
        more = formats.count(exception.members_left_out, "more exception")
        found.append(([(f"├─ … {more} not shown", "dim")], 3))
    return found


def _dim(row: Row) -> Row:
    return [(text, "dim" if style == "" or style == PLAIN else style) for text, style in row]
