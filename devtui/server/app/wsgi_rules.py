"""Check an app's answer against WSGI (PEP 3333): body, status and headers."""

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
    """An answer that no server can send. Its traceback would show only our code."""


# Show it under the name of Python's own error.
WrongAnswer.__module__, WrongAnswer.__qualname__ = "builtins", "TypeError"


def pieces(response: Any) -> Iterator[bytes]:
    """Return the iterator of a body. Raise `WrongAnswer` if it has none."""
    if isinstance(response, (str, bytes, bytearray)):
        hint = "encode it and return it in a list" if isinstance(response, str) else "in a list"
        raise WrongAnswer(f"The app returned {type(response).__name__}: {_RULE}; {hint}.")
    if not isinstance(response, Iterable) and not hasattr(response, "__getitem__"):
        what = "None" if response is None else f"an object of type {type(response).__name__}"
        raise WrongAnswer(f"The app returned {what}: {_RULE}.")
    try:
        return iter(response)
    except TypeError as error:
        if error.__traceback__ is not None and error.__traceback__.tb_next is not None:
            raise  # from within the app's `__iter__`
        what = f"an object of type {type(response).__name__}"
        raise WrongAnswer(f"The app returned {what}: {_RULE}; {error}.") from None


def check_piece(piece: object) -> None:
    """Raise `WrongAnswer` if a piece of the body is not bytes."""
    if not isinstance(piece, bytes):
        raise WrongAnswer(f"The app's body has a piece of type {type(piece).__name__}: {_RULE}.")


def check_head(called: bool) -> None:
    """Raise `WrongAnswer` if the body begins before the app has called `start_response`."""
    if not called:
        raise WrongAnswer(
            "The app has not called start_response: a WSGI app calls it before its body begins."
        )


def ends_upgrade(error: BaseException, environ: WSGIEnvironment) -> bool:
    """Whether this error means that a library has taken over the connection.

    simple-websocket, Flask-Sock and Socket.IO answer an upgrade on the socket. Then they raise a
    bare exception to keep the server from sending a response.
    """
    is_sign = type(error) in (ConnectionError, StopIteration) and not error.args
    return is_sign and bool(environ.get("HTTP_UPGRADE")) and "werkzeug.socket" in environ


def listed_headers(headers: object) -> list[tuple[str, str]]:
    """Return a copy of the headers as a list. Raise `TypeError` if they cannot be one."""
    if not isinstance(headers, Iterable):
        raise TypeError(f"The headers are of type {_kind(headers)}: WSGI wants a list of pairs.")
    return list(headers)


def check_start(status: str, headers: list[tuple[str, str]]) -> None:
    """Raise `ValueError` or `TypeError` if the status or a header cannot be sent.

    A line break would end the header, and the text after it, often the client's, would become
    another header or the body. The server would find other mistakes only while it writes the
    response, and nobody would learn which call is to blame.
    """
    _check_kinds(status, headers)
    try:
        if not _forbidden("".join([status, *map("".join, headers)])):  # the usual case
            return
    except TypeError:  # not text: the server complains
        pass
    if found := _forbidden(status):
        raise ValueError(f"The status {_cut(status)} {_why(found)}")
    for name, value in headers:
        if found := _forbidden(f"{name}{value}"):
            raise ValueError(f"The header {_cut(name)}: {_cut(value)} {_why(found)}")


def _check_kinds(status: object, headers: list[Any]) -> None:
    """Raise if Werkzeug could not send the status or the headers because of their types."""
    if not isinstance(status, str):
        raise TypeError(f"The status is of type {_kind(status)}: {_STATUS_RULE}.")
    if not status.partition(" ")[0].isdecimal():
        raise ValueError(f"The status {_cut(status)} does not begin with a number: {_STATUS_RULE}.")
    for header in headers:
        if not isinstance(header, (tuple, list)) or len(header) != 2:
            raise TypeError(f"The header {_cut(header)} is not a pair of a name and a value.")
        if not isinstance(header[0], str):
            raise TypeError(f"The name of the header {_cut(header)} is of type {_kind(header[0])}.")


def _kind(value: object) -> str:
    return type(value).__name__


def _forbidden(text: str) -> str:
    """Return the first character that cannot be sent, empty if all can."""
    # Not a regular expression: one with so wide a range takes 6 ms to compile.
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
