"""What happens in the session, for those requests that wait for something."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from devtui.events import (
    AppFailed,
    AppLoaded,
    ErrorRaised,
    FilesChanged,
    LogWritten,
    PortBusy,
    Reloaded,
    RequestFinished,
    RequestStarted,
    ServerExited,
    ServerStarted,
    Serving,
    StateChanged,
)
from devtui.session.event_bus import EventBus

Listener: TypeAlias = Callable[[Any], object]

_OF_RELOADS = (AppFailed, AppLoaded, FilesChanged, PortBusy, Reloaded, ServerExited, ServerStarted)
_OF_RELOADS += (Serving, StateChanged)  # type: ignore[assignment]


class News:
    """Passes the events of the bus to requests, which come and go.

    The bus keeps its listeners for ever, so it has this one.
    """

    def __init__(self, bus: EventBus) -> None:
        self._listeners: dict[type, list[Listener]] = {}
        self._turn = asyncio.Event()
        bus.listen(self._on_reload, *_OF_RELOADS)
        bus.listen(self._pass_on, LogWritten, RequestStarted, RequestFinished, ErrorRaised)

    @contextmanager
    def listening(self, listener: Listener, *kinds: type) -> Iterator[None]:
        """Call `listener` with the events of these types meanwhile."""
        for kind in kinds:
            self._listeners.setdefault(kind, []).append(listener)
        try:
            yield
        finally:
            for kind in kinds:
                self._listeners[kind].remove(listener)

    @property
    def of_reloads(self) -> asyncio.Event:
        """An event that is set as soon as something about a load or the server process happens."""
        return self._turn

    def _on_reload(self, event: object) -> None:
        turn, self._turn = self._turn, asyncio.Event()
        turn.set()
        self._pass_on(event)

    def _pass_on(self, event: object) -> None:
        for listener in list(self._listeners.get(type(event), ())):
            listener(event)
