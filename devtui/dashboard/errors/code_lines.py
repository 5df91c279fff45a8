"""The source around a frame's line: numbered and coloured, with the failing part marked."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import PurePath
from typing import TypeAlias

from rich.cells import cell_len

from devtui.dashboard.widgets.cells import Row, cut, row_width
from devtui.events import Frame
from devtui.text.sanitize import visible

MAX_LINE = 500
MAX_COLOURED = 20_000
"""The longest source that is coloured: a pasted file would take seconds."""
_DEFINITION = re.compile(r"\s*(?:@|class\b|def\b|async def\b)")
_PYTHON = frozenset({".py", ".pyw", ".pyi"})

Piece: TypeAlias = tuple[str, str]
"""A part of a line as it stands in the file, and its style."""


def code_lines(frame: Frame, around: int, width: int) -> list[Row]:
    """Return the frame's line with `around` lines on each side; `❱` marks it.

    A further line marks the failing part, if Python tells it and the frame's line fits into `width`
    cells: a wrapped line would not match its marks. Other lines that are too long are cut.
    """
    lines, first = _around(frame, around)
    if not lines:
        return []
    indent = min((_indentation(line) for line in lines if line.strip()), default=0)
    alone = len(lines) == 1
    digits = len(str(first + len(lines) - 1))
    coloured = highlighted("\n".join(line[indent:] for line in lines), _is_python(frame.file))
    shown: list[Row] = []
    for number, pieces in enumerate(coloured, first):
        hit = number == frame.line
        gutter: Row = [("❱ " if hit else "  ", "bad"), (f"{number:>{digits}}  ", "dim")]
        if alone:  # the line above has the number
            gutter = [("  ", "")]
        if not hit:
            shown.append(cut(gutter + _safe(pieces), width))
            continue
        text = lines[number - first]
        marked = _marked(frame, _indentation(text) - indent)
        row = gutter + _safe(_with_mark(pieces, marked) if marked else pieces)
        shown.append(row)
        if marked and row_width(row) <= width:
            shown.append(_marks(text[indent:], marked, row_width(gutter)))
    return shown


def _around(frame: Frame, around: int) -> tuple[list[str], int]:
    index = frame.line - frame.context_start
    if not 0 <= index < len(frame.context):
        return [frame.source] if frame.source else [], frame.line
    start = max(0, index - around)
    lines = [*frame.context[start : index + 1], *_of_the_same(frame.context[index:], around)]
    first = frame.context_start + start
    while lines and not lines[0].strip() and first < frame.line:
        del lines[0]
        first += 1
    while lines and not lines[-1].strip() and first + len(lines) - 1 > frame.line:
        del lines[-1]
    return [line[:MAX_LINE].expandtabs(4) for line in lines], first


def _of_the_same(lines: tuple[str, ...], most: int) -> list[str]:
    """Return up to `most` lines after the first, up to the next function or class."""
    least = _indentation(lines[0])
    after = []
    for line in lines[1 : most + 1]:
        if _DEFINITION.match(line) and _indentation(line) < least:
            break
        after.append(line)
    return after


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())


def _is_python(file: str) -> bool:
    # A name in angle brackets is typed or generated code, which is Python too.
    return PurePath(file).suffix in _PYTHON or file.startswith("<")


def _marked(frame: Frame, indent: int) -> tuple[int, int] | None:
    """Return the columns of the failing part in the shown line."""
    if frame.marked is None:
        return None
    start, end = frame.marked
    return (start + indent, end + indent) if 0 <= start < end else None


def _with_mark(pieces: tuple[Piece, ...], marked: tuple[int, int]) -> tuple[Piece, ...]:
    """Return the pieces with another style for the part that failed."""
    result: list[Piece] = []
    at = 0
    for text, style in pieces:
        cuts = [min(max(column - at, 0), len(text)) for column in marked]
        before, within, after = text[: cuts[0]], text[cuts[0] : cuts[1]], text[cuts[1] :]
        result += [(before, style), (within, "bad-strong"), (after, style)]
        at += len(text)
    return tuple(piece for piece in result if piece[0])


def _marks(text: str, marked: tuple[int, int], gutter: int) -> Row:
    """Return `^^^^` below the failing part, counted in cells."""
    start = cell_len(visible(text[: marked[0]], MAX_LINE))
    length = cell_len(visible(text[marked[0] : marked[1]], MAX_LINE))
    return [(" " * (gutter + start), ""), ("^" * max(length, 1), "bad")]


def _safe(pieces: tuple[Piece, ...]) -> Row:
    return [(visible(text, MAX_LINE), style) for text, style in pieces]


@lru_cache(maxsize=512)
def highlighted(source: str, python: bool = True) -> tuple[tuple[Piece, ...], ...]:
    """Return the pieces of each line of a source, or of a part of one."""
    lines: list[list[Piece]] = [[]]
    coloured = python and len(source) <= MAX_COLOURED
    for style, value in _tokens(source) if coloured else [("", source)]:
        first, *others = value.split("\n")
        lines[-1].append((first, style))
        lines += [[(other, style)] for other in others]
    return tuple(tuple(piece for piece in line if piece[0]) for line in lines)


def _tokens(source: str) -> list[tuple[str, str]]:
    # Rich depends on Pygments. Imported here, because not every session shows an error.
    from pygments.lexers.python import PythonLexer
    from pygments.token import Comment, Keyword, Name, Number, Operator, String

    styles = (
        (Comment, "code-comment"),
        (Keyword, "code-keyword"),
        (Operator.Word, "code-keyword"),
        (String, "code-string"),
        (Number, "code-number"),
        (Name.Function, "code-name"),
        (Name.Class, "code-name"),
        (Name.Decorator, "code-name"),
    )
    return [
        (next((style for kind, style in styles if token[: len(kind)] == kind), ""), value)
        for _, token, value in PythonLexer(ensurenl=False).get_tokens_unprocessed(source)
    ]
