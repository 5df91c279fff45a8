"""A line of output that is being written: bounded, and shown as a terminal would leave it."""

from __future__ import annotations

# The part of one line that is kept; of the rest only the length is told.
MAX_LINE_BYTES = 64 * 1024


class LineBuffer:
    """Gathers the bytes of one line until its end comes."""

    __slots__ = ("_bytes", "_skipped")

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._skipped = 0

    def __bool__(self) -> bool:
        return bool(self._bytes)

    def add(self, data: bytes) -> None:
        """Take more of the line, as far as there is room."""
        kept = data[: max(0, MAX_LINE_BYTES - len(self._bytes))]
        self._bytes += kept
        self._skipped += len(data) - len(kept)

    def take(self) -> str:
        """The line's text; the buffer is empty afterwards.

        Of what a `\\r` overwrites only the last is left, and bytes that are no UTF-8 are escaped.
        """
        text = self._bytes.decode("utf-8", "backslashreplace").rstrip("\r").rpartition("\r")[2]
        if self._skipped:
            text += f" … (+{self._skipped:,} bytes)"
        self._bytes.clear()
        self._skipped = 0
        return text
