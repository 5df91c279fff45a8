"""Looks at the port that go on beside everything else: nobody has to wait for them."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING

from devtui.config.settings import Settings
from devtui.ports import addresses
from devtui.ports.bind import PortRefused, check_port

if TYPE_CHECKING:
    from devtui.ports.survey import Survey


SECONDS = 10.0
"""How long a look may take before it is given up."""


class PortLook:
    """One look at the port of the settings, begun at once in a thread of its own.

    It may begin before there is an event loop, and so while the screen is still being imported.
    `refusal` is given where binding has just failed. The thread does not keep us from leaving.
    """

    def __init__(self, settings: Settings, refusal: PortRefused | None = None) -> None:
        self.refusal = refusal
        self._settings = settings
        self._found: Future[Survey] = Future()
        self._found.set_running_or_notify_cancel()
        threading.Thread(target=self._look, name="port-look", daemon=True).start()

    async def found(self, seconds: float = SECONDS) -> Survey:
        """What the look has found, as soon as it has; without the holders if that takes too long.

        A folder on a dead network drive may keep the thread for ever. Nobody waits for that.
        """
        try:
            return await asyncio.wait_for(asyncio.wrap_future(self._found), seconds)
        except asyncio.TimeoutError:
            return self._given_up(seconds)

    def _given_up(self, seconds: float) -> Survey:
        from devtui.ports.survey import Survey

        settings = self._settings
        unknown = f"After {seconds:g} seconds it is not known who holds port {settings.port}."
        refusal = self.refusal or PortRefused(unknown, busy=False)
        return Survey(settings.host, settings.port, refusal, (), (unknown,), None)

    def _look(self) -> None:
        try:
            # Imported where it is needed: psutil would cost every start some 15 ms.
            from devtui.ports.survey import survey

            self._found.set_result(survey(self._settings, self.refusal))
        except Exception as error:  # whoever waits for it gets it
            self._found.set_exception(error)


class PortLooks:
    """The session's looks: each goes on in its thread, and is told in turn on the event loop."""

    def __init__(self, tell: Callable[[PortLook, Survey], None]) -> None:
        self._tell = tell
        self._begun: asyncio.Queue[PortLook] = asyncio.Queue()

    def begin(self, settings: Settings, refusal: PortRefused | None = None) -> None:
        """Begin to look; there may be no event loop yet."""
        self._begun.put_nowait(PortLook(settings, refusal))

    async def run(self) -> None:
        """Tell what the looks find, for ever. Raises what a look raises."""
        while True:
            look = await self._begun.get()
            self._tell(look, await look.found())


def another_at_localhost(listener: socket.socket) -> bool:
    """Whether somebody else listens on our port at a loopback address that ours leaves out.

    Asked at every start, so it takes well under a millisecond: that address is bound and let go.
    """
    if listener.family not in (socket.AF_INET, socket.AF_INET6):
        return False
    ip, port = listener.getsockname()[:2]
    ours = addresses.wanted(ip)
    left_out = [there for there in addresses.LOOPBACKS if not addresses.answers(ours, there)]
    if len(left_out) == len(addresses.LOOPBACKS):
        return False  # nobody expects it at localhost
    refusals = (check_port(Settings(host=there.ip, port=port)) for there in left_out)
    return any(refusal is not None and refusal.busy for refusal in refusals)
