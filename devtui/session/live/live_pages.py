"""The open pages: they learn what was saved, and reload or swap a style sheet."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterable
from typing import Any

from devtui.events import HoldEnded, LiveSet, PageLeftAlone, Serving, SetLive, StateChanged
from devtui.session.event_bus import EventBus
from devtui.session.live.open_page import OpenPage
from devtui.session.live.page_connection import (
    Asked,
    PageConnection,
    Version,
    take_over,
    written,
)
from devtui.session.live.page_console import PageConsole
from devtui.session.live.page_count import PageCount
from devtui.session.live.page_files import PageChange
from devtui.session.live.page_saves import PageSaves
from devtui.session.live.page_versions import PageVersions
from devtui.session.live.reload_pace import ReloadPace
from devtui.session.live.session_access import SessionAccess
from devtui.session.state import State

# How long to wait for the answer to an order. The server process answers at once unless it hangs.
HEAR_SECONDS = 0.5

# How long after a server process was told to end pages ask for its successor's answer, instead of
# one that may be cut. By then it takes no more requests.
AGAIN_SECONDS = 0.1

# More than anybody opens. Without a bound one client could take all our descriptors.
MAX_CONNECTIONS = 200

_GONE = {
    State.CRASHED.value: "The server process has crashed.",
    State.PORT_BUSY.value: "Another program has the server's port.",
}


class LivePages:
    """The open pages, across generations. They follow the saves while it is `on`.

    Each page has the version of what it was made of: the generation, and the number of saves that
    needed no new one. A page that comes with an older version catches up at once. So no save is
    missed between a page and its connection, and none is followed twice.

    With a `console` the pages also get the app's log.
    """

    def __init__(
        self,
        folder: str,
        bus: EventBus,
        session: SessionAccess,
        console: PageConsole | None = None,
    ) -> None:
        self._bus = bus
        self._session = session
        self._console = console
        self._pace = ReloadPace()
        self._key = os.urandom(12).hex()
        self._receiver, self._sender = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._receiver.setblocking(False)
        self._connections: set[PageConnection] = set()
        self._pages: dict[PageConnection, OpenPage] = {}
        self._counted = PageCount(bus, lambda: (len(self._pages), self.on))
        self._versions = PageVersions()
        self._unheard: asyncio.TimerHandle | None = None  # until the process answers an order
        self._catching_up: asyncio.TimerHandle | None = None
        self._beginning_again: asyncio.TimerHandle | None = None
        self._taking: set[asyncio.Task[Any]] = set()
        self._saves = PageSaves(folder, bus, session.waits, self._on_change)
        self._left_alone: set[str] = set()
        self._crowd_told = False
        bus.listen(self._on_serving, Serving)
        bus.listen(self._on_state, StateChanged)
        bus.listen(self._on_hold_ended, HoldEnded)
        bus.listen(self._on_set, LiveSet)
        bus.listen(self._on_left_alone, PageLeftAlone)
        bus.keep_private(LiveSet)
        bus.keep_private(PageLeftAlone)
        if self.on:
            session.set_live(self._order, self._sender)

    @property
    def on(self) -> bool:
        """Whether pages follow the saves."""
        return self._session.on()

    @property
    def count(self) -> int:
        """How many pages are connected, as last reported."""
        return self._counted.count

    def start(self) -> None:
        """Take connections, on the running event loop."""
        asyncio.get_running_loop().add_reader(self._receiver.fileno(), self._take)

    def close(self) -> None:
        """Disconnect all pages."""
        asyncio.get_running_loop().remove_reader(self._receiver.fileno())
        if self._console is not None:
            self._console.close()
        self._counted.close()
        self._saves.forget()
        for timer in (self._unheard, self._catching_up, self._beginning_again):
            if timer is not None:
                timer.cancel()
        for task in self._taking:
            task.cancel()
        for connection in tuple(self._connections):
            connection.close()
        self._receiver.close()
        self._sender.close()

    def turned(self) -> None:
        """Note that `on` has changed; the pages catch up on what they missed."""
        self._set_live()
        self._counted.tell_now()

    def saved(self, paths: Iterable[str]) -> None:
        """Take in changed files that are no source."""
        self._saves.noticed(paths)

    def _on_change(self, change: PageChange) -> None:
        self._versions.save(change)
        if change.reload:
            self._set_live()
        else:
            # No page has to wait for the process: it only requests files.
            self._session.set_live(self._order, self._sender)
            self._send_waiting()

    def _set_live(self) -> None:
        """Give the server process an order, and wait for its answer.

        A page that is requested before that could lack the script, or be as old as before.
        """
        self._session.set_live(self._order, self._sender)
        if self._unheard is not None:
            self._unheard.cancel()
        self._unheard = asyncio.get_running_loop().call_later(HEAR_SECONDS, self._heard)

    def _on_set(self, event: LiveSet) -> None:
        if (event.on, event.saves) == (self.on, self._versions.newest[1]):
            self._heard()

    def _heard(self) -> None:
        if self._unheard is not None:
            self._unheard.cancel()
            self._unheard = None
            self._send_waiting()

    def _order(self) -> SetLive:
        console = self._console is not None
        return SetLive(on=self.on, key=self._key, saves=self._versions.newest[1], console=console)

    def _on_hold_ended(self, event: HoldEnded) -> None:
        # The reloader learns what was saved right after this.
        asyncio.get_running_loop().call_soon(self._send_waiting)

    def _send_waiting(self) -> None:
        """Tell the pages what was saved, unless a new generation is about to tell them."""
        if not self._session.waits():
            self._follow()

    def _follow(self) -> None:
        """Have the pages swap what was saved since they were loaded, or load again.

        A page that is still loading for an earlier save gets an older state; it may be interrupted.
        """
        if not self.on or self._unheard is not None:
            return
        fails = self._session.fails()
        wait = self._pace.wait(fails)
        for page, is_open in self._pages.items():
            if is_open.version >= self._versions.newest:
                continue
            if not self._versions.needs_load(is_open.version):
                self._swap(page, is_open)
            elif not wait or is_open.leaves:
                self._reload(page, is_open)
                self._pace.reloaded(fails)
            elif self._catching_up is None:
                loop = asyncio.get_running_loop()
                self._catching_up = loop.call_later(wait, self._catch_up)

    def _catch_up(self) -> None:
        self._catching_up = None
        self._send_waiting()  # a new generation tells them itself

    def _swap(self, page: PageConnection, is_open: OpenPage) -> None:
        names = self._versions.missed(is_open.version)
        is_open.version = self._versions.newest
        page.send({"do": "swap", "names": names, "version": written(is_open.version)})

    def _reload(self, page: PageConnection, is_open: OpenPage) -> None:
        """Have a page load again, or say where the app has moved to."""
        names = self._versions.missed(is_open.version)
        is_open.version = self._versions.newest  # tell it once
        if page.port and page.port != self._session.port():
            page.send({"do": "moved", "url": self._session.url()})
            return
        is_open.leaves = True
        message: dict[str, Any] = {"do": "reload"}
        if names != []:
            message["names"] = names
        if self._session.fails():
            message["fails"] = True
        if is_open.came_old:
            # The browser's cache may have an old page, and show it again.
            message["once"] = written(is_open.version)
        page.send(message)

    def _on_serving(self, event: Serving) -> None:
        if self._beginning_again is not None:
            self._beginning_again.cancel()
        self._versions.serve(event.generation, self._saves.taken())
        for is_open in self._pages.values():
            if is_open.waits and not self._versions.missed(is_open.version):
                is_open.version = self._versions.newest
            is_open.waits = False
        self._follow()

    def _begin_again(self) -> None:
        """Have pages that still wait for an answer ask once more.

        Otherwise the browser would show its own error when the answer is cut, and never follow.
        """
        for page, is_open in self._pages.items():
            if self.on and is_open.may_ask_again and self._session.waits():
                is_open.waits = True
                page.send({"do": "reload"})

    def _on_state(self, event: StateChanged) -> None:
        if event.state == State.SERVING_ERROR.value and event.previous == State.SERVING.value:
            # The Django project's checks have found an error.
            self._on_change(PageChange(reload=True))
        if event.state == State.RELOADING.value:
            loop = asyncio.get_running_loop()
            self._beginning_again = loop.call_later(AGAIN_SECONDS, self._begin_again)
        if why := _GONE.get(event.state):
            for page in self._pages:
                page.send({"do": "gone", "why": why})

    def _on_left_alone(self, event: PageLeftAlone) -> None:
        if event.reason not in self._left_alone:
            self._left_alone.add(event.reason)
            self._bus.warn(f"A page of the app does not follow saves: {event.reason}.")

    def _take(self) -> None:
        while (taken := take_over(self._receiver)) is not None:
            if len(self._connections) >= MAX_CONNECTIONS:
                taken[1].close()
                self._warn_of_crowd()
                continue
            task = asyncio.get_running_loop().create_task(self._connect(*taken))
            self._taking.add(task)
            task.add_done_callback(self._taking.discard)

    def _warn_of_crowd(self) -> None:
        if not self._crowd_told:
            self._crowd_told = True
            self._bus.warn(f"{MAX_CONNECTIONS} pages are open: no more of them follow saves.")

    async def _connect(self, asked: Asked, connection: socket.socket) -> None:
        page = PageConnection(asked, self._key, self.opened, self._on_close)
        self._connections.add(page)
        try:
            await asyncio.get_running_loop().connect_accepted_socket(lambda: page, connection)
        except OSError:  # the page is gone already; macOS reports that here
            connection.close()
            self._on_close(page)

    def opened(self, page: PageConnection, version: Version, heard: str) -> None:
        """Add a page that has connected: its version, and what it has `heard` of the log."""
        self._pages[page] = OpenPage(version, came_old=self._versions.needs_load(version))
        if self._console is not None:
            self._console.add(page, heard)
        self._follow()
        self._counted.tell_soon()

    def _on_close(self, page: PageConnection) -> None:
        self._connections.discard(page)
        if self._pages.pop(page, None) is not None:
            self._counted.tell_soon()
        if self._console is not None:
            self._console.remove(page)
