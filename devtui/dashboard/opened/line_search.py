"""Find a text among the lines of an opened row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from devtui.dashboard.lists.sections import DetailRows, Line, ShownLine
from devtui.dashboard.widgets.cells import Row

MAX_MATCHES = 10_000


class Match(msgspec.Struct, frozen=True):
    """One match: the lines it is on, and the first and last character on each."""

    parts: tuple[tuple[int, int, int], ...]

    @property
    def line(self) -> int:
        """The number of its first line."""
        return self.parts[0][0]


def folded(text: str) -> str:
    """Return the text in lower case, with the same length."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(one if len(one) == 1 else char for char in text for one in (char.lower(),))


def occurs_in(lines: Iterable[Line], wanted: str) -> bool:
    """Whether one of the lines contains the text, in any case."""
    texts = ("".join(text for text, _ in line.row) for line in lines)
    return any(wanted in folded(text) for text in texts)


def matches_in(lines: Sequence[ShownLine], wanted: str) -> list[Match]:
    """Return the matches of the text, also across the breaks of wrapped lines."""
    found: list[Match] = []
    for first, whole, starts in _unwrapped(lines):
        at = whole.find(wanted)
        while at >= 0 and len(found) < MAX_MATCHES:
            found.append(Match(tuple(_parts(first, lines, starts, at, at + len(wanted)))))
            at = whole.find(wanted, at + len(wanted))
    return found


def _unwrapped(lines: Sequence[ShownLine]) -> Iterator[tuple[int, str, list[int]]]:
    """Yield each line as it was before wrapping: its number, its text, where each part begins."""
    number = 0
    while number < len(lines):
        first, pieces, starts, length = number, [], [], 0
        while number < len(lines) and (number == first or lines[number].continued is not None):
            piece = folded(text_of(lines[number])[lines[number].continued or 0 :])
            starts.append(length)
            pieces.append(piece)
            length += len(piece)
            number += 1
        yield first, "".join(pieces), starts


def _parts(
    first: int, lines: Sequence[ShownLine], starts: list[int], begin: int, end: int
) -> Iterator[tuple[int, int, int]]:
    for at, start in enumerate(starts):
        shift = lines[first + at].continued or 0
        stop = starts[at + 1] if at + 1 < len(starts) else end
        if begin < stop and start < end:
            yield first + at, max(begin, start) - start + shift, min(end, stop) - start + shift


def text_of(line: ShownLine) -> str:
    """Return the text of a line as it is shown."""
    return "".join(text for text, _ in line.row)


class MarkedRows(DetailRows):
    """Show lines with the matches marked."""

    def __init__(self) -> None:
        self._marks: dict[int, list[tuple[int, int, str]]] = {}

    def mark(self, lines: Sequence[ShownLine], matches: Sequence[Match], now: int) -> None:
        """Mark the matches; the one with the number `now` stands out."""
        self._marks = {}
        for number, match in enumerate(matches):
            style = "match-now" if number == now else "match"
            for line, start, end in match.parts:
                self._marks.setdefault(id(lines[line]), []).append((start, end, style))

    def spans(self, item: ShownLine, width: int) -> Row:
        """Return the line, with the matches in their own colours."""
        marks = self._marks.get(id(item))
        return marked_row(item.row, marks) if marks else item.row


def marked_row(row: Row, marks: Sequence[tuple[int, int, str]]) -> Row:
    """Return the row with the marked parts in other styles."""
    shown: Row = []
    at = 0
    for text, style in row:
        end = at + len(text)
        while at < end:
            start = end - len(text)
            inside = next((mark for mark in marks if mark[0] <= at < mark[1]), None)
            later = min((mark[0] for mark in marks if mark[0] > at), default=end)
            stop = min(end, inside[1] if inside else later)
            shown.append((text[at - start : stop - start], inside[2] if inside else style))
            at = stop
    return shown
