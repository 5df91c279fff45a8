"""What the session remembers of its events, bounded everywhere; the front ends read it here."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from msgspec import structs

from devtui.events import (
    AnyEvent,
    AppFailed,
    Body,
    ErrorRaised,
    EventsDropped,
    LogWritten,
    Reloaded,
    RequestFinished,
    RequestStarted,
    ServerExited,
)
from devtui.session.errors import ErrorEntry, ErrorGroups
from devtui.session.ring import Ring

MAX_REQUESTS = 100_000
MAX_LINES = 100_000
MAX_RELOADS = 1_000
MAX_IGNORED = 200
MAX_ERRORS = 1_000
MAX_BODY_BYTES = 32 * 1024 * 1024
MAX_LINES_OF_REQUEST = 1_000


# What the reloads pane lists: reloads that went well or not, and processes that died.
Reload: TypeAlias = Reloaded | AppFailed | ServerExited


@dataclass(slots=True)
class Request:
    """One request, from its head to the end of its response; `finished` is None while it runs.

    `output` are the numbers of its lines in `Store.log`, `errors` those in `Store.errors`; what
    such a number stood for may be gone. `bodies_dropped` says that older bodies made room.
    """

    started: RequestStarted
    finished: RequestFinished | None = None
    output: list[int] = field(default_factory=list)
    errors: list[int] = field(default_factory=list)
    bodies_dropped: bool = False

    @property
    def running(self) -> bool:
        """Whether no response has ended yet."""
        return self.finished is None


class Store:
    """The newest requests, log lines, reloads and errors, with what belongs together linked."""

    def __init__(self) -> None:
        self.requests: Ring[Request] = Ring(MAX_REQUESTS)
        self.log: Ring[LogWritten] = Ring(MAX_LINES)
        self.reloads: Ring[Reload] = Ring(MAX_RELOADS)
        self.errors: Ring[ErrorEntry] = Ring(MAX_ERRORS)
        self.error_groups = ErrorGroups()
        self.ignored: dict[str, str] = {}  # the newest last
        self.events_dropped = 0
        self.running = 0
        self._numbers: dict[str, int] = {}  # request id -> its number in the ring
        self._body_bytes = 0
        self._with_bodies: deque[int] = deque()  # numbers of requests, in the order they ended

    def request(self, request_id: str | None) -> Request | None:
        """The request of that id, where it is still kept."""
        number = self._numbers.get(request_id) if request_id is not None else None
        return None if number is None else self.requests[number]

    def apply(self, event: AnyEvent) -> None:
        """Take in one event. Those that leave nothing to look back at are passed over."""
        match event:
            case RequestStarted():
                self._start(event)
            case RequestFinished():
                self._finish(event)
            case LogWritten():
                number = self.log.append(event)
                request = self.request(event.request_id)
                if request is not None and len(request.output) < MAX_LINES_OF_REQUEST:
                    request.output.append(number)
            case ErrorRaised():
                self._add_error(event, event.origin, event.request_id)
            case AppFailed():
                self._add_error(event, "load", None)
                if not event.reload:  # else the Reloaded that follows tells it
                    self.reloads.append(event)
            case Reloaded():
                self.reloads.append(event)
            case ServerExited(expected=False):
                self.reloads.append(event)
            case EventsDropped():
                self.events_dropped += event.count

    def cut_running(self, generation: int, at: datetime, reason: str) -> list[RequestFinished]:
        """The ends of the requests that died with their server process, for `apply`."""
        if not self.running:
            return []
        ends = []
        for request in self.requests:
            started = request.started
            if request.running and started.generation == generation:
                ends.append(
                    RequestFinished(
                        at=at,
                        generation=generation,
                        id=started.id,
                        method=started.method,
                        target=started.target,
                        client=started.client,
                        status=None,
                        duration_ms=(at - started.at).total_seconds() * 1000,
                        size_bytes=0,
                        cut=reason,
                    )
                )
        return ends

    def note_ignored(self, reasons: Mapping[str, str]) -> None:
        """Files or folders whose changes did not count, with the reason for each."""
        for path, reason in reasons.items():
            self.ignored.pop(path, None)
            self.ignored[path] = reason
        while len(self.ignored) > MAX_IGNORED:
            del self.ignored[next(iter(self.ignored))]

    def clear_requests(self) -> None:
        """Forget the requests; those that still run lose their rows too."""
        self.requests.clear()
        self._numbers.clear()
        self.running = 0
        self._body_bytes = 0
        self._with_bodies.clear()

    def clear_errors(self) -> None:
        """Forget the errors, and the groups that they are in."""
        self.errors.clear()
        self.error_groups.clear()

    def _start(self, event: RequestStarted) -> None:
        if len(self.requests) == self.requests.capacity:
            self._forget_oldest()
        self._numbers[event.id] = self.requests.append(Request(event))
        self.running += 1

    def _finish(self, event: RequestFinished) -> None:
        request = self.request(event.id)
        if request is None:
            # Its start was dropped or cleared away; the end says all that a row needs.
            self._start(
                RequestStarted(
                    at=event.at,
                    generation=event.generation,
                    id=event.id,
                    method=event.method,
                    target=event.target,
                    client=event.client,
                )
            )
            request = self.request(event.id)
        assert request is not None
        if request.running:
            self.running -= 1
            request.finished = event
            if held := _body_bytes(event):
                self._body_bytes += held
                self._with_bodies.append(self._numbers[event.id])
                self._drop_bodies()

    def _add_error(
        self, event: ErrorRaised | AppFailed, origin: str, request_id: str | None
    ) -> None:
        entry = ErrorEntry(
            event.at, event.generation, origin, event.error, request_id, event.error_id
        )
        number = self.errors.append(entry)
        self.error_groups.add(entry)
        request = self.request(request_id)
        if request is not None:
            request.errors.append(number)

    def _forget_oldest(self) -> None:
        oldest = self.requests[self.requests.first]
        self._numbers.pop(oldest.started.id, None)
        if oldest.finished is None:
            self.running -= 1
        else:
            self._body_bytes -= _body_bytes(oldest.finished)
        while self._with_bodies and self._with_bodies[0] <= self.requests.first:
            self._with_bodies.popleft()

    def _drop_bodies(self) -> None:
        """Let go of the bodies that came first until what is kept fits its bound again."""
        while self._body_bytes > MAX_BODY_BYTES:
            number = self._with_bodies.popleft()
            if number < self.requests.first:
                continue  # they went with their request
            request = self.requests[number]
            assert request.finished is not None
            self._body_bytes -= _body_bytes(request.finished)
            request.finished = _without_text(request.finished)
            request.bodies_dropped = True


def _body_bytes(event: RequestFinished) -> int:
    bodies = (event.request_body, event.response_body)
    return sum(len(body.text) for body in bodies if body is not None and body.text is not None)


def _without_text(event: RequestFinished) -> RequestFinished:
    def emptied(body: Body | None) -> Body | None:
        return body and structs.replace(body, text=None, truncated=True)

    return structs.replace(
        event,
        request_body=emptied(event.request_body),
        response_body=emptied(event.response_body),
    )
