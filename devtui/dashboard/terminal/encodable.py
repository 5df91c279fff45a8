r"""Draw ASCII lookalikes in a terminal whose encoding is not UTF-8.

Python writes `\\u2500` for a frame's line that cannot be encoded: six cells instead of one, so
the whole screen is out of place.
"""

from __future__ import annotations

import codecs
from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_LOOKALIKES = {
    **dict.fromkeys("─━═╌┄┈╴╶╸╺▔", "-"),
    **dict.fromkeys("│┃║╎┆┊╵╷╹╻▏▎▍▌▋▊▉▐▕", "|"),
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯┏┓┗┛┣┫┳┻╋╔╗╚╝╠╣╦╩╬", "+"),
    **dict.fromkeys("▁▂▃▄▅▆▇█▀▖▗▘▙▚▛▜▝▞▟░▒▓■", "#"),
    **dict.fromkeys("‘’′", "'"),
    **dict.fromkeys("“”″", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **dict.fromkeys("·•∙", "."),
    **dict.fromkeys("→▶▸❯❱›", ">"),
    **dict.fromkeys("←◀◂❮❰‹", "<"),
    "↑": "^",
    "▲": "^",
    "↓": "v",
    "▼": "v",
    "▾": "v",
    "✓": "v",
    "×": "x",
    "✗": "x",
    "…": "~",
    "␊": "~",
}  # fmt: skip


def unfit(encoding: str | None) -> bool:
    """Whether text in this encoding needs the filter; an unknown encoding counts as ASCII."""
    try:
        return codecs.lookup(encoding or "ascii").name != "utf-8"
    except LookupError:
        return True


class Encodable(LineFilter):
    """Replace characters that the encoding lacks by a lookalike or `?` of the same width."""

    def __init__(self, encoding: str | None) -> None:
        super().__init__()
        try:
            self._encoding = codecs.lookup(encoding or "ascii").name
        except LookupError:
            self._encoding = "ascii"

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments with text that can be encoded."""
        return [
            Segment(encodable(text, self._encoding), style, control)
            for text, style, control in segments
        ]


@lru_cache(maxsize=4096)
def encodable(text: str, encoding: str) -> str:
    """Return `text` in characters that the encoding has, cell by cell."""
    if _can(text, encoding):
        return text
    return "".join(char if _can(char, encoding) else _stand_in(char) for char in text)


def _can(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _stand_in(char: str) -> str:
    return _LOOKALIKES.get(char) or "?" * cell_len(char)
