"""Which modes of a terminal a program's output has switched on, and not off again."""

from __future__ import annotations

import re

# Modes that a program must switch off again if it switches them on; for the cursor vice versa.
# https://invisible-island.net/xterm/ctlseqs/ctlseqs.html, "DEC Private Mode Set"
PRIVATE_MODES = {
    "47": "alternate screen",
    "1047": "alternate screen",
    "1049": "alternate screen",
    "1000": "mouse",
    "1002": "mouse drags",
    "1003": "mouse moves",
    "1004": "focus reports",
    "1006": "SGR mouse",
    "1015": "urxvt mouse",
    "1016": "SGR pixel mouse",
    "2004": "bracketed paste",
    "2026": "synchronized output",
    "2048": "in-band resize reports",
}
CURSOR = "25"


def left_on(raw: bytes) -> list[str]:
    """The modes that are still on after these bytes, in words."""
    still_on: dict[str, str] = {}
    for codes, switch in re.findall(rb"\x1b\[\?([0-9;]+)([hl])", raw):
        for code in codes.decode().split(";"):
            if code in PRIVATE_MODES and switch == b"h":
                still_on[code] = PRIVATE_MODES[code]
            elif code == CURSOR and switch == b"l":
                still_on[code] = "hidden cursor"
            else:
                still_on.pop(code, None)
    # https://sw.kovidgoyal.net/kitty/keyboard-protocol/: pushed and popped like a stack
    pushed = len(re.findall(rb"\x1b\[>[0-9;]*u", raw))
    popped = len(re.findall(rb"\x1b\[<[0-9;]*u", raw))
    if pushed > popped:
        still_on["kitty"] = "kitty keyboard protocol"
    return list(still_on.values())


def ever_on(raw: bytes, mode: str) -> bool:
    """Whether a private mode, by its number, was switched on in these bytes."""
    return re.search(rb"\x1b\[\?(?:\d+;)*" + mode.encode() + rb"(?:;\d+)*h", raw) is not None
