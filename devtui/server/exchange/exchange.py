"""Record each request and its response as data."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol

from devtui.events import (
    PROFILE,
    SEND_HEADER,
    Call,
    CallTotal,
    Headers,
    RequestFinished,
    RequestProfiled,
    RequestStarted,
)
from devtui.server.app import wsgi_rules
from devtui.server.channel.channel import Channel
from devtui.server.exchange.bodies import CapturedBody, body_of, headers_of
from devtui.server.exchange.views import NOTHING, View
from devtui.server.guest.clocks import clock, milliseconds
from devtui.server.guest.reentrant import Bell
from devtui.server.output import request_context
from devtui.server.output.output import Output
from devtui.text.formats import cut
from devtui.text.headers import header_of

if TYPE_CHECKING:
    from email.message import Message

# Characters of the request line.
MAX_METHOD = 100
MAX_TARGET = 8 * 1024

# The status of a websocket's response, which its library sends.
_SWITCHING = 101


class Tracing(Protocol):
    """Records the calls of requests."""

    @property
    def begin_request(self) -> Callable[[str, float], None]:
        """Record the calls of a request of this id, which began at this `perf_counter`."""

    @property
    def end_request(self) -> Callable[[str], tuple[tuple[Call, ...], tuple[CallTotal, ...]]]:
        """Return the calls of a request, and stop recording them."""


class Profile(Protocol):
    """Profiles the thread of a request until its end."""

    def finish(self) -> RequestProfiled:
        """End the profile and return it."""


class Mark(NamedTuple):
    """The mark on a request that the session itself sends.

    It has the number of the sending, the id of the request that it repeats, if any, and whether it
    is to be profiled.
    """

    sent: str
    replay_of: str
    profile: bool = False


_UNMARKED = Mark("", "")


class Exchange:
    """A running request and its response. `finish` reports both."""

    def __init__(self, recorder: Recorder, started: RequestStarted, began: float) -> None:
        self.id = started.id
        """Unique in the session."""
        self.of_session = bool(started.sent)
        """Whether devtui itself has sent the request, such as a replay."""
        self._recorder = recorder
        self._started = started
        self._clock = began
        if recorder.tracing is not None:
            recorder.tracing.begin_request(started.id, began)
        self._first_byte: float | None = None
        self.response_head: list[tuple[str, str]] = []
        """The response's headers sent so far."""
        self.request_body = CapturedBody()
        self.response_body = CapturedBody()
        self.status: int | None = None
        self.cut = ""
        self.has_head = False
        """Whether the app has called `start_response`."""
        self._view: View = NOTHING
        self.profile: Profile | None = None
        """Its profile, None if it is not profiled."""
        self.taken_over = False
        """Whether a library has answered on the socket, so the server must send no response."""

    def end_taken_over(self) -> None:
        """If a library has answered, raise the error that keeps the server from responding."""
        if self.taken_over:
            self.status = self.status or _SWITCHING
            raise ConnectionError

    def check_head(self) -> None:
        """Raise if the body begins or ends before the head."""
        wsgi_rules.check_head(self.has_head)

    def respond(self, status: int) -> None:
        """Note that the response begins with this status."""
        if self.status is None and status >= 200:
            self._first_byte = clock.perf_counter()
        self.status = status

    def break_off(self, error: BaseException) -> None:
        """Note that the app raised. If nothing was sent yet, another response takes its place."""
        if self.status is not None:
            self.cut = self.cut or f"the app raised {type(error).__name__}"

    def end_body(self, limit: int | None, left: int | None) -> None:
        """Note how long the body may be and how much of that was `left`, if that is known."""
        if limit is not None:
            self.response_body.cut_to(limit)
        if left:
            self.cut = self.cut or f"its body is {left:,} bytes shorter than its Content-Length"

    @property
    def lacks_view(self) -> bool:
        """Whether the place of the view is not known yet."""
        return self._view[1] is None

    def saw_view(self, view: View) -> None:
        """Note the view that answers, unless its place is known already."""
        if self.lacks_view and view is not NOTHING:
            self._view = view

    def finish(self) -> None:
        """Report the request, complete or not."""
        now = clock.perf_counter()
        started = self._started
        if self.profile is not None:
            self._recorder.report(self.profile.finish())
        response_headers = headers_of(self.response_head)
        tracing = self._recorder.tracing
        calls, call_totals = ((), ()) if tracing is None else tracing.end_request(started.id)
        self._recorder.end(
            RequestFinished(
                id=started.id,
                method=started.method,
                target=started.target,
                client=started.client,
                status=self.status,
                duration_ms=milliseconds(now - self._clock),
                size_bytes=self._response_size(response_headers),
                cut=self.cut,
                endpoint=self._view[0],
                view=self._view[1],
                first_byte_ms=None
                if self._first_byte is None
                else milliseconds(self._first_byte - self._clock),
                response_headers=response_headers,
                request_body=body_of(self.request_body, started.headers),
                response_body=body_of(self.response_body, response_headers),
                calls=calls,
                call_totals=call_totals,
                replay_of=started.replay_of,
            )
        )

    def _response_size(self, headers: Headers) -> int:
        is_error = self.status is not None and self.status >= 400
        if self.response_body.size_bytes or not is_error or self._started.method == "HEAD":
            return self.response_body.size_bytes
        # Werkzeug answers for an app that raised, and http.server for a request that the app does
        # not get. Both bypass our middleware.
        length = header_of(headers, "content-length")
        return int(length) if length.isdecimal() and not self.cut else 0


