"""One server process after another on one listening socket."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

from devtui.events import AnyEvent, Load, Order, ServerStarted
from devtui.session.listener import Listener
from devtui.session.process import ServerProcess
from devtui.settings import Settings


class Generations:
    """Starts the next server process, ends the one that runs, and numbers them from 1.

    `on_event` gets all that they say, also of one that is being ended; `number` tells which is
    the current one, 0 before the first.
    """

    def __init__(self, on_event: Callable[[AnyEvent], None]) -> None:
        self.number = 0
        self.listener = Listener()
        self._on_event = on_event
        self._process: ServerProcess | None = None

    @property
    def pid(self) -> int | None:
        """The server process that runs now."""
        return None if self._process is None else self._process.pid

    def start(self, settings: Settings, *, first: bool) -> None:
        """Start the next server process on the open listener, and have it load the app.

        Where the event loop does not run yet, `attach` has to be called when it does.
        """
        self.number += 1
        environment = dict(settings.environment) or dict(os.environ)
        self._process = ServerProcess(
            self.number, self.listener.bound, environment, sys.argv, self._take
        )
        self._on_event(ServerStarted(generation=self.number, pid=self._process.pid))
        self._process.send(_load(settings, first=first))

    def attach(self) -> None:
        """Begin to hear the process that was started, on the running event loop."""
        if self._process is not None:
            self._process.attach()

    def send(self, order: Order) -> bool:
        """Give the current process an order; false where there is none."""
        if self._process is None:
            return False
        self._process.send(order)
        return True

    async def stop(self, grace: float) -> None:
        """End the current process, where there is one; requests have `grace` seconds to finish."""
        if self._process is not None:
            await self._process.stop(grace)

    def forget(self) -> None:
        """The current process has ended."""
        self._process = None

    def kill(self) -> None:
        """Kill all processes and what they started, without an event loop: the last resort."""
        if self._process is not None:
            self._process.kill(signal.SIGKILL)

    def _take(self, event: AnyEvent) -> None:
        self._on_event(event)


def _load(settings: Settings, *, first: bool) -> Load:
    return Load(
        app=settings.app,
        folder=str(settings.folder.absolute()),
        host=settings.host,
        port=settings.port,
        url=settings.url(settings.port),
        debug=settings.debug,
        reload=settings.reload,
        debugger=settings.debugger,
        threaded=settings.threaded,
        cert=settings.cert,
        key=settings.key,
        env_file=settings.env_file,
        load_dotenv=settings.load_dotenv,
        first=first,
    )
