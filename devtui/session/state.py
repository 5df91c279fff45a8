"""The states of a session, the changes that are allowed, and the one place that makes them."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING

from devtui.events import (
    AppFailed,
    ServerContinued,
    ServerExited,
    ServerSuspended,
    Serving,
    StateChanged,
)

if TYPE_CHECKING:
    from devtui.session.event_bus import EventBus
    from devtui.session.served_app import ServedApp


class State(Enum):
    """A session's state. The values are words for people, and `state_changed.state`."""

    STARTING = "starting"
    SERVING = "serving"
    SERVING_ERROR = "serving the error"
    RELOADING = "reloading"
    PORT_BUSY = "port busy"
    FAILED = "failed"
    CRASHED = "crashed"
    STOPPED = "stopped"
    SUSPENDED = "suspended"

    @property
    def loading(self) -> bool:
        """Whether a server process is starting, and there is nothing to see yet."""
        return self in (State.STARTING, State.RELOADING)

    @property
    def answers(self) -> bool:
        """Whether a request gets a response now, at least the error's page."""
        return self in (State.SERVING, State.SERVING_ERROR)


_ALLOWED: dict[State, frozenset[State]] = {
    State.STARTING: frozenset(
        {State.SERVING, State.SERVING_ERROR, State.FAILED, State.CRASHED, State.PORT_BUSY}
    ),
    State.SERVING: frozenset({State.SERVING_ERROR, State.RELOADING, State.CRASHED}),
    State.SERVING_ERROR: frozenset({State.RELOADING, State.CRASHED}),
    State.RELOADING: frozenset(
        {State.SERVING, State.SERVING_ERROR, State.CRASHED, State.FAILED, State.PORT_BUSY}
    ),
    State.PORT_BUSY: frozenset({State.STARTING, State.RELOADING}),
    State.FAILED: frozenset({State.STARTING, State.PORT_BUSY}),
    State.CRASHED: frozenset({State.RELOADING, State.STARTING, State.PORT_BUSY}),
    State.STOPPED: frozenset(),
    State.SUSPENDED: frozenset(),  # it covers one of the others
}


class StateMachine:
    """Hold the session's state, and announce each change.

    `announce(previous, state, reason)` is called after each real change. Every state may become
    `STOPPED`, which is the last one. `has_served` is true once the app itself was served; each
    later load is a reload.

    A signal may suspend the server process in any state. Then the state is `SUSPENDED` until the
    process goes on or another one takes its place. If the process has reported before that it
    serves, that takes effect when it goes on.
    """

    def __init__(self, announce: Callable[[State, State, str], None]) -> None:
        self.has_served = False
        self._state = State.STARTING
        self._suspended = False
        self._announce = announce

    @property
    def state(self) -> State:
        """The session's state."""
        return State.SUSPENDED if self._suspended else self._state

    def to(self, state: State, reason: str = "") -> None:
        """Change the state. Raises `ValueError` for a change that the table does not allow."""
        previous, below = self.state, self._state
        if state is not State.STOPPED and state not in (below, *_ALLOWED[below]):
            raise ValueError(f"a session that is {below.value!r} cannot become {state.value!r}")
        if below is State.STOPPED and state is not below:
            raise ValueError("a session that is 'stopped' cannot change any more")
        self._state = state
        self.has_served |= state is State.SERVING
        self._suspended &= state.answers
        self._tell(previous, reason)

    def subscribe_to(self, bus: EventBus, served: ServedApp) -> None:
        """Follow the events of the server process."""
        bus.listen(lambda event: self._on_failed(event, served), AppFailed)
        bus.listen(lambda event: self._on_serving(served), Serving)
        bus.listen(
            lambda event: self.suspend(f"{event.signal} has stopped process {event.pid}"),
            ServerSuspended,
        )
        bus.listen(lambda event: self.resume(f"process {event.pid} goes on"), ServerContinued)
        bus.listen(self._on_exit, ServerExited)

    def suspend(self, reason: str) -> None:
        """Note that a signal has stopped the server process."""
        previous, self._suspended = self.state, self._state is not State.STOPPED
        self._tell(previous, reason)

    def resume(self, reason: str) -> None:
        """Note that the server process goes on."""
        previous, self._suspended = self.state, False
        self._tell(previous, reason)

    def _on_failed(self, event: AppFailed, served: ServedApp) -> None:
        if served.given_up:
            self.to(State.FAILED, event.message)
        elif self._state is State.SERVING:  # Django's checks failed while it was served
            self.to(State.SERVING_ERROR, event.message)

    def _on_serving(self, served: ServedApp) -> None:
        self.to(State.SERVING if served.failure is None else State.SERVING_ERROR)

    def _on_exit(self, event: ServerExited) -> None:
        if not event.expected:
            how = f"by {event.signal}" if event.signal else f"with exit status {event.exit_code}"
            self.to(State.CRASHED, f"the server process ended {how}")

    def _tell(self, previous: State, reason: str) -> None:
        if self.state is not previous:
            self._announce(previous, self.state, reason)


def announce_on(bus: EventBus) -> Callable[[State, State, str], None]:
    """Return a function that publishes the changes of a `StateMachine` on the bus."""

    def announce(previous: State, state: State, reason: str) -> None:
        bus.tell(StateChanged(state=state.value, previous=previous.value, reason=reason))

    return announce
