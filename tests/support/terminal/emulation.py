"""The terminal emulator: pyte, adapted to the sequences that Textual writes."""

from __future__ import annotations

import codecs
import copy
import re
from functools import lru_cache
from typing import Any

import pyte
from pyte import modes
from pyte.screens import Char, wcwidth

# Sequences that pyte misreads: CSI with a private marker other than "?", which it would draw or
# take for another one (kitty keyboard, modifyOtherKeys, XTVERSION), mode queries, kitty's own
# query, and strings of the kinds DCS, APC and PM.
_UNKNOWN = re.compile(
    rb"\x1b\[[<=>][0-9;:]*[ -/]*[@-~]|\x1b\[\?[0-9;]*(?:\$p|u)|\x1b[P_^].*?(?:\x1b\\|\x07)", re.S
)
_SYNC_QUERY, _SYNC_ANSWER = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
_SYNC = 2026 << 5  # as pyte numbers a private mode
_UNFINISHED = re.compile(rb"\x1b(?:\[[0-9;:<=>? -/]*|[P_^](?:[^\x1b\x07]|\x1b(?!\\))*)?\Z")

# Nearly everything that Textual writes. pyte reads sequences and draws text one character after
# another, which would be a quarter of the work of an end-to-end test.
_COLOURS_AND_WHAT_FOLLOWS = re.compile(
    "((?:\x1b\\[[0-9;]*m)*)"
    "(?:([^\x00\x07-\x0f\x1b\x7f\x9b\x9d]+)|\x1b\\[([0-9]+);([0-9]+)H|(\r\n))?"
)

# How many looks and pieces of text are cached: a dashboard draws the same ones again and again.
KEPT = 20_000


class Screen(pyte.Screen):
    """pyte's screen with the alternate screen, and without the sequences that pyte misreads."""

    def __init__(self, columns: int, lines: int) -> None:
        super().__init__(columns, lines)
        self._main: tuple[Any, Any] | None = None
        self._stream = pyte.Stream(self)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = b""
        self._texts: list[str] = []

    @property
    def amid_frame(self) -> bool:
        """Whether the program has begun to draw a frame, and has not ended it."""
        return _SYNC in self.mode

    def feed(self, chunk: bytes) -> bytes:
        """Feed it a program's output, in pieces that may end anywhere; return its answer.

        Like most terminals, it says that it supports synchronized output.
        """
        data = self._held + chunk
        answer = _SYNC_ANSWER if _SYNC_QUERY in data else b""
        data = _UNKNOWN.sub(b"", data)
        unfinished = _UNFINISHED.search(data)
        end = unfinished.start() if unfinished else len(data)
        self._held = data[end:]
        self._take(self._decoder.decode(data[:end]))
        return answer

    def _take(self, text: str) -> None:
        place, stream = 0, self._stream
        while place < len(text):
            found = None
            if stream._taking_plain_text is not None:  # else it is amid a sequence
                found = _COLOURS_AND_WHAT_FOLLOWS.match(text, place)
            if found is None or found.end() == place:
                stream.feed(text[place])
                place += 1
                continue
            colours, drawn, line, column, ended = found.groups()
            if colours:
                self.cursor.attrs = _coloured(self.cursor.attrs, colours)
            if drawn:
                self.draw(drawn)
            elif line:
                self.cursor_position(int(line), int(column))
            elif ended:
                self.carriage_return()
                self.linefeed()
            place = found.end()

    def draw(self, data: str) -> None:
        """Put text on the screen; at once if each character has one cell and the line has room."""
        cursor, end = self.cursor, self.cursor.x + len(data)
        if end > self.columns or modes.IRM in self.mode or not _is_narrow(data):
            self.dirty.update((max(cursor.y - 1, 0), cursor.y))  # a character may join the last one
            super().draw(data)
            return
        cells = _cells(cursor.attrs, data)
        self.buffer[cursor.y].update(zip(range(cursor.x, end), cells, strict=True))
        self.dirty.add(cursor.y)
        cursor.x = end

    @property
    def display(self) -> list[str]:
        """The text of each line; only those that have changed since the last time are read."""
        if len(self._texts) != self.lines:
            self._texts = [""] * self.lines
            self.dirty.update(range(self.lines))
        for y in self.dirty:
            if y < self.lines:
                self._texts[y] = self._line(y)
        self.dirty.clear()
        return self._texts

    def _line(self, y: int) -> str:
        row = self.buffer[y]
        cells = [row[x].data for x in range(self.columns)]
        text = "".join(cells)
        if text.isascii():
            return text
        for x in range(self.columns - 1):
            if cells[x] and wcwidth(cells[x][0]) == 2:
                cells[x + 1] = ""
        return "".join(cells)

    def wipe(self) -> None:
        """Clear the main screen, even if the alternate one hides it."""
        buffer = self._main[0] if self._main else self.buffer
        buffer.clear()
        self.dirty.update(range(self.lines))

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
            self.dirty.update(range(self.lines))


@lru_cache(KEPT)
def _coloured(attributes: Char, sequences: str) -> Char:
    """The look of text after these sequences, by pyte."""
    screen = pyte.Screen(1, 1)
    screen.cursor.attrs = attributes
    for numbers in sequences.removeprefix("\x1b[").removesuffix("m").split("m\x1b["):
        screen.select_graphic_rendition(
            *(min(int(number or 0), 9999) for number in numbers.split(";"))
        )
    return screen.cursor.attrs


@lru_cache(KEPT)
def _cells(attributes: Char, text: str) -> tuple[Char, ...]:
    return tuple(attributes._replace(data=character) for character in text)


@lru_cache(KEPT)
def _is_narrow(text: str) -> bool:
    if text.isascii():
        return text.isprintable()
    return all(wcwidth(character) == 1 for character in text)
