"""Decide at the head of a response what ends it, and whether the connection stays open."""

from __future__ import annotations

from collections.abc import Sequence

# Responses with these statuses have no body, whatever their heads say (RFC 9112, section 6.3).
_WITHOUT_BODY = frozenset({204, 304})

_CHUNKED = ("Transfer-Encoding", "chunked")
_CLOSE = ("Connection", "close")

_MAX_DIGITS = 18


class UnknownEnd(Exception):
    """Only the end of the connection tells the end of the body."""


def has_body(method: str, status: int) -> bool:
    """Return whether a body may follow the head of a response at all."""
    return method != "HEAD" and status not in _WITHOUT_BODY


def body_limit(method: str, status: int, fields: Sequence[tuple[str, str]]) -> int | None:
    """Return the size of the body that may follow these fields, or None if it comes in chunks.

    The fields are the app's, followed by Werkzeug's: chunked if the app gives no length, and
    closing the connection. Raise `UnknownEnd` if the app decides the end in another way.
    """
    if status < 200 or not fields or fields[-1] != _CLOSE:
        raise UnknownEnd
    lengths, chunked = [], fields[-2:-1] == [_CHUNKED]
    for name, value in fields[: -2 if chunked else -1]:
        name = name.lower()
        if name == "content-length":
            lengths.append(value)
        elif name in ("transfer-encoding", "connection", "upgrade"):
            raise UnknownEnd  # the app decides this itself
    if not has_body(method, status):
        if chunked:
            raise UnknownEnd
        return 0
    if chunked and not lengths:
        return None
    if chunked or len(lengths) != 1 or not _is_size(lengths[0]):
        raise UnknownEnd
    return int(lengths[0])


def _is_size(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS
