"""What a response's status and headers may hold, so that they stay what they are on the wire."""

from __future__ import annotations

# RFC 9110, section 5.5: these are dangerous in a field's value. WSGI's text is latin-1.
_BREAKING = "\r\n\0"
_LAST = "\xff"


def check(status: str, headers: list[tuple[str, str]]) -> None:
    """Raise `ValueError` where the status or a header could not be sent as one line.

    A line break would end the header, and what follows it, often text of the client's, would be
    taken for another header or for the body.
    """
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


def _forbidden(text: str) -> str:
    """The first character that cannot be sent; empty where all can."""
    # No regular expression: one with so wide a range takes 6 ms to compile, while the app starts.
    if text.isascii() and "\n" not in text and "\r" not in text and "\0" not in text:
        return ""
    return next((one for one in text if one in _BREAKING or one > _LAST), "")


def _cut(text: str) -> str:
    return repr(text if len(text) <= 100 else f"{text[:100]}…")


def _why(character: str) -> str:
    if character in _BREAKING:
        return f"holds {character!r}, which would break the response: take it out, or quote it."
    return f"holds {character!r}, which is not in latin-1: quote or encode it."
