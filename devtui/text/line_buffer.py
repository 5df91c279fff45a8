"""A line of output that is being written: bounded, and shown as a terminal would leave it."""

from __future__ import annotations

# The part of one line that is kept; of the rest only the length is told.
MAX_LINE_BYTES = 64 * 1024


class LineBuffer:
    """Gathers the bytes of one line until its end comes.

    What a `\\r` overwrites is let go at once: a progress bar may run for hours on one line.
    """

    __slots__ = ("_bytes", "_returned", "_skipped")

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._skipped = 0
        self._returned = False  # a `\r` came last, which overwrites nothing if nothing follows

    def __bool__(self) -> bool:
        return self._returned or bool(self._bytes)

    def add(self, data: bytes) -> None:
        """Take more of the line, as far as there is room."""
        if not data:
            return
        shown = data.rstrip(b"\r")
        if shown:
            start = shown.rfind(b"\r") + 1
            if start or self._returned:
                self._bytes.clear()
                self._skipped = 0
            kept = shown[start : start + MAX_LINE_BYTES - len(self._bytes)]
            self._bytes += kept
            self._skipped += len(shown) - start - len(kept)
            self._returned = False
        self._returned |= len(shown) < len(data)

    def take(self) -> str:
        """The line's text; the buffer is empty afterwards.

        Of what a `\\r` overwrites only the last is left, and bytes that are no UTF-8 are escaped.
        """
        text = self._bytes.decode("utf-8", "backslashreplace")
        if self._skipped:
            text += f" … (+{self._skipped:,} bytes)"
        self._bytes.clear()
        self._skipped = 0
        self._returned = False
        return text


def text_of(line: bytes) -> str:
    """The text of a whole line, as a `LineBuffer` has it."""
    if len(line) <= MAX_LINE_BYTES and b"\r" not in line:  # nearly always
        return line.decode("utf-8", "backslashreplace")
    buffer = LineBuffer()
    buffer.add(line)
    return buffer.take()
