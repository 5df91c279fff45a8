"""Lending the terminal to the app: for `breakpoint()`, `input()` and `getpass`."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

from devtui.events import (
    AnyEvent,
    Order,
    ServerExited,
    TerminalGranted,
    TerminalRefused,
    TerminalReleased,
    TerminalWanted,
)

NO_TERMINAL = (
    "there is no terminal to be had here: run devtui in a terminal, without --json and without "
    "a pipe"
)


class Lender(Protocol):
    """The front end that has the terminal."""

    def hand_over(self, process_group: int, wanted: TerminalWanted) -> None:
        """Let go of the terminal and make that process group its foreground.

        Raises `OSError` where that cannot be done.
        """

    def take_back(self) -> None:
        """The app is done, or has died: be on the terminal again, with its modes as they were."""


class TerminalLoan:
    """Who has the terminal: the front end, or one thread of the app after another.

    A front end that has one calls `lend_by`; without, every wish is refused. To be used on the
    session's event loop.
    """

    def __init__(self, send: Callable[[Order], bool]) -> None:
        self._send = send
        self._lender: Lender | None = None
        self._held: TerminalWanted | None = None
        self._waiting: deque[tuple[TerminalWanted, int]] = deque()
        self._free = asyncio.Event()
        self._free.set()

    @property
    def holder(self) -> TerminalWanted | None:
        """What the app has the terminal for; None where it has not."""
        return self._held

    def lend_by(self, lender: Lender | None) -> None:
        """Have wishes granted by this front end from now on."""
        self._lender = lender

    async def until_free(self) -> None:
        """Wait until the app does not have the terminal."""
        while not self._free.is_set():  # it may have been granted anew before we got to run
            await self._free.wait()

    def heard(self, event: AnyEvent, process_group: int | None) -> None:
        """Take in an event of a server process; `process_group` is that of the current one."""
        match event:
            case TerminalWanted() if process_group is not None:
                self._waiting.append((event, process_group))
                self._grant_next()
            case TerminalReleased():
                self._end(lambda held: held.ask_id == event.ask_id)
            case ServerExited():
                self._waiting = deque(
                    (wanted, group)
                    for wanted, group in self._waiting
                    if wanted.generation != event.generation
                )
                self._end(lambda held: held.generation == event.generation)

    def close(self) -> None:
        """The session ends: nobody waits for the app's business with the terminal any more."""
        self._free.set()

    def _grant_next(self) -> None:
        while self._held is None and self._waiting:
            wanted, process_group = self._waiting.popleft()
            if self._lender is None:
                self._send(TerminalRefused(ask_id=wanted.ask_id, reason=NO_TERMINAL))
                continue
            try:
                self._lender.hand_over(process_group, wanted)
            except OSError as error:
                reason = f"the terminal cannot be had: {error.strerror or error}"
                self._lender.take_back()
                self._send(TerminalRefused(ask_id=wanted.ask_id, reason=reason))
                continue
            self._held = wanted
            self._free.clear()
            self._send(TerminalGranted(ask_id=wanted.ask_id))

    def _end(self, is_meant: Callable[[TerminalWanted], bool]) -> None:
        if self._held is None or not is_meant(self._held):
            return
        self._held = None
        if self._lender is not None:
            self._lender.take_back()
        self._grant_next()
        if self._held is None:
            self._free.set()  # not before: a save that waits must not end the next one's session
