"""The lines of a record as one, for a row or for less than that."""

from __future__ import annotations

from itertools import islice

from devtui.dashboard.panes.log_text import MAX_ROW_TEXT, LogText
from devtui.dashboard.widgets.cells import Row, cut, fit, fit_pieces, row_width
from devtui.session.store.log_entry import LogEntry
from devtui.text import masking
from devtui.text.prefixes import MAX_PREFIX, access_end
from devtui.text.sgr import plain

MAX_JOINED = 30
"""How many lines of an entry stand in its row."""

WRAPPED_FROM = 15
"""The least column of a message whose further lines stand below it because it was wrapped."""

_BETWEEN_LINES = " ↵ "


def joined_lines(entry: LogEntry, text: LogText, room: int, style: str = "") -> Row:
    """Return the message and its further lines in so many cells.

    Of Werkzeug's access log the client and the time are left out, which rich may have wrapped.
    """
    if entry.logger != "werkzeug" or entry.more is None:
        return _joined(entry, text, room, style)
    row = _joined(entry, text, room + MAX_PREFIX, style)
    return cut(_from(row, access_end("".join(piece for piece, _ in row))), room)


def _joined(entry: LogEntry, text: LogText, room: int, style: str) -> Row:
    """Add the further lines of a record, as far as there is room.

    rich wraps a message at its own width: what begins below the message goes on with it.
    """
    row = fit_pieces(text.message, room, style)
    rest = room - row_width(row)
    for line in islice(entry.more or (), MAX_JOINED):
        # Colours first: a sequence that is cut would be a part of the text.
        without = plain(line[:MAX_ROW_TEXT])
        said = without.strip()
        if rest < len(_BETWEEN_LINES) + 4:
            break
        if said:
            at = without.find(said)
            # An access line's client and time stand before the start, too.
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
