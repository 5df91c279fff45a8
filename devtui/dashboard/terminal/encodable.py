r"""What a terminal is shown that takes another encoding than UTF-8: frames of ASCII, no escapes.

Python writes `\\u2500` where a frame's line cannot be encoded, six cells for one, and nothing
on the screen stands in its place any more.
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
    """Whether text in that encoding has to be looked at first; an unknown one takes ASCII."""
    try:
        return codecs.lookup(encoding or "ascii").name != "utf-8"
    except LookupError:
        return True


class Encodable(LineFilter):
    """Draws what the encoding lacks with what looks like it, else with `?`; the widths stay."""

    def __init__(self, encoding: str | None) -> None:
        super().__init__()
        try:
            self._encoding = codecs.lookup(encoding or "ascii").name
        except LookupError:
            self._encoding = "ascii"

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments with text that can be encoded."""
        return [
            Segment(encodable(text, self._encoding), style, control)
            for text, style, control in segments
        ]


@lru_cache(maxsize=4096)
def encodable(text: str, encoding: str) -> str:
    """`text`, cell by cell, in characters that the encoding has."""
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
