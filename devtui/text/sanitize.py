"""Text that others wrote, made safe to show: nothing in it can act on the terminal.

Request targets, headers, log lines and tracebacks may hold escape sequences, characters that
reorder or hide text, or a megabyte on one line. `visible` is the one way from such text to a
screen. What it returns is still no markup: show it where markup is not parsed.
"""

from __future__ import annotations

import re
import unicodedata

MAX_COMBINING = 4
"""How many combining marks one character may carry; living scripts need no more than three."""

TAB = "    "

# Printable to Python, yet drawn as nothing: Hangul fillers, Braille blank, the joiner U+034F.
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
# U+FE0E and U+FE0F ask for the text or emoji form of the character before; terminals do not
# agree on the width that follows, so they are left out.
_PRESENTATION = frozenset("\ufe0e\ufe0f")
_PASTED = frozenset("\n\t\u200c\u200d")
# A whole control sequence, such as a colour, with its end.
_SEQUENCE = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]")
_SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\0": "\\0"}


def visible(text: str, limit: int) -> str:
    """`text` as one line that is safe to show, of at most `limit` characters and a mark.

    Control characters, and those that are invisible, reorder text or stand for nothing, become
    escapes (`\\x1b`, `\\u202e`); a tab becomes spaces, any other space a plain one. What does not
    fit is counted: `…(+N characters)`, N of the given text. Time and memory depend on `limit`,
    not on the length of `text`.
    """
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text
    head = text[:limit]
    if head.isascii() and head.isprintable():
        return head + _rest(len(text) - limit)
    shown: list[str] = []
    length = taken = marks = 0
    for character in head:
        marks = marks + 1 if _joins(character) else 0
        piece = character if _plain(character, marks) else _shown(character)
        if length + len(piece) > limit:
            break
        shown.append(piece)
        length += len(piece)
        taken += 1
    return "".join(shown) + _rest(len(text) - taken)


def pasteable(text: str) -> str:
    """`text` as it can be copied: no program that it is pasted into takes a part of it for a key.

    A terminal sends what is pasted as if it were typed, so an escape sequence can end the paste,
    and what follows is run. Of control characters newlines and tabs stay. What reorders or hides
    text goes too, but not the two joiners that words and emoji are written with.
    """
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return text
    text = _SEQUENCE.sub("", text).replace("\r\n", "\n")
    return "".join(filter(_can_be_pasted, text))


def _can_be_pasted(character: str) -> bool:
    if character in _PASTED:
        return True
    return unicodedata.category(character) not in ("Cc", "Cf", "Zl", "Zp")


def _joins(character: str) -> bool:
    """Whether it is drawn with the character before it, and counted to take no cell."""
    if unicodedata.category(character) in ("Mn", "Me"):
        return True
    # The tones of an emoji's skin, and the vowels and ends of Hangul syllables.
    return "\U0001f3fb" <= character <= "\U0001f3ff" or (
        "\u1160" <= character <= "\u11ff" or "\ud7b0" <= character <= "\ud7ff"
    )


def _plain(character: str, marks: int) -> bool:
    return (
        character.isprintable()
        and marks <= MAX_COMBINING
        and character not in _BLANKS
        and character not in _PRESENTATION
    )


def _rest(count: int) -> str:
    return f"…(+{count:,} characters)" if count else ""


def _shown(character: str) -> str:
    if character == "\t":
        return TAB
    if character in _PRESENTATION:
        return ""
    if character in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[character]
    if unicodedata.category(character) == "Zs":
        return " "
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
