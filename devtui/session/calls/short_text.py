"""The text of a call on one line."""

from __future__ import annotations

import re

MAX_READ = 4_000
"""How many characters are read."""

SHORT_COLUMNS = 30
"""The longest list of columns that is shown."""

# The columns of the outermost SELECT, up to its FROM; one in parentheses belongs to a column.
_SELECT = re.compile(r"(SELECT(?: DISTINCT)?) (.+)", re.IGNORECASE)
_PIECE = re.compile(r"[()]|\bFROM\b", re.IGNORECASE)


def one_line(text: str) -> str:
    """Return the text without line breaks, and with `…` for a long list of columns."""
    line = " ".join(text[:MAX_READ].split())
    found = _SELECT.match(line)
    if found is None:
        return line
    depth = 0
    for piece in _PIECE.finditer(found[2]):
        if piece[0] == "(":
            depth += 1
        elif piece[0] == ")":
            depth -= 1
        elif depth == 0:
            columns = found[2][: piece.start()].strip()
            if len(columns) <= SHORT_COLUMNS:
                return line
            return f"{found[1]} … {found[2][piece.start() :]}"
    return line
