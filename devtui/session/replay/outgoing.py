"""A request that the session can send, and how to make one from a recorded request."""

from __future__ import annotations

import re
from urllib.parse import quote

import msgspec

from devtui.events import SEND_HEADER, Body, Headers
from devtui.session.store.request_record import Request
from devtui.text import formats

METHOD = re.compile(r"[A-Za-z][A-Za-z-]{0,30}")
TARGET = re.compile(r"(?:/|\*\Z)[!-~]{0,16000}")
_SENT_TARGET = re.compile(r"(?:/|\*\Z)[!-~\x80-\xff]{0,16000}")
NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}")
VALUE = re.compile(r"[\x01-\x09\x0b\x0c\x0e-\xff]{0,16000}")

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods of requests that change nothing."""

# Headers of the connection, not of the request.
OF_CONNECTION = frozenset(
    {
        "connection", "content-length", "expect", "keep-alive", "trailer",
        "transfer-encoding", "upgrade",
    }
)  # fmt: skip

# The server process keeps this many headers and characters; at the bound some may be missing.
_ALL_HEADERS = 100
_ALL_CHARACTERS = 24 * 1024

# It keeps this many bytes of a body.
_ALL_OF_A_BODY = 32 * 1024

_BAD_TARGET = (
    "The target begins with / and has no spaces or other characters that URLs encode: "
    "/search?q=two%20words"
)

_IN_TARGETS = "!\"#$%&'()*+,/:;<=>?@[\\]^`{|}~"


def as_bytes(text: str) -> str:
    """Return a typed header's value with one character for each byte of its UTF-8."""
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


class CannotSend(Exception):
    """The request cannot be sent; the text is a sentence for the user."""


class Outgoing(msgspec.Struct, frozen=True):
    """A request to send. `headers` have no Content-Length: it is computed.

    As in recorded requests, each character of the headers and of the target stands for one byte:
    some clients do not encode the target.
    """

    method: str
    target: str
    headers: Headers = ()
    body: bytes = b""

    @property
    def encoded_target(self) -> str:
        """The target, percent-encoded, which need not be how it was sent.

        Werkzeug's server reads each unencoded byte as a character, so the app sees the same path.
        """
        return quote(self.target, safe=_IN_TARGETS, errors="backslashreplace")

    @property
    def changes_data(self) -> bool:
        """Whether its method says that it may change something."""
        return self.method.upper() not in SAFE_METHODS


def recorded(request: Request) -> Outgoing:
    """Return a request as it was recorded. Raises `CannotSend` unless it is known completely."""
    started, finished = request.started, request.finished
    if request.details_dropped:
        raise CannotSend("Its headers and its body are no longer kept, so it cannot be sent.")
    if finished is None:
        raise CannotSend(
            "It is still running, and its body may be incomplete: send it when it has ended."
        )
    headers = started.headers
    wanted = [value.lower() for name, value in headers if name.lower() == "upgrade"]
    if "websocket" in wanted or (wanted and finished.status == 101):
        raise CannotSend("A websocket's conversation is not recorded, so it cannot be sent.")
    if (
        started.method.endswith("…")
        or started.target.endswith("…")
        or not headers
        or len(headers) >= _ALL_HEADERS
        or any(value.endswith("…") or name.endswith("…") for name, value in headers)
        or sum(len(name) + len(value) for name, value in headers) > _ALL_CHARACTERS
    ):
        raise CannotSend("Its head was not recorded completely, so it cannot be sent.")
    body = finished.request_body
    content = b"" if body is None else body.whole
    if content is None or not _is_all(headers, len(content)):
        raise CannotSend(f"{_why_not_all(body)}, so it cannot be sent.")
    kept = tuple(pair for pair in headers if pair[0].lower() not in OF_CONNECTION)
    return Outgoing(started.method, started.target, kept, content)


def _why_not_all(body: Body | None) -> str:
    if body is not None and body.size_bytes > _ALL_OF_A_BODY:
        size = formats.size(body.size_bytes)
        return f"Its body of {size} is larger than the 32 KiB that are kept"
    if body is not None and body.truncated:
        return "The app did not read all of its body"
    return "Its body was not recorded completely"


def _is_all(headers: Headers, size: int) -> bool:
    """Whether a body has the length in its headers, if they state one."""
    announced = [value for name, value in headers if name.lower() == "content-length"]
    return all(value.isdecimal() and int(value[:20]) == size for value in announced)


def check_typed(outgoing: Outgoing) -> None:
    """Raise `CannotSend` as `check` does, and for a target that is not encoded."""
    check(outgoing)
    if not TARGET.fullmatch(outgoing.target):
        raise CannotSend(_BAD_TARGET)


def check(outgoing: Outgoing) -> None:
    """Raise `CannotSend` if the request could not be sent unchanged."""
    if not METHOD.fullmatch(outgoing.method):
        raise CannotSend(
            f"{outgoing.method[:40]!r} is not a method: use GET, POST or another word."
        )
    if not _SENT_TARGET.fullmatch(outgoing.target):
        raise CannotSend(_BAD_TARGET)
    for name, value in outgoing.headers:
        if not NAME.fullmatch(name) or not VALUE.fullmatch(value):
            raise CannotSend(f"{name[:40]!r} is not a header: use 'Name: value'.")
        if name.lower() == SEND_HEADER.lower():
            raise CannotSend(f"The header {SEND_HEADER} is devtui's own: leave it out.")
