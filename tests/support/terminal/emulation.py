"""The terminal emulator: pyte, made fit for the sequences that Textual writes."""

from __future__ import annotations

import copy
import re
from typing import Any

import pyte

# What pyte takes for something else: CSI with a private marker other than "?", which it would
# draw or misread (kitty keyboard, modifyOtherKeys, XTVERSION), mode queries, kitty's own query,
# and strings of the kinds DCS, APC and PM.
_UNKNOWN = re.compile(
    rb"\x1b\[[<=>][0-9;:]*[ -/]*[@-~]|\x1b\[\?[0-9;]*(?:\$p|u)|\x1b[P_^].*?(?:\x1b\\|\x07)", re.S
)
_UNFINISHED = re.compile(rb"\x1b(?:\[[0-9;:<=>? -/]*|[P_^](?:[^\x1b\x07]|\x1b(?!\\))*)?\Z")


class Screen(pyte.Screen):
    """pyte's screen and what it lacks: the alternate screen, and deafness to what it mistakes."""

    def __init__(self, columns: int, lines: int) -> None:
        super().__init__(columns, lines)
        self._main: tuple[Any, Any] | None = None
        self._stream = pyte.ByteStream(self)
        self._held = b""

    def feed(self, chunk: bytes) -> None:
        """Take in what a program wrote, in pieces that may end anywhere."""
        data = _UNKNOWN.sub(b"", self._held + chunk)
        unfinished = _UNFINISHED.search(data)
        end = unfinished.start() if unfinished else len(data)
        self._held = data[end:]
        self._stream.feed(data[:end])

    def set_mode(self, *modes: int, **kwargs: Any) -> None:
        super().set_mode(*modes, **kwargs)
        if kwargs.get("private") and 1049 in modes and self._main is None:
            self._main = (copy.deepcopy(self.buffer), copy.copy(self.cursor))
            self.erase_in_display(2)

    def reset_mode(self, *modes: int, **kwargs: Any) -> None:
        super().reset_mode(*modes, **kwargs)
        if kwargs.get("private") and 1049 in modes and self._main is not None:
            hidden = self.cursor.hidden
            self.buffer, self.cursor = self._main
            self.cursor.hidden = hidden
            self._main = None
