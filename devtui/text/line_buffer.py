"""Assemble a line of output, within bounds, as a terminal would display it."""

from __future__ import annotations

# The buffer keeps this much of a line; it only counts the rest.
MAX_LINE_BYTES = 64 * 1024


class LineBuffer:
    r"""Collects the bytes of one line until its end.

    It drops overwritten text at each `\r`: a progress bar may use one line for hours.
    """

    __slots__ = ("_bytes", "_returned", "_skipped")

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._skipped = 0
        self._returned = False  # a final `\r` overwrites nothing until text follows

    def __bool__(self) -> bool:
        return self._returned or bool(self._bytes)

    def add(self, data: bytes) -> None:
        """Add bytes to the line, as far as there is room."""
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
        r"""Return the text of the line and empty the buffer.

        Only the text after the last `\r` remains, and bytes that are not UTF-8 are escaped.
        """
        text = self._bytes.decode("utf-8", "backslashreplace")
        if self._skipped:
            text += f" … (+{self._skipped:,} bytes)"
        self._bytes.clear()
        self._skipped = 0
        self._returned = False
        return text


def text_of(line: bytes) -> str:
    """Return the text of a complete line, as a `LineBuffer` would."""
    if len(line) <= MAX_LINE_BYTES and b"\r" not in line:  # nearly always
        return line.decode("utf-8", "backslashreplace")
    buffer = LineBuffer()
    buffer.add(line)
    return buffer.take()
