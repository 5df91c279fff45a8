"""Pass the events of the session on to control requests that wait for something."""

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

_OF_RELOADS: tuple[type, ...] = (
    *(AppFailed, AppLoaded, FilesChanged, PortBusy, Reloaded),
    *(ServerExited, ServerStarted, Serving, StateChanged),
)


class News:
    """Pass the events of the bus on to requests, which come and go.

    The bus keeps its listeners for ever, so this one listens for all requests.
    """

    def __init__(self, bus: EventBus) -> None:
        self._listeners: dict[type, list[Listener]] = {}
        self._turn = asyncio.Event()
        bus.listen(self._on_reload, *_OF_RELOADS)
        bus.listen(self._pass_on, LogWritten, RequestStarted, RequestFinished, ErrorRaised)

    @contextmanager
    def listening(self, listener: Listener, *kinds: type) -> Iterator[None]:
        """Call `listener` with the events of these types while the context lasts."""
        for kind in kinds:
            self._listeners.setdefault(kind, []).append(listener)
        try:
            yield
        finally:
            for kind in kinds:
                self._listeners[kind].remove(listener)

    @property
    def of_reloads(self) -> asyncio.Event:
        """An event that is set as soon as a load or the server process changes."""
        return self._turn

    def _on_reload(self, event: object) -> None:
        turn, self._turn = self._turn, asyncio.Event()
        turn.set()
        self._pass_on(event)

    def _pass_on(self, event: object) -> None:
        for listener in list(self._listeners.get(type(event), ())):
            listener(event)
