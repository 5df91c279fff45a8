"""The state of the app: loading, loaded or failed, and since when."""

from __future__ import annotations

import time
from collections.abc import Callable

from devtui.events import AnyEvent, AppFailed, AppLoaded, ServerExited, ServerStarted, Serving
from devtui.session.event_bus import EventBus


class ServedApp:
    """The result of the newest load, and the time since when the app is loading or serving.

    `loaded` describes the last load that succeeded, even after a later one has failed. `failure` is
    the error of the last load, or None if it succeeded.

    `loading_since` is when the current load began, and `serving_since` when the current process
    began to serve, even if it serves only its load's error. Both are in seconds of `clock`, and
    None outside of these times.

    `crash` is a sentence about how the process of the first load ended, if it crashed. It is empty
    otherwise, and while the load is tried again.

    `outdated_by` are the names of files that were saved since the running code was loaded, while
    the reloader is off.

    `in_code` means that a call in the app's own code serves it, which cannot serve an error.
    """

    def __init__(self, *, in_code: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self.loaded: AppLoaded | None = None
        self.failure: AppFailed | None = None
        self.crash = ""
        self.outdated_by: tuple[str, ...] = ()
        self.loading_since: float | None = None
        self.serving_since: float | None = None
        self._in_code = in_code
        self._has_served = False
        self._clock = clock

    @property
    def given_up(self) -> bool:
        """Whether the last load has failed, and nothing will be served, not even its error."""
        return self.failure is not None and (self._in_code or not self.failure.reload)

    @property
    def not_found(self) -> bool:
        """Whether the first load found no app, as opposed to one that raises an error."""
        failure = self.failure
        return self.given_up and not self._in_code and not (failure and failure.error.exceptions)

    def subscribe_to(self, bus: EventBus) -> None:
        """Follow what comes over the bus from now on."""
        bus.listen(self.heard, ServerStarted, AppLoaded, AppFailed, Serving, ServerExited)

    def heard(self, event: AnyEvent) -> None:
        """Take in an event of the newest server process."""
        match event:
            case ServerStarted():
                self.loading_since, self.serving_since = self._clock(), None
                self.crash, self.outdated_by = "", ()
            case AppLoaded():
                self.loaded, self.failure = event, None
            case AppFailed():
                self.failure = event
                if self.given_up:
                    self.loading_since = None
            case Serving():
                self.loading_since, self.serving_since = None, self._clock()
                self._has_served = True
            case ServerExited():
                if not (event.expected or self._has_served or self.given_up):
                    how = f"by {event.signal}" if event.signal else f"with status {event.exit_code}"
                    self.crash = f"The app did not load: its process has ended {how}."
                self.loading_since = self.serving_since = None
