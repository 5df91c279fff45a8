"""Requests, the log, and errors."""

from typing import Literal

from devtui.events.event import Event
from devtui.events.parts import Body, Error, Headers, Stream


class RequestStarted(Event, frozen=True, kw_only=True):
    """A request's head was read. `id` is unique in the session; `client` is an address."""

    id: str
    method: str
    target: str
    client: str
    headers: Headers = ()


class RequestFinished(Event, frozen=True, kw_only=True):
    """A response was sent, or given up.

    `status` is None where none was sent; `size_bytes` counts the body's bytes as sent, before
    chunking. `cut` says why the response is incomplete, and is empty where it is whole.
    """

    id: str
    method: str
    target: str
    client: str
    status: int | None
    duration_ms: float
    size_bytes: int
    cut: str = ""
    first_byte_ms: float | None = None
    response_headers: Headers = ()
    request_body: Body | None = None
    response_body: Body | None = None


class ErrorRaised(Event, frozen=True, kw_only=True):
    """An exception reached the top of the user's code. `origin` says where it was seen.

    `error_id` is what to ask by for the locals of its frames; unique in the session.
    """

    error: Error
    origin: Literal["request", "logging", "thread", "uncaught", "unraisable"] = "request"
    request_id: str | None = None
    error_id: str = ""


class LogWritten(Event, frozen=True, kw_only=True):
    """One line of output: of a descriptor, or of `logging` (then `logger` and `level` are set).

    It `continues` the line before it if both are of one record, or were written at once.
    """

    stream: Stream
    text: str
    logger: str | None = None
    level: str | None = None
    request_id: str | None = None
    continues: bool = False
