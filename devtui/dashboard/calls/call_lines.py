"""A call on one line: its kind, its text, and the place in the code."""

from __future__ import annotations

from pathlib import PurePath

from devtui.dashboard.widgets.cells import Row, fit, row_width
from devtui.events import Call
from devtui.filters.facts import CallKind
from devtui.session.calls.short_text import one_line
from devtui.text import masking
from devtui.text.paths import short_path
from devtui.text.sanitize import visible

KIND_NAMES: dict[CallKind, str] = {
    "sql": "sql",
    "http": "http",
    "cache": "cache",
    "template": "tmpl",
}
KIND_WIDTH = 6

USUAL_WIDTH = 76
"""The cells of a line before the size of the screen is known."""

_LEAST_TEXT = 20


def call_row(call: Call, room: int, *, times: str = "", reveal: bool = False) -> Row:
    """Return the call on at most `room` cells; `times` says how often it was made."""
    row: Row = [(f"{KIND_NAMES[call.kind]:<{KIND_WIDTH}}", "info")]
    if times:
        row.append((f"{times} × ", "warn"))
    where = place_of_call(call.file, call.line, max(room // 3, 0))
    rest = room - row_width(row)
    if rest - len(where) - 2 < _LEAST_TEXT:
        where = ""
    outcome = fit(call.error or call.result, rest // 2)
    aside = sum(len(text) + 2 for text in (where, outcome) if text)
    row.append((fit(text_of_call(call, reveal), rest - aside), "bad" if call.error else ""))
    if outcome:
        row.append(("  " + outcome, "bad" if call.error else "dim"))
    if where:
        row.append(("  " + where, "dim"))
    return row


def text_of_call(call: Call, reveal: bool = False) -> str:
    """Return the text on one line; a URL's secrets are masked."""
    text = one_line(call.text)
    if call.kind != "http":
        return text
    method, _, url = text.rpartition(" ")
    return f"{method} {masking.target(url, reveal)}".strip()


def place_of_call(file: str, line: int, room: int = 1_000) -> str:
    """Return `file:line`, empty if no line of the user's code caused the call.

    Of a path that takes more than `room` cells, the last two parts are shown, or the last.
    """
    if not file:
        return ""
    parts = PurePath(file).parts
    paths = [short_path(file), "/".join(parts[-2:]), parts[-1]]
    places = [visible(f"{path}:{line}", 500) for path in paths]
    return next((place for place in places if len(place) <= room), fit(places[-1], room))
