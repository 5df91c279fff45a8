"""Fill values into a line for the shell, so that nothing in a value can act as code.

A value never becomes a part of the line. It is passed in a variable of the environment, and the
placeholder becomes that variable in quotes. So a value may contain quotes, newlines and `$(...)`;
the shell does not read it as code, not even in a comment or a here-document.
"""

from __future__ import annotations

import re

import msgspec

VARIABLES = {
    "url": "DEVTUI_URL",
    "file": "DEVTUI_FILE",
    "line": "DEVTUI_LINE",
    "request_id": "DEVTUI_REQUEST_ID",
}
"""The placeholders, each with the variable that has the value."""

_PIECE = re.compile(
    r"\{\{(?P<literal>\w+)\}\}"
    r"|(?P<variable>\$\{)"
    r"|\{(?P<name>[A-Za-z_]\w*)\}"
    r"|(?P<escaped>\\.)"
    r"|(?P<quote>['\"])"
    r"|(?<![^\s;&|()])(?P<comment>\#[^\n]*)",
    re.S,
)


class ShellLine(msgspec.Struct, frozen=True):
    """A line for `sh`, and the names of the values that it needs."""

    line: str
    needs: tuple[str, ...]


def parse(text: str) -> ShellLine:
    """Return the line for the shell. Raises `ValueError` with a sentence about a placeholder.

    `{{name}}` stands for the shell's own `{name}`, and `${name}` is the shell's as it is.
    """
    parts: list[str] = []
    needs: list[str] = []
    quote = ""
    at = 0
    while found := _PIECE.search(text, at):
        parts.append(text[at : found.start()])
        at = found.end()
        piece = found[0]
        if found["literal"]:
            piece = piece[1:-1]
        elif found["name"]:
            piece = _filled(found["name"], quote, needs)
        elif found["quote"]:
            quote = _after(quote, piece)
        elif found["escaped"] and quote == "'":
            at, piece = found.start() + 1, "\\"  # no escape in there
        elif found["comment"] and quote:
            at, piece = found.start() + 1, "#"
        parts.append(piece)
    parts.append(text[at:])
    return ShellLine("".join(parts), tuple(needs))


def _after(quote: str, mark: str) -> str:
    """Return which quote is open after a quotation mark; empty for none."""
    if not quote:
        return mark
    return "" if quote == mark else quote


def _filled(name: str, quote: str, needs: list[str]) -> str:
    variable = VARIABLES.get(name)
    if variable is None:
        if quote:
            return f"{{{name}}}"  # text for a program, such as awk '{print}'
        known = ", ".join(f"{{{one}}}" for one in VARIABLES)
        raise ValueError(
            f"{{{name}}} is not a placeholder: use {known}, or {{{{{name}}}}} for the shell's own "
            f"{{{name}}}."
        )
    if quote:
        raise ValueError(
            f"{{{name}}} stands in quotes, and devtui quotes it itself: write {{{name}}} outside "
            f"of them, or ${variable} within."
        )
    if name not in needs:
        needs.append(name)
    return f'"${variable}"'
