"""What a response's status and headers may hold, so that they stay what they are on the wire."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

# RFC 9110, section 5.5: these are dangerous in a field's value. WSGI's text is latin-1.
_BREAKING = "\r\n\0"
_LAST = "\xff"

_STATUS_RULE = "WSGI wants text such as '200 OK'"


def listed(headers: object) -> list[tuple[str, str]]:
    """The headers as a list of its own. Raises `TypeError` where they are nothing of the kind."""
    if not isinstance(headers, Iterable):
        raise TypeError(f"The headers are of type {_kind(headers)}: WSGI wants a list of pairs.")
    return list(headers)


def check(status: str, headers: list[tuple[str, str]]) -> None:
    """Raise `ValueError` or `TypeError` where the status or a header could not be sent.

    A line break would end the header, and what follows it, often text of the client's, would be
    taken for another header or for the body. What is no status or no header would be found only
    while the response is written, where nobody learns which call is to blame.
    """
    _check_kinds(status, headers)
    try:
        if not _forbidden("".join([status, *map("".join, headers)])):  # nearly always, at once
            return
    except TypeError:  # something is no text, which is the server's to complain of
        pass
    if found := _forbidden(status):
        raise ValueError(f"The status {_cut(status)} {_why(found)}")
    for name, value in headers:
        if found := _forbidden(f"{name}{value}"):
            raise ValueError(f"The header {_cut(name)}: {_cut(value)} {_why(found)}")


def _check_kinds(status: object, headers: list[Any]) -> None:
    """Raise where it is no status, or no list of names and values, that Werkzeug could send."""
    if not isinstance(status, str):
        raise TypeError(f"The status is of type {_kind(status)}: {_STATUS_RULE}.")
    if not status.partition(" ")[0].isdecimal():
        raise ValueError(f"The status {_cut(status)} does not begin with a number: {_STATUS_RULE}.")
    for header in headers:
        if not isinstance(header, (tuple, list)) or len(header) != 2:
            raise TypeError(f"The header {_cut(header)} is no pair of a name and a value.")
        if not isinstance(header[0], str):
            raise TypeError(f"The name of the header {_cut(header)} is of type {_kind(header[0])}.")


def _kind(value: object) -> str:
    return type(value).__name__


def _forbidden(text: str) -> str:
    """The first character that cannot be sent; empty where all can."""
    # No regular expression: one with so wide a range takes 6 ms to compile, while the app starts.
    if text.isascii() and "\n" not in text and "\r" not in text and "\0" not in text:
        return ""
    return next((one for one in text if one in _BREAKING or one > _LAST), "")


def _cut(value: object) -> str:
    if isinstance(value, str):
        return repr(value if len(value) <= 100 else f"{value[:100]}…")
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:100]}…"


def _why(character: str) -> str:
    if character in _BREAKING:
        return f"holds {character!r}, which would break the response: take it out, or quote it."
    return f"holds {character!r}, which is not in latin-1: quote or encode it."
