r"""Read colours from text: the sequences `ESC [ … m`, which libraries write to a terminal (SGR).

Only whole, short sequences of this kind count, and links to files. All others stay in the text, and
`visible` shows them as escapes. Blinking and hidden text are ignored: blinking disturbs, and hidden
text could lie.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from devtui.text.sanitize import visible

MAX_CODES = 64
"""How many characters a sequence may have between `ESC [` and `m`."""

MAX_PIECES = 2_000
"""How many sequences of one line are read; later ones are removed."""

# A link to a file, which rich writes around places in the code, or the end of any link. Links are
# never passed on, so removing them here cannot mislead; links to other places stay visible.
_LINK = r"\x1b\]8;[^;\x00-\x1f]{0,200};(?:(file://[^\x00-\x1f\s]{1,2000}))?(?:\x1b\\|\x07)"
_CODES = rf"[0-9;:]{{0,{MAX_CODES}}}"
# A sequence in a text that rich has highlighted, such as Werkzeug's access log: rich takes its
# bracket for one of the text's, and makes it bold.
_TAKEN_APART = rf"\x1b(?:\x1b\[{_CODES}m){{1,4}}\[(?:\x1b\[{_CODES}m){{1,4}}({_CODES})m"
_SEQUENCE = re.compile(rf"\x1b\[({_CODES})m|{_LINK}|{_TAKEN_APART}")
RESET = "\x1b[0m"

# Begins a line again: progress bars erase it, or the lines above it, and hide the cursor.
_DRAWS = re.compile(r"(?:\r|\x1b\[[02]?K|\x1b\[\d{0,3}A|\x1b\[\?25[hl])+")

Colour: TypeAlias = "int | tuple[int, int, int]"
"""The number of one of the 256 colours (the first 16 are the theme's), or red, green and blue."""


class Look(NamedTuple):
    """The look of a piece of text. A colour of None is that of the surroundings."""

    ink: Colour | None = None
    paper: Colour | None = None
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False
    reverse: bool = False
    strike: bool = False


PLAIN = Look()

Piece: TypeAlias = tuple[str, Look]

_ON = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse", 9: "strike"}
_OFF: dict[int, dict[str, bool]] = {
    21: {"underline": True},  # doubly underlined
    22: {"bold": False, "dim": False},
    23: {"italic": False},
    24: {"underline": False},
    27: {"reverse": False},
    29: {"strike": False},
}


def plain(text: str) -> str:
    """Return the text without colours and without links to files."""
    return _SEQUENCE.sub("", text) if "\x1b" in text else text


def undrawn(text: str) -> str:
    """Return the text without sequences at its beginning that erase lines or move the cursor.

    Nothing is lost: in a log there is nothing to erase.
    """
    return _DRAWS.sub("", text, count=1) if _DRAWS.match(text) else text


def pieces(text: str, look: Look = PLAIN) -> tuple[list[Piece], Look]:
    """Split a text into pieces of one look each; return them and the look at its end.

    It begins with `look`, which an earlier line of the same record may have left.
    """
    if "\x1b" not in text:
        return ([(text, look)] if text else []), look
    found: list[Piece] = []
    at = 0
    for number, sequence in enumerate(_SEQUENCE.finditer(text)):
        if number >= MAX_PIECES:
            found.append((plain(text[at:]), look))
            return found, look
        if sequence.start() > at:
            found.append((text[at : sequence.start()], look))
        look = _after_sequence(look, sequence)
        at = sequence.end()
    if at < len(text):
        found.append((text[at:], look))
    return found, look


def after(text: str, look: Look = PLAIN) -> Look:
    """Return the look at the end of a text."""
    for number, sequence in enumerate(_SEQUENCE.finditer(text) if "\x1b" in text else ()):
        if number >= MAX_PIECES:
            break
        look = _after_sequence(look, sequence)
    return look


def linked_files(text: str) -> Iterator[str]:
    """Yield the addresses of the files that a text is linked to, `file://…`."""
    for sequence in _SEQUENCE.finditer(text) if "\x1b]8;" in text else ():
        if sequence[2] is not None:
            yield sequence[2]


def coloured(text: str, limit: int, look: Look = PLAIN) -> tuple[str, Look]:
    """Return the text with its colours for a terminal, all else made safe, and the look at its end.

    devtui writes its own sequences, and the last one ends all colours.
    """
    found, end = pieces(text, look)
    shown: list[str] = []
    room = limit
    for piece, its_look in found:
        safe = visible(piece, room)
        shown.append(f"{sequence_of(its_look)}{safe}{RESET}" if its_look != PLAIN else safe)
        room -= len(piece)
        if room <= 0:
            break
    left = sum(len(piece) for piece, _ in found[len(shown) :])
    if left:
        shown.append(f"…(+{left:,} characters)")
    return "".join(shown), end


def sequence_of(look: Look) -> str:
    """Return the sequence that turns a look on."""
    codes = [str(code) for code, name in _ON.items() if getattr(look, name)]
    for colour, base in ((look.ink, 30), (look.paper, 40)):
        if isinstance(colour, tuple):
            codes.append(f"{base + 8};2;" + ";".join(map(str, colour)))
        elif colour is not None and colour >= 16:
            codes.append(f"{base + 8};5;{colour}")
        elif colour is not None:
            codes.append(str(base + colour if colour < 8 else base + 60 + colour - 8))
    return f"\x1b[{';'.join(codes)}m"


def _after_sequence(look: Look, sequence: re.Match[str]) -> Look:
    """Return the look after a match of `_SEQUENCE`. A link changes nothing."""
    codes = sequence[1] if sequence[1] is not None else sequence[3]
    return look if codes is None else _after(look, codes)


def _after(look: Look, codes: str) -> Look:
    """Return the look after one sequence. Unknown codes change nothing."""
    numbers = _numbers(codes)
    for code in numbers:
        if code == 0:
            look = PLAIN
        elif code in _ON:
            look = look._replace(**{_ON[code]: True})
        elif code in _OFF:
            look = look._replace(**_OFF[code])
        elif code in (38, 48):
            colour = _colour(numbers)
            if colour is not None:
                look = look._replace(ink=colour) if code == 38 else look._replace(paper=colour)
        elif code == 39:
            look = look._replace(ink=None)
        elif code == 49:
            look = look._replace(paper=None)
        elif 30 <= code <= 37 or 90 <= code <= 97:
            look = look._replace(ink=code % 10 + (8 if code >= 90 else 0))
        elif 40 <= code <= 47 or 100 <= code <= 107:
            look = look._replace(paper=code % 10 + (8 if code >= 100 else 0))
    return look


def _numbers(codes: str) -> Iterator[int]:
    """Yield the numbers of a sequence; a missing one is 0. `4:0`, no underlining, means 24."""
    for part in codes.split(";"):
        first, *others = part.split(":")
        if first == "4" and others:
            yield 24 if others[0] == "0" else 4
        elif first in ("38", "48") and others:
            # `38:2::1:2:3` has an empty colour space; `38:2:1:2:3` leaves it out.
            if others[0] == "2" and len(others) > 4:
                del others[1]
            yield from (_number(text) for text in (first, *others))
        else:
            yield _number(first)


def _number(text: str) -> int:
    return int(text) if 0 < len(text) <= 3 else 0 if not text else 999


def _colour(numbers: Iterator[int]) -> Colour | None:
    """Take the rest of a colour: `5;n` or `2;r;g;b`."""
    kind = next(numbers, 0)
    if kind == 5:
        number = next(numbers, 256)
        return number if number < 256 else None
    if kind == 2:
        red, green, blue = (next(numbers, 256) for _ in range(3))
        return (red, green, blue) if max(red, green, blue) < 256 else None
    return None
