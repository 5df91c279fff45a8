"""Keep lines whose end was not written yet: from `print`, a question, or a progress bar."""

from __future__ import annotations

import re
import threading
from itertools import count

import msgspec

from devtui.text.line_buffer import LineBuffer, text_of

# A shorter line is plain bytes: quicker than a `LineBuffer`, which is bounded.
_SHORT_BYTES = 4096

# Progress bars write this before they draw their line again: erase it, hide the cursor.
_AGAIN = re.compile(rb"(?:\r|\x1b\[[02]?K|\x1b\[\?25[hl])+")
_MAX_DRAWING = 64
ERASES = b"\r\x1b[2K"
_HIDES_CURSOR = b"\x1b[?25l"
# Bars of several lines erase the last one, and then each one above it.
_ABOVE = b"\x1b[1A\x1b[2K"
_LINES_AGAIN = re.compile(rb"\r\x1b\[2K((?:\x1b\[1A\x1b\[2K)*)")
_MAX_ABOVE = 100
_UP = re.compile(rb"\x1b\[\d{0,3}A")
_CURSOR = re.compile(rb"(?:\x1b\[\?25[hl])+")


class UnfinishedLine(msgspec.Struct):
    """An unfinished line."""

    text: bytes
    request_id: str | None
    since: float
    continues: bool  # the line before, of the same write
    draws: int = 0  # the line that it draws again
    buffer: LineBuffer | None = None  # in place of the text, once that is long
    above: tuple[int, ...] = ()  # the numbers of the lines above it, of the same write
    below_drawn: bool = False  # the last line of a write that erases: rich prints above a bar

    @classmethod
    def of(
        cls,
        data: bytes,
        request_id: str | None,
        since: float,
        continues: bool = False,
        draws: int = 0,
    ) -> UnfinishedLine:
        """Return a line that begins with `data`."""
        line = cls(b"", request_id, since, continues, draws)
        line.add(data, request_id)
        return line

    def add(self, data: bytes, request_id: str | None) -> None:
        """Take more of the line. `print` writes its values one by one, so this must be quick.

        `request_id` is the request that writes it.
        """
        if self.request_id != request_id and self.says_nothing:
            self.request_id = request_id  # rich shows the cursor after a bar, without a line's end
        if self.buffer is not None:
            self.buffer.add(data)
        elif len(self.text) + len(data) < _SHORT_BYTES:
            self.text += data
        else:
            buffer = LineBuffer()
            buffer.add(self.text)
            buffer.add(data)
            self.buffer = buffer

    def take(self) -> str:
        """Return the line's text, as `LineBuffer` does."""
        return text_of(self.text) if self.buffer is None else self.buffer.take()

    @property
    def is_drawn(self) -> bool:
        """Whether it is a progress bar that erases its line each time, as those of rich do."""
        return self.below_drawn or self.text.startswith((ERASES, _HIDES_CURSOR))

    def is_of(self, request_id: str | None) -> bool:
        """Whether it may belong to that request; one of the two may have none."""
        return None in (self.request_id, request_id) or self.request_id == request_id

    @property
    def says_nothing(self) -> bool:
        """Whether it only hides or shows the cursor, as before and after a progress bar."""
        return self.buffer is None and _CURSOR.fullmatch(self.text) is not None


class DrawnLines(msgspec.Struct, frozen=True):
    """The whole lines of one write, each with the number of the row that it draws.

    `rest` is the unfinished last line, None if there is none.
    """

    whole: list[tuple[str, int]]
    rest: UnfinishedLine | None
    request_id: str | None


