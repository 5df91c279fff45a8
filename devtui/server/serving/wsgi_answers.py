"""What an app may answer with (PEP 3333), and how a library ends a connection it has taken over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_RULE = "a WSGI app returns an iterable of bytes"


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
