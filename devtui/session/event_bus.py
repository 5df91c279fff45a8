"""The event bus: it delivers each event to the subscribers of its type."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, TypeAlias

from msgspec import structs

from devtui.events import AnyEvent, LogWritten

Listener: TypeAlias = Callable[[Any], object]


class EventBus:
    """Deliver events on the event loop's thread.

    The session's parts listen to types. Front ends subscribe to all public events, and get an event
    after the parts. An event that is published during a delivery waits until it ends, so all get
    the events in the same order.

    The first front end is imported while the first process starts. It gets the earlier events when
    it subscribes. `generation` returns the number of the newest server process.
    """

    def __init__(self, generation: Callable[[], int]) -> None:
        self._generation = generation
        self._listeners: dict[type, tuple[Listener, ...]] = {}
        self._private: dict[type, Callable[[], bool]] = {}
        self._front_ends: list[Callable[[AnyEvent], None]] = []
        self._early: list[AnyEvent] = []
        self._waiting: deque[AnyEvent] = deque()
        self._delivering = False

    def listen(self, listener: Listener, *kinds: type) -> None:
        """Call `listener` with every event of these types, after those that listen already."""
        for kind in kinds:
            self._listeners[kind] = (*self._listeners.get(kind, ()), listener)

    def keep_private(self, kind: type, is_public: Callable[[], bool] = lambda: False) -> None:
        """Keep events of a type from the front ends, unless `is_public` allows the one at hand."""
        self._private[kind] = is_public

    def subscribe(self, front_end: Callable[[AnyEvent], None]) -> None:
        """Call `front_end` with every public event."""
        self._front_ends.append(front_end)
        early, self._early = self._early, []
        for event in early:
            front_end(event)

    def publish(self, event: AnyEvent) -> None:
        """Deliver an event, then the events that its delivery caused."""
        self._waiting.append(event)
        if self._delivering:
            return
        self._delivering = True
        failure: BaseException | None = None
        while self._waiting:
            try:
                self._deliver(self._waiting.popleft())
            except BaseException as error:  # it must not hold up the events that wait
                failure = failure or error
        self._delivering = False
        if failure is not None:
            raise failure

    def tell(self, event: AnyEvent) -> None:
        """Publish an event of the session itself, in the name of the newest generation."""
        self.publish(structs.replace(event, generation=self._generation()))

    def warn(self, message: str) -> None:
        """Publish a warning of devtui as a line of the log, one sentence or two."""
        self.tell(LogWritten(stream="log", logger="devtui", level="WARNING", text=message))

    def _deliver(self, event: AnyEvent) -> None:
        kind = type(event)
        for listener in self._listeners.get(kind, ()):
            listener(event)
        is_public = self._private.get(kind)
        if is_public is not None and not is_public():
            return
        if not self._front_ends:
            self._early.append(event)
        for front_end in self._front_ends:
            front_end(event)
