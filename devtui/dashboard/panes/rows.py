"""Show the items of each pane on one line, and return the text that a filter searches."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import PurePath

from devtui.dashboard.lists.line_renderer import Rows
from devtui.dashboard.panes.call_column import call_cells, has_column
from devtui.dashboard.panes.error_summary import error_title, last_line, place, short_type
from devtui.dashboard.panes.handled import is_fixed, is_handled
from devtui.dashboard.widgets.cells import Row, fit, left, right, row_width
from devtui.events import AppFailed, Reloaded, ServerExited
from devtui.session.store.error_groups import ErrorGroup
from devtui.session.store.request_record import Request, RequestRow
from devtui.session.store.store import Reload, Store
from devtui.text import formats, masking

SLOW_MS = 1_000.0
WIDE = 90
NARROW = 60
METHOD_WIDTH = 7
CLIENT_WIDTH = 15
TAG_WIDTH = 26
MAX_TARGET = 2_000

# A verdict such as `same, 41 -> 1 sql` counts more than a target, which keeps at least a few cells.
VERDICT_WIDTH = 22
TARGET_WIDTH = 3


def status_style(status: int | None) -> str:
    """Return the style for an HTTP status."""
    if status is None or status >= 500:
        return "bad"
    if status >= 400:
        return "warn"
    return "info" if status >= 300 else "good"


class RequestRows(Rows[Request]):
    """Requests: time, method, status, duration, size, calls if there are any, and target.

    The client is shown if clients differ.
    """

    def __init__(self, now: Callable[[], datetime], store: Store | None = None) -> None:
        """With a `store`, also mark reloads, and show calls and clients."""
        self._now = now
        self._store = store

    def text(self, item: Request) -> str:
        """Return method, status, target, client, reason for a cut, verdict and redirect.

        The target is always between the second and the third blank.
        """
        row = item.row
        if row.ended_at is None:
            return f"{row.method}  {row.target} {row.client}"
        status = row.status if row.status is not None else ""
        words = f"{row.method} {status} {row.target} {row.client} {row.cut} {item.verdict}"
        return f"{words} {row.location}" if row.location else words

    def divider(self, item: Request, after: Request | None) -> str:
        """Return the reload between two requests, or after the last."""
        if self._store is None:
            return ""
        if after is not None:
            newer = after.row.generation
        else:
            reloads = self._store.reloads
            newer = reloads[reloads.end - 1].generation if reloads else 0
        return f"reload #{newer}" if newer > item.row.generation else ""

    def summary(self, item: Request) -> str:
        """Return method, target and outcome."""
        row = item.row
        return f"{row.method} {shown_target(row)} {row.status or row.cut}{_leads_to(row)}"

    def settled(self, item: Request) -> bool:
        """Whether the response has ended."""
        return not item.running

    def spans(self, item: Request, width: int) -> Row:
        """Lay the request out on one line."""
        return self.narrowed(item, width, width)

    def narrowed(self, item: Request, width: int, end: int) -> Row:
        """Lay it out on `end` cells, in the columns of a list of `width` cells."""
        shown = item.row
        row: Row = [
            (formats.clock_time(shown.at) + "  ", "dim"),
            (left(shown.method, METHOD_WIDTH) + " ", _method_style(shown.method)),
        ]
        row += self._running(shown) if shown.ended_at is None else _outcome(shown)
        if width < NARROW:
            row = row[1:-1]  # make room for the target: leave out the time of day and the size
            row.append(("  ", ""))
        if self._store is not None and has_column(self._store.called, width):
            row += call_cells(shown, width)
        room = end - row_width(row)
        client = room >= WIDE - 40 and self._store is not None and self._store.clients_differ
        mark = ("* " if item.pinned else "") + ("↻ " if shown.replay_of else "")
        room -= len(mark) + (CLIENT_WIDTH + 2 if client else 0)
        target = shown_target(shown)
        cut = f"  cut: {shown.cut.removeprefix('cut ')}" if shown.cut else ""
        aside, style = (f"  {item.verdict}", verdict_style(item.verdict))
        if cut or not item.verdict:
            aside, style = cut, "bad"
        if aside:
            whole = len(aside) <= min(VERDICT_WIDTH, room - TARGET_WIDTH)
            least = len(aside) if whole else room // 2
            aside = fit(aside, max(least, room - len(target)))
        target, leads_to = _fitted(target, _leads_to(shown), room - len(aside))
        row += [(mark, "accent"), (target, ""), (leads_to, "info"), (aside, style)]
        if client:
            row.append((" " * (end - CLIENT_WIDTH - row_width(row)), ""))
            row.append((right(shown.client, CLIENT_WIDTH), "dim"))
        return row

    def _running(self, request: RequestRow) -> Row:
        elapsed = (self._now() - request.at).total_seconds() * 1000
        time = right(formats.running_time(elapsed), formats.DURATION_WIDTH)
        return [("···", "accent"), (f" {time}  ", "accent"), (" " * formats.SIZE_WIDTH + "  ", "")]


def shown_target(row: RequestRow) -> str:
    """Return as much of the target as fits into a row."""
    return masking.target(row.target[:MAX_TARGET])


def _leads_to(row: RequestRow) -> str:
    """Return ` → /login` for a redirect."""
    return f" → {masking.target(row.location)}" if row.location else ""


def _fitted(target: str, leads_to: str, room: int) -> tuple[str, str]:
    """Fit a target and its redirect into `room` cells; a long target leaves half of them."""
    rest = room - min(row_width([(fit(leads_to, room), "")]), room // 2)
    target = fit(target, rest)
    return target, fit(leads_to, room - row_width([(target, "")]))


def request_tag(request: Request) -> str:
    """Return the short form of a request for rows of other panes."""
    return f"{request.row.method} {shown_target(request.row)}"


def verdict_style(verdict: str) -> str:
    """Return the style for the verdict on a request."""
    if verdict.startswith("same"):
        return "good"
    return "bad" if verdict.startswith("5") or "no response" in verdict else "warn"


def _method_style(method: str) -> str:
    return "" if method in ("GET", "HEAD", "OPTIONS") else "strong"


def _outcome(finished: RequestRow) -> Row:
    status = "✗  " if finished.status is None else f"{finished.status:<3}"
    time = right(formats.duration(finished.duration_ms), formats.DURATION_WIDTH)
    size = right(formats.size(finished.size_bytes), formats.SIZE_WIDTH)
    return [
        (status, status_style(finished.status)),
        (f" {time}", "warn" if finished.duration_ms >= SLOW_MS else ""),
        (f"  {size}  ", "dim"),
    ]


class ReloadRows(Rows[Reload]):
    """Reloads: time, generation, duration, the cause and the files; failures in red."""

    def text(self, item: Reload) -> str:
        """Return the cause with its files, or the failure."""
        return " ".join(reload_words(item)).rstrip()

    def spans(self, item: Reload, width: int) -> Row:
        """Lay the reload out on one line."""
        time = "" if isinstance(item, ServerExited) else formats.duration(item.duration_ms)
        failed = not isinstance(item, Reloaded) or item.failed
        what, detail = reload_words(item)
        row: Row = [
            (formats.clock_time(item.at) + "  ", "dim"),
            (left(f"#{item.generation}", 4) + " ", "accent"),
            (right(time, formats.DURATION_WIDTH) + "  ", "" if failed else "good"),
        ]
        what = fit(what, width - row_width(row))
        row.append((what + "  ", "bad" if failed else ""))
        row.append((fit(detail, width - row_width(row)), "dim"))
        return row


def reload_words(item: Reload) -> tuple[str, str]:
    """Return what happened in a few words, and its details (files, the error)."""
    match item:
        case Reloaded() if item.looping:
            return "restart loop:", f"{PurePath(item.looping).name} changes each time the app loads"
        case Reloaded(failed=False):
            return item.cause, file_names(item)
        case Reloaded():
            return f"{item.cause}: serves the error", file_names(item)
        case AppFailed():
            return "the app did not load:" if item.reload else "first load failed:", item.message
        case ServerExited():
            return "the server process died:", exit_words(item)


def file_names(item: Reloaded) -> str:
    """Return the changed files that the cause does not name already."""
    names = [PurePath(path).name for path in item.paths]
    return ", ".join(name for name in names if name not in item.cause)


def exit_words(item: ServerExited) -> str:
    """Say how a server process ended."""
    if item.signal is not None:
        return f"killed by {item.signal} (pid {item.pid})"
    return f"exit status {item.exit_code} (pid {item.pid})"


class ErrorRows(Rows[ErrorGroup]):
    """Errors: last time, count, type, message, the place in the user's code, the request."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def text(self, item: ErrorGroup) -> str:
        """Return type, message, place and request."""
        error = item.newest.error
        return f"{error_title(error)} {place(error)} {self._request(item)}"

    def summary(self, item: ErrorGroup) -> str:
        """Return the text; whether it is fixed comes first, because the rest may be cut."""
        newest = item.newest
        state = "✓ fixed: " if is_fixed(newest, self._store) else ""
        state = "handled: " if not state and is_handled(newest, self._store) else state
        repeated = f"×{item.count:,} " if item.count > 1 else ""
        return f"{state}{repeated}{self.text(item)}"

    def spans(self, item: ErrorGroup, width: int) -> Row:
        """Lay the error out on one line; on a narrow one the message and the place, if it fits."""
        error = item.newest.error
        first = error.exceptions[0] if error.exceptions else None
        narrow = width < NARROW
        row: Row = [("" if narrow else formats.clock_time(item.last_at) + "  ", "dim")]
        if item.count > 1:
            row.append((f"×{item.count:,} ", "warn"))
        handled, fixed = is_handled(item.newest, self._store), is_fixed(item.newest, self._store)
        kind = fit(short_type(first.type) if first else "load", width - 12)
        row.append((kind + ": ", "dim" if fixed else "warn" if handled else "bad"))
        room = width - row_width(row)
        where = fit(place(error), room // (2 if narrow else 3))
        where = "" if narrow and where != place(error) else where
        source = "" if narrow else fit(self._request(item), min(TAG_WIDTH, room // 3))
        aside: Row = [(where, "info"), (source, "dim")]
        if fixed:
            aside[-1] = ("✓ fixed", "good")
        elif handled:
            aside[-1] = (fit(f"handled {source}".rstrip(), TAG_WIDTH), "dim")
        if item.count > 1 and width >= WIDE:
            aside.insert(0, (f"since {formats.clock_time(item.first_at)}", "dim"))
        aside = [("  " + text, style) for text, style in aside if text]
        message = first.message if first else last_line(error.text)
        row.append((fit(message, room - row_width(aside)), "dim" if fixed else ""))
        row.append((" " * (width - row_width(row) - row_width(aside)), ""))
        return row + aside

    def _request(self, group: ErrorGroup) -> str:
        item = group.newest
        request = self._store.request(item.request_id)
        if request is not None:
            return request_tag(request)
        return item.origin if item.origin not in ("request", "logging") else ""
