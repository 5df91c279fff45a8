"""Requests, the log, and errors."""

from typing import Literal

from devtui.events.event import Event
from devtui.events.parts import Body, Call, CallTotal, Error, Frame, Headers, ProfiledLine, Stream

CLIENT_LEFT = "the client closed the connection"
"""What `cut` says if the client did not wait for the end."""


class RequestStarted(Event, frozen=True, kw_only=True):
    """A request's head was read. `id` is unique in the session; `client` is an address.

    `endpoint` is None, because the app has not chosen a view yet. `sent` is not empty if devtui
    itself sent the request, and `replay_of` is as in `RequestFinished`.
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

    `status` is None if no response was sent. `size_bytes` counts the body's bytes as sent, before
    chunking. `cut` says why the response is incomplete, empty if it is whole. `endpoint` names the
    view that answered, and `view` is its place; None if they are unknown. `calls` has the first
    ones in the order of their starts; `call_totals` counts all of them. `replay_of` is the id of
    the request that this one repeats, empty if it is not a replay.
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
    """A request was profiled, because devtui asked for it. This comes before `RequestFinished`.

    `duration_ms` is how long it was profiled, and `sample_count` the number of samples. The `lines`
    are a tree. If there are too many, those that took least are missing, and `left_out` counts
    them. `thread_lines` is a second tree, of all threads that the request started and of the tasks
    that it gave to a `ThreadPoolExecutor`; their times may add up to more than the request's.
    `reason` says in one sentence for people why there is no profile, or only a part of it.
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

    `error_id` is the id for questions about its frames; it is unique in the session.
    """

    error: Error
    origin: Literal["request", "logging", "thread", "uncaught", "unraisable"] = "request"
    request_id: str | None = None
    error_id: str = ""


class LogWritten(Event, frozen=True, kw_only=True):
    """One line of output: of a descriptor, or of `logging` (then `logger` and `level` are set).

    It `continues` the line before it if both belong to one record or one printed traceback, or were
    written at once. If `draws` is not 0, this is one state of a line that is drawn again and again,
    such as a progress bar. All its states have the same number, and the newest one counts.
    """

    stream: Stream
    text: str
    logger: str | None = None
    level: str | None = None
    request_id: str | None = None
    continues: bool = False
    draws: int = 0
