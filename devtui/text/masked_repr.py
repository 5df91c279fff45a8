"""Mask secrets in the text that an object's own `__repr__` made, judging by the names in it."""

from __future__ import annotations

import re

from devtui.text.secrets import MASK, is_secret, names_secret

# A string, or its beginning; a name; blanks; one other character. The apostrophe of a word begins
# no string.
_PIECE = re.compile(
    r"""(?<!\w)[bBrRuU]{0,2}(?:'(?:[^'\\]|\\(?:.|\Z))*(?:'|\Z)|"(?:[^"\\]|\\(?:.|\Z))*(?:"|\Z))"""
    r"|\w+|\s+|.",
    re.DOTALL,
)
_OPEN, _CLOSE = "([{<", ")]}>"
_TIME_ZONE = ["ZoneInfo", "(", "key"]
_UNTOLD = ("True", "False", "None", "''", '""', "...")


def masked_repr(text: str) -> str:
    """Mask `'password': VALUE`, `password=VALUE`, and the second of a pair `('password', VALUE)`.

    A class may write what it likes, so a value ends at a comma or a bracket that nothing in it has
    opened; one after `=` ends at a space, too.
    """
    if "'" not in text and '"' not in text and "=" not in text:
        return text
    shown: list[str] = []
    pieces = _PIECE.findall(text)
    at = 0
    while at < len(pieces):
        shown.append(pieces[at])
        at += 1
        if not _names_next(pieces, at):
            continue
        after_equals = pieces[at - 1] == "="
        if at < len(pieces) and pieces[at].isspace():
            shown.append(pieces[at])
            at += 1
        end = _end_of_value(pieces, at, after_equals)
        value = "".join(pieces[at:end])
        shown.append(value if not value or value in _UNTOLD else MASK)
        at = end
    return "".join(shown)


def _names_next(pieces: list[str], at: int) -> bool:
    """Whether the pieces before `at` say that a secret begins there."""
    if at < 2:
        return False
    name, separator = pieces[at - 2 : at]
    if separator == "=":
        return is_secret(name) and pieces[max(at - 4, 0) : at - 1] != _TIME_ZONE
    if len(name) < 3 or name[-1] not in "'\"":
        return False
    if separator == ":":
        return is_secret(name)
    return separator == "," and _begins_tuple(pieces, at - 3) and names_secret(name)


def _begins_tuple(pieces: list[str], at: int) -> bool:
    """Whether that piece is a bracket, and not one that calls something."""
    return at >= 0 and pieces[at] == "(" and not (at and re.match(r"[\w)\]]", pieces[at - 1][-1]))


def _end_of_value(pieces: list[str], at: int, to_space: bool) -> int:
    level = 0
    for place in range(at, len(pieces)):
        piece = pieces[place]
        if piece in _OPEN:
            level += 1
        elif level == 0 and (piece in _CLOSE or piece == "," or (to_space and piece.isspace())):
            return place
        elif piece in _CLOSE:
            level -= 1
    return len(pieces)
