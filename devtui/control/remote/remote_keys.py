"""Carry out the keys of an attached dashboard in the session."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from devtui.control import place
from devtui.control.place import Found
from devtui.control.protocol import Refused
from devtui.control.remote.remote_link import LinkLost, RemoteLink
from devtui.ports.bind import PortRefused
from devtui.session.event_bus import EventBus

CONNECT_SECONDS = 2.0

GONE = "The session has ended: this screen waits for the next devtui of this folder."
NOT_YET = "This screen is not attached yet."


class RemoteKeys:
    """Ask the session to do what a key does. A refusal is a warning in the log."""

    def __init__(self, bus: EventBus, found: Found) -> None:
        self.bus = bus
        self._found = found
        self._link: RemoteLink | None = None
        self._problem = NOT_YET
        self._posting: set[asyncio.Task[None]] = set()

    @property
    def why_not(self) -> str:
        """Why the session cannot be asked anything now; empty if it can."""
        return self._problem

    def restart(self) -> None:
        """Restart the server."""
        self._act("restart")

    def restart_from_nothing(self) -> None:
        """Restart the server with no standby."""
        self._act("restart_fresh")

    def try_again(self) -> None:
        """Try the port again."""
        self._act("try_again")

    def set_debug(self, on: bool) -> None:
        """Turn debug mode on or off."""
        self._act("debug", on=on)

    def set_live(self, on: bool) -> None:
        """Have the pages in browsers follow the saves, or not."""
        self._act("live", on=on)

    def serve_app(self, app: str) -> None:
        """Serve another app."""
        self._act("serve_app", app=app)

    async def move(self, port: int) -> None:
        """Serve on another port. Raises `PortRefused`."""
        try:
            answer = await self.ask_apart("act", what="move", port=port)
        except (Refused, LinkLost) as error:
            raise PortRefused(str(error) or GONE, busy=False) from error
        if refused := answer.get("refused"):
            raise PortRefused(refused, busy=answer["busy"], reason=answer["reason"])

    def _act(self, what: str, **arguments: Any) -> None:
        self.post("act", self.bus.warn, what=what, **arguments)

    def post(self, verb: str, refused: Callable[[str], None], **arguments: Any) -> None:
        """See `Asks`."""
        link = self._link
        if link is None:
            refused(self._problem)
            return

        async def ask() -> None:
            try:
                answer = await link.ask(verb, **arguments)
            except Refused as error:
                refused(str(error))
            except LinkLost:
                refused(GONE)
            else:
                if isinstance(answer, dict) and answer.get("sent") is False:
                    refused("")

        task = asyncio.get_running_loop().create_task(ask())
        self._posting.add(task)
        task.add_done_callback(self._posting.discard)

    async def ask_apart(self, verb: str, **arguments: Any) -> Any:
        """See `Asks`. A long request must not hold up the next key."""
        link = await RemoteLink.made(partial(place.connect, self._found.path, CONNECT_SECONDS))
        if link is None:
            raise LinkLost(GONE)
        reading = asyncio.create_task(_read(link))
        try:
            return await link.ask(verb, **arguments)
        finally:
            reading.cancel()
            link.close()


async def _read(link: RemoteLink) -> None:
    async for _ in link.read():
        continue
