"""The way of every event: into the store, and then to those who have subscribed."""

from __future__ import annotations

from collections.abc import Callable

from devtui.events import AnyEvent, LogWritten, StateChanged
from devtui.session.state import State
from devtui.session.store.store import Store


class Feed:
    """Keeps each event in the store and hands it to the subscribers, on the loop's thread.

    A front end is imported while the first process starts already: what happens before there is a
    subscriber waits for the first one. `generation` tells the newest server process, under which
    the session's own words are told.
    """

    def __init__(self, generation: Callable[[], int]) -> None:
        self.store = Store()
        self._generation = generation
        self._subscribers: list[Callable[[AnyEvent], None]] = []
        self._early: list[AnyEvent] = []  # what happened before anybody could have subscribed

    def subscribe(self, listener: Callable[[AnyEvent], None]) -> None:
        """Have `listener` called with every event; the first subscriber gets the early ones too."""
        self._subscribers.append(listener)
        early, self._early = self._early, []
        for event in early:
            listener(event)

    def take(self, event: AnyEvent) -> None:
        """Keep the event, and tell it."""
        self.store.apply(event)
        if not self._subscribers:
            self._early.append(event)
        for subscriber in self._subscribers:
            subscriber(event)

    def warn(self, message: str) -> None:
        """Tell a warning of devtui's own, one sentence or two, as a line of the log."""
        self.take(
            LogWritten(
                generation=self._generation(),
                stream="log",
                logger="devtui",
                level="WARNING",
                text=message,
            )
        )

    def state_changed(self, previous: State, state: State, reason: str) -> None:
        """Tell that the session has gone from one state to another, as `StateMachine` says it."""
        self.take(
            StateChanged(
                generation=self._generation(),
                state=state.value,
                previous=previous.value,
                reason=reason,
            )
        )