class Recorder:
    """Make an `Exchange` for each request, and know which are running.

    `tracing` records their calls, unless it is None.
    """

    def __init__(
        self,
        channel: Channel,
        output: Output,
        tracing: Tracing | None = None,
        send_token: str = "",
    ) -> None:
        self.tracing = tracing
        self.profiling: Callable[[str], Profile] | None = None
        """Begins to profile this thread for the request with an id; the server sets it."""
        self._channel = channel
        self._send_token = send_token
        self._output = output
        self._numbers = itertools.count(1)
        # Request id -> its thread. Server threads change it without a lock: single operations on a
        # dict are atomic.
        self._running: dict[str, int] = {}
        self._ended = Bell()

    def take_mark(self, headers: Message) -> Mark:
        """Remove the header that the session adds to its own requests, and return its words.

        The app never sees the header. One without the session's token is somebody else's.
        """
        value = headers.get(SEND_HEADER)
        if not value or not self._send_token:
            return _UNMARKED
        token, sent, replay_of, profile = (*str(value).split(" "), "", "", "")[:4]
        if token != self._send_token:
            return _UNMARKED
        del headers[SEND_HEADER]
        return Mark(sent, replay_of, profile == PROFILE)

    def begin(
        self,
        method: str,
        target: str,
        client: str,
        headers: Headers,
        began: float,
        mark: Mark | None = None,
    ) -> Exchange:
        """Report a request whose head was read; `began` is the time when its first line came."""
        sent, replay_of, profile = mark or _UNMARKED
        started = RequestStarted(
            id=f"{self._channel.generation}-{next(self._numbers)}",
            method=cut(method, MAX_METHOD),
            target=cut(target, MAX_TARGET),
            client=client,
            headers=headers_of(headers),
            sent=sent,
            replay_of=replay_of,
        )
        self._running[started.id] = threading.get_ident()
        self._channel.send(started)
        exchange = Exchange(self, started, began)
        if profile and self.profiling is not None:
            exchange.profile = self.profiling(started.id)
        return exchange

    def report(self, event: RequestProfiled) -> None:
        """Report a profile."""
        self._channel.send(event)

    def end(self, event: RequestFinished) -> None:
        """Report a finished request, after any unfinished line that it has printed.

        The event waits for the next one, or for `send`: if requests follow one another, the end of
        one and the start of the next are one message.
        """
        if request_context.lent is not None:
            request_context.lent.request_ended()
        self._output.release(event.id)
        self._channel.put(event)
        self._running.pop(event.id, None)
        self._ended.ring()

    def send(self) -> None:
        """Send the ends of requests that wait."""
        self._channel.send_pending()

    def thread_of(self, request_id: str) -> int | None:
        """Return the identifier of a request's thread, None if the request has ended."""
        return self._running.get(request_id)

    def wait_until_idle(self, timeout: float) -> bool:
        """Wait until no request runs; return false if some still do after `timeout` seconds."""
        return self._ended.wait_for(lambda: not self._running, timeout)
