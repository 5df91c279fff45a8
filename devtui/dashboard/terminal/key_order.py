"""Keys in turn: each finds the screen as the one before has left it.

Textual sends a key to the widget with the focus and from there outwards, and sends the next one
while that is still on its way. So of keys that arrive in one go, as over a slow connection or while
the screen is busy, what was typed behind `/` went to the list and not into the filter, and was run
as commands.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from textual.events import Event
from textual.message import Message

if TYPE_CHECKING:
    from textual.app import App
    from textual.message_pump import MessagePump
    from textual.screen import Screen
    from textual.timer import Timer

PATIENCE_SECONDS = 0.5
"""How long a key waits for the one before: that may take longer, or close the way back to us."""


class KeyPassed(Message):
    """Goes behind a key by the same way, and so reaches the app when all have seen the key."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class KeyOrder:
    """Sends one key after the other, and pasted text in its place among them.

    `send` is Textual's own way. The app hands each `KeyPassed` that comes back to `passed`.
    """

    def __init__(self, app: App[int], send: Callable[[Event], Awaitable[None]]) -> None:
        self._app = app
        self._send = send
        self._waiting: deque[Event] = deque()
        self._number = 0
        self._under_way = False
        self._patience: Timer | None = None
        self._screen: Screen[object] | None = None  # on which that key was pressed

    async def take(self, event: Event) -> None:
        """A key was pressed, or text was pasted."""
        self._waiting.append(event)
        if self._under_way:
            self._be_patient()
        else:
            await self._send_next()

    def passed(self, message: KeyPassed) -> None:
        """That has come back: send the next key, once what this one has begun is done."""
        if message.number != self._number:
            return  # it came too late, and the next key has been sent
        self._number += 1  # it is waited for no longer
        # Behind a change of the focus, and behind what the screen has asked of the app.
        self._app.call_later(self._go_on)

    async def _go_on(self) -> None:
        if self._screen is not self._app.screen:
            self._follow(self._app.screen)  # which is to find its focus first
        else:
            await self._send_next()

    async def _send_next(self) -> None:
        self._under_way = bool(self._waiting)
        if not self._waiting:
            return
        event = self._waiting.popleft()
        screen = self._app.screen
        goes_to = self._app.focused or screen
        await self._send(event)
        self._follow(goes_to, screen)
        if self._waiting:
            self._be_patient()

    def _be_patient(self) -> None:
        if self._patience is None:
            look = partial(self._look_after, self._number)
            self._patience = self._app.set_timer(PATIENCE_SECONDS, look)

    async def _look_after(self, number: int) -> None:
        """Send the next key where the one that is under way has not come any further since."""
        self._patience = None
        if number == self._number:
            await self._send_next()
        elif self._waiting:
            self._be_patient()

    def _follow(self, goes_to: MessagePump, screen: Screen[object] | None = None) -> None:
        self._number += 1
        self._screen = screen or self._app.screen
        message = KeyPassed(self._number)
        if not goes_to.post_message(message):  # it was closed by the key
            self._app.post_message(message)
