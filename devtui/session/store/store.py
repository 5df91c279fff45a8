"""What the session keeps of its events, with a bound for everything; the front ends read it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from itertools import islice
from typing import TypeAlias

from msgspec import structs

from devtui.events import (
    AnyEvent,
    AppFailed,
    AppLoaded,
    ControlUsed,
    DashboardsAttached,
    ErrorRaised,
    EventsDropped,
    LogWritten,
    Reloaded,
    RequestFinished,
    RequestStarted,
    ServerExited,
)
from devtui.session.calls.grouping import groups_of, left_out
from devtui.session.calls.seen_calls import SeenCalls
from devtui.session.event_bus import EventBus
from devtui.session.store.error_groups import ErrorEntry, ErrorGroups, SharedFrames
from devtui.session.store.log_entry import Gathering, LogEntry
from devtui.session.store.pulse import Pulse
from devtui.session.store.request_record import Request
from devtui.session.store.ring import Ring

# Each ring has two bounds: a count, and bytes for large items. They keep the dashboard under 150
# MiB (tests/benchmarks/load.py).
MAX_REQUESTS = 100_000
MAX_ROW_BYTES = 24 * 1024 * 1024
MAX_CLEARED = 10_000
MAX_CLEARED_BYTES = 2 * 1024 * 1024
MAX_DETAILS_BYTES = 8 * 1024 * 1024  # headers, bodies and calls of the newest requests
MAX_LINES = 50_000
MAX_LINE_BYTES = 10 * 1024 * 1024
MAX_RELOADS = 1_000
MAX_IGNORED = 200
MAX_ERRORS = 1_000
MAX_ERROR_BYTES = 10 * 1024 * 1024
MAX_LINES_OF_REQUEST = 1_000

DASHBOARD = "attached dashboard"
"""The client of a `ControlUsed` that a person has caused, in another terminal."""

# How many names of loggers and levels are shared between lines.
MAX_NAMES = 10_000


# The reloads pane lists reloads, failed first loads, and processes that died.
Reload: TypeAlias = Reloaded | AppFailed | ServerExited


class Store:
    """The newest requests, log lines, reloads and errors, with links between them."""

    def __init__(self) -> None:
        self.requests: Ring[Request] = Ring(
            MAX_REQUESTS,
            max_bytes=MAX_ROW_BYTES,
            size_of=lambda request: request.row_bytes,
            on_forget=self._forgotten,
        )
        self._cleared: Ring[Request] = Ring(
            MAX_CLEARED,
            max_bytes=MAX_CLEARED_BYTES,
            size_of=lambda request: request.row_bytes,
            on_forget=self._forgotten,
        )
        self.log: Ring[LogEntry] = Ring(
            MAX_LINES, max_bytes=MAX_LINE_BYTES, size_of=lambda entry: entry.size_bytes
        )
        self._gathering = Gathering()
        self.reloads: Ring[Reload] = Ring(MAX_RELOADS)
        self.errors: Ring[ErrorEntry] = Ring(
            MAX_ERRORS,
            max_bytes=MAX_ERROR_BYTES,
            size_of=lambda entry: entry.size_bytes,
            on_forget=ErrorEntry.shorten,  # a group may hold on to it
        )
        self.error_groups = ErrorGroups()
        self.ignored: dict[str, str] = {}  # the newest last
        self.events_dropped = 0
        self.control_uses = 0
        """How often scripts and agents have used verbs that change something."""
        self.dashboards_attached = 0
        """How many further dashboards show this session."""
        self.pulse = Pulse()
        self.clients_differ = False
        """Whether the requests came from more than one address."""
        self._client: str | None = None  # the first one's
        self.calls = SeenCalls()
        self.called: set[str] = set()
        """Which kinds of calls the requests made."""
        self.loaded_generation = 0
        """The newest generation whose app was loaded."""
        self._by_id: dict[str, Request] = {}
        self.details_bytes = 0
        self.with_details: deque[Request] = deque()  # in the order in which they ended
        self._frames = SharedFrames()
        self._names: dict[str, str] = {}

    def request(self, request_id: str | None) -> Request | None:
        """Return the request of that id, or None if it has left the store."""
        return None if request_id is None else self._by_id.get(request_id)

    def output_of(self, request: Request) -> list[LogEntry]:
        """Return the first thousand entries that were written in the request."""
        entries = (entry for entry in self.log if entry.request_id == request.id)
        return list(islice(entries, MAX_LINES_OF_REQUEST))

    def subscribe_to(self, bus: EventBus) -> None:
        """Take in the events of the bus from now on."""
        bus.listen(self._start, RequestStarted)
        bus.listen(self._finish, RequestFinished)
        bus.listen(self._add_line, LogWritten)
        bus.listen(self.apply, AppLoaded, AppFailed, ErrorRaised)
        bus.listen(self.apply, Reloaded, ServerExited, EventsDropped, ControlUsed)
        bus.listen(self.apply, DashboardsAttached)

    def apply(self, event: AnyEvent) -> None:
        """Take in one event. Types that leave nothing to keep are ignored."""
        match event:
            case RequestStarted():
                self._start(event)
            case RequestFinished():
                self._finish(event)
            case LogWritten():
                self._add_line(event)
            case AppLoaded():
                self.loaded_generation = max(self.loaded_generation, event.generation)
            case ErrorRaised():
                self._add_error(event, event.origin, event.request_id)
            case AppFailed():
                self._add_error(event, "load", None)
                if not event.reload:  # else a Reloaded follows
                    self.reloads.append(event)
            case Reloaded():
                self.reloads.append(event)
            case ServerExited(expected=False):
                self.reloads.append(event)
            case ControlUsed():
                self.control_uses += event.client != DASHBOARD
            case DashboardsAttached():
                self.dashboards_attached = event.count
            case EventsDropped():
                self.events_dropped += event.count

    def note_ignored(self, reasons: Mapping[str, str]) -> None:
        """Note files or folders whose changes did not count, with the reasons."""
        for path, reason in reasons.items():
            self.ignored.pop(path, None)
            self.ignored[path] = reason
        while len(self.ignored) > MAX_IGNORED:
            del self.ignored[next(iter(self.ignored))]

    def clear_requests(self) -> None:
        """Take all requests from their list, also those that still run.

        The newest of the ended ones stay known, because entries and errors lead to them.
        """
        self._client, self.clients_differ = None, False
        self.pulse.clear()
        self.calls.clear()
        self.called.clear()
        for request in self.requests.take_all():
            if request.running:
                self._forgotten(request)
            else:
                self._cleared.append(request)

    def forget_all(self) -> None:
        """Forget everything, because the history is about to be sent again."""
        self.clear_requests()
        self._cleared.clear()
        self.log.clear()
        self._gathering = Gathering()
        self.reloads.clear()
        self.clear_errors()

    def clear_errors(self) -> None:
        """Forget the errors, and the groups that they are in."""
        self.errors.clear()
        self.error_groups.clear()

    def _start(self, event: RequestStarted) -> Request:
        request = self._by_id[event.id] = Request.begun(event)
        self.requests.append(request)
        if self._client is None:
            self._client = event.client
        self.clients_differ = self.clients_differ or event.client != self._client
        return request

    def _finish(self, event: RequestFinished) -> None:
        request = self._by_id.get(event.id)
        if request is None:
            # Its start was dropped or cleared away; the end has all that a row needs.
            request = self._start(
                RequestStarted(
                    at=event.at,
                    generation=event.generation,
                    id=event.id,
                    method=event.method,
                    target=event.target,
                    client=event.client,
                )
            )
        if request.running:
            self.pulse.count(request, event)
            request.end(event, self._count_calls(event) if event.call_totals else 0)
            self.details_bytes += request.details_bytes
            self.with_details.append(request)
            self.requests.grew(request.row_bytes)
            self._drop_details()

    def _count_calls(self, event: RequestFinished) -> int:
        """Count the calls of a request, and return how often it made one that it repeated."""
        self.called.update(total.kind for total in event.call_totals if total.count)
        groups = groups_of(event.calls)
        more = left_out(event) > 0
        self.calls.add(event.id, event.at, event.generation, groups, at_least=more)
        return max((group.count for group in groups if group.is_repeat), default=0)

    def _add_line(self, event: LogWritten) -> None:
        # The codec makes new strings each time, though most lines repeat the same few.
        request = self.request(event.request_id)
        request_id = event.request_id if request is None else request.id
        logger, level = self._shared(event.logger), self._shared(event.level)
        self._gathering.add(
            structs.replace(event, logger=logger, level=level, request_id=request_id), self.log
        )

    def _shared(self, name: str | None) -> str | None:
        """Return the one string that stands for all equal names."""
        if name is None:
            return None
        if len(self._names) >= MAX_NAMES:
            self._names.clear()
        return self._names.setdefault(name, name)

    def _add_error(
        self, event: ErrorRaised | AppFailed, origin: str, request_id: str | None
    ) -> None:
        error, size = self._frames.share(event.error)
        entry = ErrorEntry(
            event.at, event.generation, origin, error, request_id, event.error_id, size
        )
        number = self.errors.append(entry)
        self.error_groups.add(entry)
        request = self.request(request_id)
        if request is not None:
            request.add_error(number)

    def _forgotten(self, request: Request) -> None:
        self._by_id.pop(request.id, None)
        self.details_bytes -= request.details_bytes
        request.drop_details()
        self._drop_details()

    def _drop_details(self) -> None:
        """Drop the oldest headers and bodies until the others fit their bound."""
        waiting = self.with_details
        while waiting and (self.details_bytes > MAX_DETAILS_BYTES or not waiting[0].details_bytes):
            request = waiting.popleft()
            self.details_bytes -= request.details_bytes
            request.drop_details()
