"""Join the lines of a record to one, for a row or a part of one."""

from __future__ import annotations

from itertools import islice

from devtui.dashboard.panes.log_text import MAX_ROW_TEXT, LogText
from devtui.dashboard.widgets.cells import Row, cut, fit, fit_pieces, row_width
from devtui.session.store.log_entry import LogEntry
from devtui.text import masking
from devtui.text.prefixes import MAX_PREFIX, access_end
from devtui.text.sgr import plain

MAX_JOINED = 30
"""How many lines of an entry its row can show."""

WRAPPED_FROM = 15
"""A line that begins below the message counts as wrapped if the message begins here or later."""

_BETWEEN_LINES = " ↵ "


def joined_lines(entry: LogEntry, text: LogText, room: int, style: str = "") -> Row:
    """Return the message and its further lines in `room` cells.

    In Werkzeug's access log, which rich may have wrapped, leave out the client and the time.
    """
    if entry.logger != "werkzeug" or entry.more is None:
        return _joined(entry, text, room, style)
    row = _joined(entry, text, room + MAX_PREFIX, style)
    return cut(_from(row, access_end("".join(piece for piece, _ in row))), room)


def _joined(entry: LogEntry, text: LogText, room: int, style: str) -> Row:
    """Return the message with as many further lines of the record as there is room for.

    rich wraps a message at its own width: a line that begins below the message continues it.
    """
    row = fit_pieces(text.message, room, style)
    rest = room - row_width(row)
    for line in islice(entry.more or (), MAX_JOINED):
        # Remove colours first: a sequence that is cut would become text.
        without = plain(line[:MAX_ROW_TEXT])
        said = without.strip()
        if rest < len(_BETWEEN_LINES) + 4:
            break
        if said:
            at = without.find(said)
            # In an access log, the client and the time come before the start.
            fits = at <= text.start if entry.logger == "werkzeug" else at == text.start
            wrapped = at >= WRAPPED_FROM and fits
            between = " " if wrapped else _BETWEEN_LINES
            between = between if row else ""  # the message begins below its prefix
            shown = fit(masking.in_log(said), rest - len(between))
            row += [(between, "dim"), (shown, "")]
            rest = room - row_width(row)
    return row


def _from(row: Row, start: int) -> Row:
    """Return the row from a character on."""
    found: Row = []
    for piece, style in row:
        found.append((piece[start:], style))
        start = max(start - len(piece), 0)
    return found