class CutLines:
    """The lines that were sent without their end, by thread: each may be drawn again."""

    def __init__(self) -> None:
        self._lines: dict[int, UnfinishedLine] = {}
        self._next = count(1)
        self._drew: dict[int, str] = {}  # the request whose bar a thread without one has drawn

    def __bool__(self) -> bool:
        return bool(self._lines)

    def note(self, thread: int, line: UnfinishedLine, now: float) -> None:
        """Note that a line is sent, and give it a number."""
        line.draws = line.draws or next(self._next)
        line.since = now
        self._lines[thread] = line

    def forget(self, thread: int) -> None:
        """Forget the line of a thread."""
        self._lines.pop(thread, None)

    def go_on(
        self, data: bytes, unfinished: dict[int, UnfinishedLine], request_id: str | None
    ) -> tuple[bytes, UnfinishedLine | None]:
        """Return what begins a new line, and the line that it draws again, if any.

        `request_id` is the request of the calling thread.
        """
        thread = threading.get_ident()
        if thread in unfinished:
            return data, None
        line = self._lines.pop(thread, None)
        if line is not None and not line.is_of(request_id):
            line = None  # it belongs to an earlier thread with the same number
        if line is not None and data[:1] == b"\n":  # the end of the line
            return data[1:], None
        if not _draws_again(data):
            return data, None
        if line is None and data.startswith(ERASES):
            line = self._bar(unfinished, request_id, thread)
        return data, line

    def lines(
        self,
        data: bytes,
        unfinished: dict[int, UnfinishedLine],
        request_id: str | None,
        now: float,
        *,
        logs: bool,
    ) -> DrawnLines | None:
        """Return the lines of a write that draws several lines again, or begins to; else None.

        If it `logs`, the lines above the bars are a record, which draws no row.
        """
        again = _LINES_AGAIN.match(data)
        if again is None:
            return None
        above = len(again[1]) // len(_ABOVE)
        text = data[again.end() :] if above else data  # an opened row shows what was written
        if not above and b"\n" not in text[:-1]:
            return None
        thread = threading.get_ident()
        line = unfinished.pop(thread, None) or self._lines.pop(thread, None)
        if line is None or not line.is_of(request_id):
            line = self._bar(unfinished, request_id, thread)
        numbers: list[int] = []
        if line is not None and len(line.above) >= above:
            numbers = [*line.above[len(line.above) - above :], line.draws]
            request_id = request_id or line.request_id
        *whole, last = text.split(b"\n")
        record = max(len(whole) - above, 0) if logs else 0
        numbers = [0] * record + numbers
        numbers += [0] * (len(whole) + 1 - len(numbers))
        for at in range(record, len(whole)):
            numbers[at] = numbers[at] or next(self._next)
        drawn = list(zip(map(text_of, whole), numbers, strict=False))
        rest = None
        if last:
            since = now if line is None else line.since
            rest = UnfinishedLine.of(last, request_id, since, draws=numbers[len(whole)])
            rest.above = tuple(number for _, number in drawn[record:][-_MAX_ABOVE:])
            rest.below_drawn = True
        return DrawnLines(drawn, rest, request_id)

    def _bar(
        self, unfinished: dict[int, UnfinishedLine], request_id: str | None, thread: int
    ) -> UnfinishedLine | None:
        """Remove and return the bar that a thread draws by turns with another one."""
        drew = request_id or self._drew.get(thread)
        nobody: set[str] = set()
        others = {one for number, one in tuple(self._drew.items()) if number != thread}
        for wanted, left_out in ((drew, nobody), (None, others), (None, nobody)):
            for lines in (unfinished, self._lines):
                line = _drawn(lines, wanted, left_out)
                if line is not None:
                    if request_id is None and line.request_id is not None:
                        self._remember(thread, line.request_id)
                    return line
            if request_id is not None:
                return None  # a bar of another request is another bar
        return None

    def _remember(self, thread: int, request_id: str) -> None:
        self._drew.pop(thread, None)
        self._drew[thread] = request_id
        for oldest in tuple(self._drew)[:-_MAX_DRAWING]:
            self._drew.pop(oldest, None)


def _drawn(
    lines: dict[int, UnfinishedLine], request_id: str | None, left_out: set[str]
) -> UnfinishedLine | None:
    """Remove and return the newest bar of another thread: rich draws its bars in two by turns.

    One of the two has no request.
    """
    for thread, line in reversed(tuple(lines.items())):
        if line.is_drawn and line.is_of(request_id) and line.request_id not in left_out:
            return lines.pop(thread, None)
    return None


def _draws_again(data: bytes) -> bool:
    """Whether a write draws the same line again, and not a line above it."""
    run = _AGAIN.match(data)
    return run is not None and b"\r" in run[0] and _UP.match(data, run.end()) is None
