"""The contents of an opened row: sections of lines. Each line knows its section and its frame."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

import msgspec

from devtui.dashboard.lists.line_renderer import Rows
from devtui.dashboard.widgets.cells import Row, cut, wrap_pair
from devtui.events import Frame
from devtui.session.store.ring import Ring
from devtui.text.formats import count
from devtui.text.sanitize import visible

# The line below a line of code that marks what failed.
_MARKS = re.compile(r" +[~^]+ *")

MAX_LINE = 20_000
"""How many characters of one line are shown."""

MAX_LINES = 5_000
"""How many lines of one text are shown."""

MAX_CHARACTERS = 100_000
"""How many characters of one text are shown; the last line may exceed this."""


class Line(msgspec.Struct, frozen=True):
    """One line of a section, before it is wrapped.

    `frame` is the place that the editor opens; `target` is the thing that enter opens. `below` is
    a line that marks parts of this one, such as `^^^^`.
    """

    row: Row
    frame: Frame | None = None
    indent: int = 0
    target: object = None
    below: Row = []

    @property
    def text(self) -> str:
        """The line, with the one below."""
        rows = (self.row, self.below) if self.below else (self.row,)
        return "\n".join("".join(text for text, _ in row) for row in rows)


class Section(msgspec.Struct, frozen=True):
    """Lines under a heading; copying gives `copied`, or the lines as shown if it is None.

    `number` tells sections of the same title apart.
    """

    title: str
    lines: list[Line] = msgspec.field(default_factory=list)
    copied: str | None = None
    number: int = 0

    @property
    def name(self) -> str:
        """The name under which a fold is remembered."""
        return f"{self.title} {self.number}" if self.number else self.title

    @property
    def text(self) -> str:
        """The text that copying the section gives."""
        if self.copied is not None:
            return self.copied
        return "\n".join(line.text for line in self.lines)


class Detail(msgspec.Struct, frozen=True):
    """An opened row."""

    title: str
    sections: list[Section]


class ShownLine(msgspec.Struct, frozen=True):
    """A wrapped line of the screen.

    `heading` says that it is its section's title. `continued` is the indent of a line that
    continues the one above.
    """

    row: Row
    section: Section
    frame: Frame | None = None
    target: object = None
    heading: bool = False
    continued: int | None = None


class DetailRows(Rows[ShownLine]):
    """Show lines that are laid out already."""

    def text(self, item: ShownLine) -> str:
        """Return the line's text."""
        return "".join(text for text, _ in item.row)

    def spans(self, item: ShownLine, width: int) -> Row:
        """Return the line, which is wrapped to the width already."""
        return item.row


def laid_out(
    sections: Iterable[Section],
    width: int,
    *,
    wrapped: bool = True,
    folds: Callable[[Section], bool] | None = None,
) -> Ring[ShownLine]:
    """Wrap the sections to lines of at most `width` cells, with a blank line between sections.

    If not `wrapped`, cut the lines. `folds` says whether only the title of a section is shown;
    without it none can be folded.
    """
    lines = list(_lay_out(sections, max(width, 8), wrapped, folds))
    ring: Ring[ShownLine] = Ring(max(len(lines), 1))
    for line in lines:
        ring.append(line)
    return ring


def _lay_out(
    sections: Iterable[Section],
    width: int,
    wrapped: bool,
    folds: Callable[[Section], bool] | None,
) -> Iterator[ShownLine]:
    blank = False
    for section in sections:
        folded = bool(section.title) and folds is not None and folds(section)
        if blank:
            yield ShownLine([], section)
        blank = not folded  # no blank line between folded sections
        if section.title:
            yield ShownLine(_heading(section, width, folds, folded), section, heading=True)
        for line in () if folded else section.lines:
            if wrapped:
                rows = wrap_pair(line.row, line.below, width, line.indent)
            else:
                rows = [cut(row, width) for row in (line.row, line.below) if row or row is line.row]
            for part, row in enumerate(rows):
                continued = line.indent if part else None
                yield ShownLine(row, section, line.frame, line.target, False, continued)


def _heading(
    section: Section, width: int, folds: Callable[[Section], bool] | None, folded: bool
) -> Row:
    mark = "" if folds is None else "▸ " if folded else "▾ "
    aside = f" {count(len(section.lines), 'line')}" if folded else ""
    rule = "─" * max(width - len(mark + section.title + aside) - 1, 0)
    return [
        (mark, "dim"),
        (section.title, "heading"),
        (aside, "dim"),
        (" " + rule, "rule"),
    ]


def bounded(lines: Iterable[Line]) -> list[Line]:
    """Return the lines up to `MAX_CHARACTERS`, and generate no more than that."""
    shown: list[Line] = []
    room = MAX_CHARACTERS
    for line in lines:
        if room <= 0:
            shown.append(Line([("… more is not shown here; y copies all of it", "dim")]))
            break
        shown.append(line)
        room -= 1 + sum(len(text) for text, _ in line.row)
    return shown


def text_lines(text: str, style: str = "", *, marks: bool = False) -> list[Line]:
    """Split a foreign text into safe, bounded lines.

    With `marks`, lines of `^^^^` belong to the lines above them, as in tracebacks.
    """
    return bounded(_text_lines(text, style, marks))


def marks_above(line: str) -> bool:
    """Whether a line of a traceback marks a part of the line above it."""
    return _MARKS.fullmatch(line) is not None


def _text_lines(text: str, style: str, marks: bool) -> Iterator[Line]:
    found = text.split("\n", MAX_LINES)
    rest = found.pop() if len(found) > MAX_LINES or not found[-1] else ""
    above: Line | None = None
    for line in found:
        shown: Row = [(visible(line.removesuffix("\r"), MAX_LINE), style)]
        if marks and above is not None and marks_above(line):
            yield Line(above.row, below=shown)
            above = None
            continue
        if above is not None:
            yield above
        above = Line(shown)
    if above is not None:
        yield above
    if rest:
        yield Line([(f"… {len(rest):,} more characters are not shown", "dim")])


def pairs(items: Iterable[tuple[str, str]], least: int = 0) -> list[Line]:
    """Align names and values; the values begin at least `least` cells from the left."""
    items = list(items)
    names = [visible(name, 200) for name, _ in items]
    width = max(min(max(map(len, names), default=0), 28), least - 2)
    return bounded(
        Line([(f"{name:<{width}}  ", "info"), (visible(value, MAX_LINE), "")], indent=width + 2)
        for name, (_, value) in zip(names, items, strict=True)
    )
