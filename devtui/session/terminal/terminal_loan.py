"""Lending the terminal to the app: for `breakpoint()`, `input()` and `getpass`."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from devtui.events import (
    AnyEvent,
    Order,
    ServerContinued,
    ServerExited,
    ServerSuspended,
    TerminalGranted,
    TerminalInterrupted,
    TerminalRefused,
    TerminalReleased,
    TerminalWanted,
)

if TYPE_CHECKING:
    from devtui.session.event_bus import EventBus
    from devtui.session.terminal.app_tty import AppTty

NO_TERMINAL = (
    "there is no terminal here: run devtui in a terminal, without --json and without a pipe"
)


class Lender(Protocol):
    """The front end that has the terminal."""

    def hand_over(self, tty: AppTty, wanted: TerminalWanted) -> None:
        """Leave the terminal to the app, and copy bytes between it and the app's own.

        Raises `OSError` if that fails.
        """

    def take_back(self) -> None:
        """Take the terminal back, with its modes, when the app is done or has died."""


class TerminalLoan:
    """The owner of the terminal: the front end, or one thread of the app after another.

    A front end that has a terminal calls `lend_by`; without one, every request is refused. Use it
    on the session's event loop.
    """

    def __init__(self, send: Callable[[Order], bool]) -> None:
        self._send = send
        self._lender: Lender | None = None
        self._held: TerminalWanted | None = None
        self._tty: AppTty | None = None  # of the current owner
        self._waiting: deque[tuple[TerminalWanted, AppTty]] = deque()
        self._free = asyncio.Event()
        self._free.set()

    @property
    def holder(self) -> TerminalWanted | None:
        """The request that has the terminal; None if none has."""
        return self._held

    def lend_by(self, lender: Lender | None) -> None:
        """Let this front end grant requests from now on."""
        self._lender = lender

    async def until_free(self) -> None:
        """Wait until the app does not have the terminal."""
        while not self._free.is_set():  # another request may be granted before this task runs again
            await self._free.wait()

    def subscribe_to(self, bus: EventBus, tty: Callable[[], AppTty | None]) -> None:
        """Follow the bus from now on; `tty` returns the terminal of the current server process."""
        bus.listen(
            lambda event: self.heard(event, tty()),
            TerminalWanted,
            TerminalInterrupted,
            TerminalReleased,
            ServerExited,
            ServerSuspended,
            ServerContinued,
        )

    def heard(self, event: AnyEvent, tty: AppTty | None) -> None:
        """Take in an event of a server process; `tty` is the terminal of the current one."""
        match event:
            case TerminalWanted():
                if tty is None:
                    self._send(TerminalRefused(ask_id=event.ask_id, reason=NO_TERMINAL))
                else:
                    self._waiting.append((event, tty))
                    self._grant_next()
            case TerminalInterrupted(ask_id=ask_id):
                if self._held is not None and self._held.ask_id == ask_id and self._tty is not None:
                    self._tty.type(b"\r")
            case TerminalReleased():
                self._end(lambda wanted: wanted.ask_id == event.ask_id)
            case ServerExited():
                self._end(lambda wanted: wanted.generation == event.generation)
            case ServerSuspended() if self._is_of(event):
                self._take_back()  # so that the user sees it, and can press a key
                self._free.set()
            case ServerContinued() if self._is_of(event):
                if self._held is not None and self._tty is not None:
                    self._waiting.appendleft((self._held, self._tty))
                self._held = None
                self._grant_next()

    def close(self) -> None:
        """End all waiting for the app's use of the terminal, because the session ends."""
        self._free.set()

    def _grant_next(self) -> None:
        while self._held is None and self._waiting:
            wanted, tty = self._waiting.popleft()
            if self._lender is None:
                self._refuse(wanted, tty, None)
                continue
            try:
                self._lender.hand_over(tty, wanted)
            except OSError as error:
                self._lender.take_back()
                self._refuse(
                    wanted, tty, f"devtui cannot use the terminal: {error.strerror or error}"
                )
                continue
            self._held, self._tty = wanted, tty
            self._free.clear()
            self._send(TerminalGranted(ask_id=wanted.ask_id))

    def _end(self, is_meant: Callable[[TerminalWanted], bool]) -> None:
        self._waiting = deque(waits for waits in self._waiting if not is_meant(waits[0]))
        if self._held is None or not is_meant(self._held):
            return
        self._held = self._tty = None
        self._take_back()
        self._grant_next()
        if self._held is None:
            self._free.set()  # only now: a save that waits must not end the next debugging session

    def _take_back(self) -> None:
        if self._lender is not None:
            self._lender.take_back()

    def _refuse(self, wanted: TerminalWanted, tty: AppTty, reason: str | None) -> None:
        """Refuse a request; without a `reason` because no front end lends the terminal."""
        if wanted.purpose == "program":
            tty.refuse(reason)
        else:
            self._send(TerminalRefused(ask_id=wanted.ask_id, reason=reason or NO_TERMINAL))

    def _is_of(self, event: ServerSuspended | ServerContinued) -> bool:
        return self._held is not None and self._held.generation == event.generation
