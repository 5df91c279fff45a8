"""Shut down: end the session and its processes first, then the dashboard."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from devtui.session.state import State
from devtui.terminal import HangUpWatch

if TYPE_CHECKING:
    from textual.app import App
    from textual.worker import WorkType

    from devtui.session.shown_session import ShownSession

LEAVE_SECONDS = 10.0
"""The longest wait for the server process, even if requests get a longer grace."""

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_FAILURES = frozenset({State.FAILED, State.PORT_BUSY})


class Shutdown:
    """Run the session, and end the dashboard cleanly.

    A key, a signal, a closed terminal or the end of the session begins the shutdown.
    """

    def __init__(
        self,
        app: App[int],
        session: ShownSession,
        *,
        show: Callable[[], None],
        stop_reading: Callable[[], None],
        take_back_terminal: Callable[[], None],
    ) -> None:
        """`show` says on the screen that the dashboard is leaving."""
        self.begun = False
        """Whether the dashboard is leaving."""
        self._app = app
        self._session = session
        self._show = show
        self._stop_reading = stop_reading
        self._take_back_terminal = take_back_terminal
        self._hang_up_watch: HangUpWatch | None = None
        self._ended = asyncio.Event()
        self._status = 0
        self._broken = False

    def start(self) -> None:
        """Run the session, and handle the signals that end a program."""
        loop = asyncio.get_running_loop()
        loop.set_debug(False)  # `python -X dev` is for the app, not for us
        for number in _SIGNALS:
            loop.add_signal_handler(number, self.begin, 128 + number)
        loop.add_signal_handler(signal.SIGHUP, self.hang_up)
        self._begin(self._supervise, "session")
        if sys.__stdin__ is not None:
            self._hang_up_watch = HangUpWatch(sys.__stdin__.fileno(), self.hang_up)

    def close(self) -> None:
        """Restore the signal handlers."""
        loop = asyncio.get_running_loop()
        for number in (*_SIGNALS, signal.SIGHUP):
            loop.remove_signal_handler(number)
        if self._hang_up_watch is not None:
            self._hang_up_watch.close()

    def begin(self, status: int) -> None:
        """End the session, wait for its processes, and exit; a second call does not wait.

        The first `status` counts. A 0 becomes 1 if the app is not served, because it did not load
        or has no port.
        """
        if self.begun:
            self._session.kill()
            self._app.exit(self._status)
            return
        self.begun = True
        ours = self._session.attachment is None
        self._status = status or int(ours and self._session.state in _FAILURES)
        self._show()
        self._session.close()
        self._begin(self._exit_when_ended, "leaving")

    def interrupted(self) -> None:
        """Leave because of a SIGINT."""
        self.begin(128 + signal.SIGINT)

    def hang_up(self) -> None:
        """Leave because the terminal is gone. A second SIGHUP, as from a shell, does not hurry."""
        self._stop_reading()
        if not self.begun:
            self.begin(128 + signal.SIGHUP)

    def _begin(self, work: WorkType[None], name: str) -> None:
        # Not a coroutine: nobody would await it if the app exits before the worker runs.
        self._app.run_worker(work, name=name)

    async def _supervise(self) -> None:
        try:
            await self._session.run()
        except Exception:
            # Textual leaves with the traceback and status 1; `_exit_when_ended` must not hide it.
            self._broken = True
            raise
        finally:
            self._ended.set()
        if not self.begun:
            # With `devtui.run` a failed reload ends the session, as it ends `Flask.run`.
            self.begin(1)

    async def _exit_when_ended(self) -> None:
        try:
            await asyncio.wait_for(self._ended.wait(), LEAVE_SECONDS)
        except asyncio.TimeoutError:
            self._session.kill()
        self._take_back_terminal()
        if not self._broken:
            self._app.exit(self._status)
