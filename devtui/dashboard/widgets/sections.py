"""The contents of an opened row: sections of lines. Each line knows its section and its frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from devtui.dashboard.widgets.cells import Row, wrap
from devtui.dashboard.widgets.line_renderer import Rows
from devtui.events import Frame
from devtui.session.store.ring import Ring
from devtui.text.sanitize import visible

MAX_LINE = 20_000
"""How many characters of one line are shown."""

MAX_LINES = 5_000
"""How many lines of one text are shown."""

MAX_CHARACTERS = 100_000
"""How many characters of one text are shown; the last line may exceed this."""


class Line(msgspec.Struct, frozen=True):
    """One line of a section, before it is wrapped.

    `frame` is the place that the editor opens; `target` is the thing that enter opens.
    """

    row: Row
    frame: Frame | None = None
    indent: int = 0
    target: object = None


class Section(msgspec.Struct, frozen=True):
    """Lines under a heading; copying gives `copied`, or the lines as shown if it is None."""

    title: str
    lines: list[Line] = msgspec.field(default_factory=list)
    copied: str | None = None

    @property
    def text(self) -> str:
        """The text that copying the section gives."""
        if self.copied is not None:
            return self.copied
        return "\n".join("".join(text for text, _ in line.row) for line in self.lines)


class Detail(msgspec.Struct, frozen=True):
    """An opened row."""

    title: str
    sections: list[Section]


class ShownLine(msgspec.Struct, frozen=True):
    """A wrapped line of the screen."""

    row: Row
    section: Section
    frame: Frame | None = None
    target: object = None


class DetailRows(Rows[ShownLine]):
    """Shows lines that are laid out already."""

    def text(self, item: ShownLine) -> str:
        """Return the line's text."""
        return "".join(text for text, _ in item.row)

    def spans(self, item: ShownLine, width: int) -> Row:
        """Return the line, which is wrapped to the width already."""
        return item.row


def laid_out(sections: Iterable[Section], width: int) -> Ring[ShownLine]:
    """Wrap the sections to lines of at most `width` cells, with a blank line between sections."""
    lines = list(_lay_out(sections, max(width, 8)))
    ring: Ring[ShownLine] = Ring(max(len(lines), 1))
    for line in lines:
        ring.append(line)
    return ring


def _lay_out(sections: Iterable[Section], width: int) -> Iterator[ShownLine]:
    first = True
    for section in sections:
        if not first:
            yield ShownLine([], section)
        first = False
        if section.title:
            rule = "─" * max(width - len(section.title) - 1, 0)
            yield ShownLine([(section.title, "heading"), (" " + rule, "rule")], section)
        for line in section.lines:
            for row in wrap(line.row, width, line.indent):
                yield ShownLine(row, section, line.frame, line.target)


def bounded(lines: Iterable[Line]) -> list[Line]:
    """Return the lines up to `MAX_CHARACTERS`; later ones are not even made."""
    shown: list[Line] = []
    room = MAX_CHARACTERS
    for line in lines:
        if room <= 0:
            shown.append(Line([("… more is not shown here; y copies all of it", "dim")]))
            break
        shown.append(line)
        room -= 1 + sum(len(text) for text, _ in line.row)
    return shown


def text_lines(text: str, style: str = "") -> list[Line]:
    """Split a foreign text into safe, bounded lines."""
    return bounded(_text_lines(text, style))


def _text_lines(text: str, style: str) -> Iterator[Line]:
    found = text.split("\n", MAX_LINES)
    rest = found.pop() if len(found) > MAX_LINES or not found[-1] else ""
    for line in found:
        yield Line([(visible(line.removesuffix("\r"), MAX_LINE), style)])
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
