"""What WSGI (PEP 3333) asks of an app's answer: the body, the status and the headers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_RULE = "a WSGI app returns an iterable of bytes"

# RFC 9110, section 5.5: these are dangerous in a field's value. WSGI's text is latin-1.
_BREAKING = "\r\n\0"
_LAST = "\xff"

_STATUS_RULE = "WSGI wants text such as '200 OK'"


class WrongAnswer(TypeError):
    """An answer that no server can send. It is raised in our code, which is nobody's interest."""


# It is shown by the name of what Python raises itself.
WrongAnswer.__module__, WrongAnswer.__qualname__ = "builtins", "TypeError"


def pieces(response: Any) -> Iterator[bytes]:
    """The iterator of an answer. Raises `WrongAnswer` where it has none."""
    if isinstance(response, (str, bytes, bytearray)):
        hint = "encode it and return it in a list" if isinstance(response, str) else "in a list"
        raise WrongAnswer(f"The app returned {type(response).__name__}: {_RULE}; {hint}.")
    if not isinstance(response, Iterable) and not hasattr(response, "__getitem__"):
        what = "None" if response is None else f"an object of type {type(response).__name__}"
        raise WrongAnswer(f"The app returned {what}: {_RULE}.")
    return iter(response)


def check_piece(piece: object) -> None:
    """Raise `WrongAnswer` where a piece of the body is no bytes."""
    if not isinstance(piece, bytes):
        raise WrongAnswer(f"The app's body has a piece of type {type(piece).__name__}: {_RULE}.")


def check_head(called: bool) -> None:
    """Raise `WrongAnswer` where the app has not called `start_response` when its body begins."""
    if not called:
        raise WrongAnswer("The app has not called start_response: a WSGI app does before its body.")


def ends_upgrade(error: BaseException, environ: WSGIEnvironment) -> bool:
    """Whether a library says by this error that it has taken the connection over, and is done.

    simple-websocket, Flask-Sock and Socket.IO answer an upgrade on the socket itself. What they
    raise then, bare, keeps the server from sending a response after it.
    """
    is_sign = type(error) in (ConnectionError, StopIteration) and not error.args
    return is_sign and bool(environ.get("HTTP_UPGRADE")) and "werkzeug.socket" in environ


def listed_headers(headers: object) -> list[tuple[str, str]]:
    """The headers as a list of its own. Raises `TypeError` where they are nothing of the kind."""
    if not isinstance(headers, Iterable):
        raise TypeError(f"The headers are of type {_kind(headers)}: WSGI wants a list of pairs.")
    return list(headers)


def check_start(status: str, headers: list[tuple[str, str]]) -> None:
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
