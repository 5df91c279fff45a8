"""Make untrusted text safe to show, so that nothing in it can act on the terminal.

Request targets, headers, log lines and tracebacks may contain escape sequences, characters that
reorder or hide text, or a megabyte on one line. All such text passes through `visible` on its way
to a screen. The result may still look like markup: show it only where markup is not parsed.
"""

from __future__ import annotations

import re
import unicodedata

MAX_COMBINING = 4
"""How many combining marks one character may have; living scripts need at most three."""

TAB = "    "

# Printable for Python but invisible: Hangul fillers, Braille blank, the joiner U+034F.
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
# U+FE0E and U+FE0F select the text or emoji form of the previous character; terminals disagree on
# the resulting width, so `visible` removes them.
_PRESENTATION = frozenset("\ufe0e\ufe0f")
_PASTED = frozenset("\n\t\u200c\u200d")
# A complete control sequence, such as a colour.
_SEQUENCE = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]")
_SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\0": "\\0"}


def visible(text: str, limit: int) -> str:
    r"""Turn `text` into one safe line of at most `limit` characters and a mark.

    Control characters, and characters that are invisible, unassigned or reorder text, become
    escapes (`\x1b`, `\u202e`). A tab becomes spaces, any other space a plain one. The mark
    `…(+N characters)` counts the characters of `text` that did not fit. Time and memory depend on
    `limit`, not on the length of `text`.
    """
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text
    head = text[:limit]
    if head.isascii() and head.isprintable():
        return head + _rest(len(text) - limit)
    # However long a text is, it has few different characters.
    pieces = {character: _shown(character) for character in set(head)}
    joining = set(filter(_joins, pieces))
    if not joining and all(character == piece for character, piece in pieces.items()):
        return head + _rest(len(text) - len(head))
    shown: list[str] = []
    length = taken = marks = 0
    for character in head:
        marks = marks + 1 if character in joining else 0
        piece = pieces[character] if marks <= MAX_COMBINING else _escaped(character)
        if length + len(piece) > limit:
            break
        shown.append(piece)
        length += len(piece)
        taken += 1
    return "".join(shown) + _rest(len(text) - taken)


def pasteable(text: str) -> str:
    """Make `text` safe to copy: a program must not take a part of a paste for a key.

    A terminal sends pasted text as if the user typed it, so an escape sequence could end the paste
    and run the rest. Remove control characters except newlines and tabs, and characters that
    reorder or hide text, except the two joiners that some words and emoji need. Remove newlines at
    the end too: a shell without bracketed paste would run the last line.
    """
    text = text.rstrip("\r\n")
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return text
    text = _SEQUENCE.sub("", text).replace("\r\n", "\n")
    removed = {ord(character): None for character in set(text) if not _can_be_pasted(character)}
    return text.translate(removed).rstrip("\n")


def _can_be_pasted(character: str) -> bool:
    if character in _PASTED:
        return True
    return unicodedata.category(character) not in ("Cc", "Cf", "Zl", "Zp")


def _joins(character: str) -> bool:
    """Whether the terminal draws the character over the previous one, without a cell of its own."""
    if unicodedata.category(character) in ("Mn", "Me"):
        return True
    # Skin tones of emoji, and the vowels and final consonants of Hangul syllables.
    return "\U0001f3fb" <= character <= "\U0001f3ff" or (
        "\u1160" <= character <= "\u11ff" or "\ud7b0" <= character <= "\ud7ff"
    )


def _rest(count: int) -> str:
    return f"…(+{count:,} characters)" if count else ""


def _shown(character: str) -> str:
    plain = character.isprintable() and character not in _BLANKS
    return character if plain and character not in _PRESENTATION else _escaped(character)


def _escaped(character: str) -> str:
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
