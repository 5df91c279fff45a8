"""The texts of the port screen, laid out for a width; foreign text is made safe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.cells import cell_len
from textual.content import Content

from devtui.dashboard.ports.port_choices import PortChoice, Sight
from devtui.dashboard.widgets.cells import Row, wrap
from devtui.events import Holder
from devtui.ports import holder_text

LABEL_WIDTH = 12
_DIM = "$foreground 55%"
_GREY = "$foreground 42%"
_PROSE = ("it is", "note", "restarts", "no conflict")


def headline(sight: Sight, width: int) -> Content:
    """Return the port's state."""
    colour = "$text-success" if sight.ours or sight.survey.refusal is None else "$text-warning"
    return _paragraph(holder_text.shown(sight.message), f"bold {colour}", width)


def details(sight: Sight, width: int, now: datetime) -> Content:
    """Return the holders with their facts, and the warnings."""
    parts = [_holder(holder, width, now) for holder in sight.survey.holders]
    parts += [
        _paragraph(holder_text.shown(text), "$text-warning", width)
        for text in sight.survey.warnings
    ]
    return Content("\n\n").join(parts)


def _holder(holder: Holder, width: int, now: datetime) -> Content:
    lines = [Content.styled(line, "bold") for line in _words(holder_text.title(holder), width)]
    for label, text in holder_text.details(holder, now):
        room = width - LABEL_WIDTH - 2
        style = {"it is": "$text-accent", "restarts": "$text-warning"}.get(label, "")
        pieces = _words(text, room) if label in _PROSE else _pieces(text, room)
        for number, piece in enumerate(pieces):
            name = "" if number else label
            lines.append(Content.assemble((f"{name:<{LABEL_WIDTH}}  ", _DIM), (piece, style)))
    return Content("\n").join(lines)


def choice_line(choice: PortChoice, width: int, *, cut: bool = False) -> Content:
    """Return a choice with its key; grey and with the reason if it cannot work.

    It takes as many lines as it needs, or one line if it is `cut`.
    """
    whole = _choice_lines(choice, width - 2 if cut else width)
    lines = whole.split("\n") if cut else [whole]
    return lines[0] + " …" if len(lines) > 1 else lines[0]


def _choice_lines(choice: PortChoice, width: int) -> Content:
    if not choice.why_not:
        return _key(choice.key, choice.text, width)
    why_not = choice.why_not[:1].lower() + choice.why_not[1:].rstrip(".")
    lines = _words(holder_text.shown(f"{choice.text} · {why_not}"), width - 3)
    first = (f"{choice.key}  {lines[0]}", _GREY)
    return Content("\n").join(
        [Content.assemble(first), *(Content.styled(f"   {line}", _GREY) for line in lines[1:])]
    )


def _key(key: str, text: str, width: int) -> Content:
    indent = " " * (len(key) + 2)
    lines = _words(holder_text.shown(text), width - len(indent))
    first = Content.assemble((key, "bold $footer-key-foreground"), "  ", lines[0])
    return Content("\n").join([first, *(Content(indent + line) for line in lines[1:])])


def question(holders: Sequence[Holder], ask_seconds: float, width: int) -> Content:
    """Return the question before processes are stopped, with the command of each."""
    one = len(holders) == 1
    lines = [Content.styled(f"Stop {'this process' if one else 'these processes'}?", "bold")]
    for holder in holders:
        lines += [Content.styled(f"  {holder_text.title(holder)}", "bold")]
        for piece in _pieces(holder_text.shown(holder.command), width - 4)[:2]:
            lines += [Content(f"    {piece}")]
    they_are, they_have = ("It is", "it has") if one else ("They are", "they have")
    lines += [
        Content(),
        _paragraph(
            f"{they_are} asked to end (SIGTERM), and killed if {they_have} not ended "
            f"within {ask_seconds:.0f} s.",
            _DIM,
            width,
        ),
        Content(),
        _key("y", "yes, stop " + ("it" if one else "them"), width),
        _key("n", "no", width),
    ]
    return Content("\n").join(lines)


def step_line(seconds: float, text: str, width: int) -> Content:
    """Return a step of stopping, with the seconds since the first one."""
    lines = _words(holder_text.shown(text), width - 9)
    return Content("\n").join(
        Content.assemble((f"{seconds:5.1f} s  " if not number else " " * 9, _DIM), line)
        for number, line in enumerate(lines)
    )


def said(text: str, width: int, problem: bool) -> Content:
    """Return the result."""
    return _paragraph(holder_text.shown(text), "$text-error" if problem else _DIM, width)


def height(content: Content) -> int:
    """Count the lines; everything here is wrapped already."""
    return str(content).count("\n") + 1 if content else 0


def _paragraph(text: str, style: str, width: int) -> Content:
    return Content("\n").join(Content.styled(line, style) for line in _words(text, width))


def _words(text: str, width: int) -> list[str]:
    """Wrap text to lines of at most `width` cells, between words if possible."""
    lines: list[str] = []
    current = ""
    for word in text.split(" "):
        longer = f"{current} {word}" if current else word
        if cell_len(longer) <= width:
            current = longer
            continue
        if current:
            lines.append(current)
        *full, current = _pieces(word, width)
        lines += full
    return [*lines, current]


def _pieces(text: str, width: int) -> list[str]:
    """Break text into lines of at most `width` cells, each as full as possible."""
    return ["".join(_texts(row)) for row in wrap([(text, "")], max(width, 2))]


def _texts(row: Row) -> Iterator[str]:
    return (text for text, _ in row)
