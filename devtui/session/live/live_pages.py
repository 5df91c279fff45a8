"""The open pages: they hear what was saved, and load again or take a new style sheet."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import time
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from devtui.events import HoldEnded, PageLeftAlone, PagesFollowing, Serving, SetLive, StateChanged
from devtui.session.event_bus import EventBus
from devtui.session.live.page_connection import Asked, PageConnection, take_over
from devtui.session.live.page_files import PageChange, WrittenByPages, change_by
from devtui.session.state import State

# How long to wait for more changes after one. Those of a save are noticed together.
MERGE_SECONDS = 0.002

# How long a page that disconnects is still counted: if it loads again, it comes back.
TELL_SECONDS = 0.3

# Nobody has so many pages open. Without a bound one client could take all our descriptors.
MAX_CONNECTIONS = 200

_GONE = {
    State.CRASHED.value: "The server process has crashed.",
    State.PORT_BUSY.value: "Another program has the server's port.",
}


class Around(msgspec.Struct, frozen=True):
    """What the pages need of the session.

    `set_live` gives the server process an order with a socket. `waits` says whether a reload is
    about to come, or saves are held.
    """

    set_live: Callable[[SetLive, socket.socket], None]
    waits: Callable[[], bool]
    port: Callable[[], int]
    url: Callable[[], str]


class LivePages:
    """The open pages, across generations. They follow the saves while it is `on`.

    A page says how long ago its document came. If something has changed since, it loads again at
    once. So no save is missed between a page and its connection, and none is seen twice.
    """

    def __init__(self, on: bool, folder: str, bus: EventBus, around: Around) -> None:
        self.on = on
        self._folder = folder
        self._bus = bus
        self._around = around
        self._key = secrets.token_urlsafe(12)
        self._way, self._their_way = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._way.setblocking(False)
        self._connections: set[PageConnection] = set()
        self._pages: dict[PageConnection, float] = {}  # with the times at which they came
        self._changed_at = 0.0  # the newest time at which pages had to load again
        self._waiting = PageChange()
        self._timer: asyncio.TimerHandle | None = None
        self._taking: set[asyncio.Task[Any]] = set()
        self._written = WrittenByPages()
        self._left_alone: set[str] = set()
        self.count = 0
        """How many pages are connected, as it was told last."""
        self._told = (0, on)
        self._telling: asyncio.TimerHandle | None = None
        bus.listen(self._on_serving, Serving)
        bus.listen(self._on_state, StateChanged)
        bus.listen(lambda event: self._wait_for_more(), HoldEnded)
        bus.listen(self._on_left_alone, PageLeftAlone)
        bus.keep_private(PageLeftAlone)
        if on:
            self._set_live()

    def start(self) -> None:
        """Take connections, on the running event loop."""
        asyncio.get_running_loop().add_reader(self._way.fileno(), self._take)

    def close(self) -> None:
        """Disconnect all pages."""
        asyncio.get_running_loop().remove_reader(self._way.fileno())
        for timer in (self._timer, self._telling):
            if timer is not None:
                timer.cancel()
        for task in self._taking:
            task.cancel()
        for connection in tuple(self._connections):
            connection.close()
        self._way.close()
        self._their_way.close()

    def turn(self, on: bool) -> None:
        """Have the pages follow the saves or not; they catch up with what they have missed."""
        self.on = on
        self._set_live()
        if on:
            for page, came_at in self._pages.items():
                if came_at < self._changed_at:
                    self._reload(page)
        self._tell_now()

    def saved(self, paths: Iterable[str]) -> None:
        """Take in changed files that are no source."""
        paths, found = self._written.without(path for path in paths if change_by([path]))
        for path in found:
            name = os.path.relpath(path, self._folder)
            self._bus.warn(f"{name} changes each time a page loads, so pages do not follow it.")
        if change := change_by(paths):
            self._waiting |= change
            if change.reload:
                self._changed_at = time.time()
            self._wait_for_more()

    def _set_live(self) -> None:
        self._around.set_live(SetLive(on=self.on, key=self._key), self._their_way)

    def _wait_for_more(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(MERGE_SECONDS, self._send_waiting)

    def _send_waiting(self) -> None:
        """Tell the pages what was saved, unless a new generation is about to tell them."""
        if self._around.waits():
            return
        change, self._waiting = self._waiting, PageChange()
        if not self.on or not change:
            return
        names = [os.path.relpath(path, self._folder) for path in sorted(change.swaps)]
        for page in self._pages:
            if change.reload:
                self._reload(page)
            else:
                page.send({"do": "swap", "paths": [name.replace(os.sep, "/") for name in names]})

    def _reload(self, page: PageConnection) -> None:
        """Have a page load again, or say where the app has moved to."""
        if page.port and page.port != self._around.port():
            page.send({"do": "moved", "url": self._around.url()})
        else:
            page.send({"do": "reload"})

    def _on_serving(self, event: Serving) -> None:
        self._all_load_again(event.at.timestamp())

    def _on_state(self, event: StateChanged) -> None:
        if event.state == State.SERVING_ERROR.value and event.previous == State.SERVING.value:
            self._all_load_again(event.at.timestamp())  # its project's checks have found an error
        if why := _GONE.get(event.state):
            for page in self._pages:
                page.send({"do": "gone", "why": why})

    def _all_load_again(self, since: float) -> None:
        self._changed_at = since
        self._waiting = PageChange()
        if self.on:
            for page in self._pages:
                self._reload(page)

    def _on_left_alone(self, event: PageLeftAlone) -> None:
        if event.reason not in self._left_alone:
            self._left_alone.add(event.reason)
            self._bus.warn(f"A page of the app does not follow saves: {event.reason}.")

    def _take(self) -> None:
        while (taken := take_over(self._way)) is not None:
            if len(self._connections) >= MAX_CONNECTIONS:
                taken[1].close()
                continue
            task = asyncio.get_running_loop().create_task(self._connect(*taken))
            self._taking.add(task)
            task.add_done_callback(self._taking.discard)

    async def _connect(self, asked: Asked, connection: socket.socket) -> None:
        page = PageConnection(asked, self._key, self._on_open, self._on_close)
        self._connections.add(page)
        await asyncio.get_running_loop().connect_accepted_socket(lambda: page, connection)

    def _on_open(self, page: PageConnection, age: float) -> None:
        came_at = time.time() - age
        self._pages[page] = came_at
        if self.on and came_at < self._changed_at:
            self._reload(page)
        self._tell()

    def _on_close(self, page: PageConnection) -> None:
        self._connections.discard(page)
        if self._pages.pop(page, None) is not None:
            self._tell()

    def _tell(self) -> None:
        """Report how many pages there are; a page that loads again is soon back."""
        if self._telling is None:
            loop = asyncio.get_running_loop()
            self._telling = loop.call_later(TELL_SECONDS, self._tell_now)

    def _tell_now(self) -> None:
        self._telling = None
        news = (len(self._pages), self.on)
        if news != self._told:
            self.count, _ = self._told = news
            self._bus.tell(PagesFollowing(count=self.count, on=self.on))
