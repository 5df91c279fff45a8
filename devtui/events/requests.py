"""Requests, the log, and errors."""

from typing import Literal

from devtui.events.event import Event
from devtui.events.parts import Body, Call, CallTotal, Error, Frame, Headers, ProfiledLine, Stream

CLIENT_LEFT = "the client closed the connection"
"""What `cut` says where the client did not wait for the end."""


class RequestStarted(Event, frozen=True, kw_only=True):
    """A request's head was read. `id` is unique in the session; `client` is an address.

    `endpoint` is None: the app has not chosen a view yet. `sent` marks a request that devtui itself
    has sent, and `replay_of` is as in `RequestFinished`.
    """

    id: str
    method: str
    target: str
    client: str
    endpoint: str | None = None
    headers: Headers = ()
    sent: str = ""
    replay_of: str = ""


class RequestFinished(Event, frozen=True, kw_only=True):
    """A response was sent, or given up.

    `status` is None where none was sent; `size_bytes` counts the body's bytes as sent, before
    chunking. `cut` says why the response is incomplete, and is empty where it is whole. `endpoint`
    names the view that answered, and `view` is where that is written; None where they are unknown.
    `calls` are the first ones in the order of their starts; `call_totals` count all of them.
    `replay_of` is the id of the request that was sent again with this one; empty if it is none.
    """

    id: str
    method: str
    target: str
    client: str
    status: int | None
    duration_ms: float
    size_bytes: int
    cut: str = ""
    endpoint: str | None = None
    view: Frame | None = None
    first_byte_ms: float | None = None
    response_headers: Headers = ()
    request_body: Body | None = None
    response_body: Body | None = None
    calls: tuple[Call, ...] = ()
    call_totals: tuple[CallTotal, ...] = ()
    replay_of: str = ""


class RequestProfiled(Event, frozen=True, kw_only=True):
    """A request was profiled, as devtui had asked for. This comes before `RequestFinished`.

    `duration_ms` is how long it was profiled, and `sample_count` how often it was looked at. The
    `lines` are a tree; those that took least are missing where there were too many, and `left_out`
    counts them. `thread_lines` are such a tree of all threads that the request has started, and of
    the tasks that it has given to a `ThreadPoolExecutor`; their times may be longer together.
    `reason` says why there is no profile, or only a part of it, in one sentence for people.
    """

    request_id: str
    duration_ms: float = 0.0
    sample_count: int = 0
    lines: tuple[ProfiledLine, ...] = ()
    thread_lines: tuple[ProfiledLine, ...] = ()
    left_out: int = 0
    reason: str = ""


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

    It `continues` the line before it if both are of one record or one printed traceback, or were
    written at once. A line that `draws` a number other than 0 is one state of a line that is drawn
    again and again, such as a progress bar. All its states have that number; the newest counts.
    """

    stream: Stream
    text: str
    logger: str | None = None
    level: str | None = None
    request_id: str | None = None
    continues: bool = False
    draws: int = 0
