"""Deliver keys one after the other, so that each finds the screen as the last one left it.

Textual sends a key to the focused widget and up to the app, and sends the next one before the first
has taken effect. If keys arrive together, over a slow connection or while the screen is busy, text
that is typed after `/` would go to the list instead of the filter, and run as commands.
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

PATIENCE_SECONDS = 1.0
"""How long a key waits for the last one, which may take long or close the widget on its way.

On a busy machine a key takes tenths of a second.
"""


class KeyPassed(Message):
    """Follow a key on the same path, and so reach the app after every widget has seen the key.

    It takes the path twice: the messages that widgets post for the key, such as `Input.Submitted`,
    are behind it the first time, and ahead of it the second time.
    """

    def __init__(self, number: int, again: MessagePump | None = None) -> None:
        """`again` is where it starts the second time."""
        super().__init__()
        self.number = number
        self.again = again


class KeyOrder:
    """Send keys and pasted text one after the other.

    `send` is Textual's own delivery. The app hands each `KeyPassed` that comes back to `passed`.
    """

    def __init__(self, app: App[int], send: Callable[[Event], Awaitable[None]]) -> None:
        self._app = app
        self._send = send
        self._waiting: deque[Event] = deque()
        self._number = 0
        self._under_way = False
        self._patience: Timer | None = None
        self._screen: Screen[object] | None = None  # where the last key was pressed

    async def take(self, event: Event) -> None:
        """Accept a key or pasted text."""
        self._waiting.append(event)
        if self._under_way:
            self._be_patient()
        else:
            await self._send_next()

    def passed(self, message: KeyPassed) -> None:
        """Send the next key after the effects of the one that has passed."""
        if message.number != self._number:
            return  # too late: the next key was sent already
        self._number += 1  # nothing waits for this one any more
        if message.again is not None and message.again.post_message(KeyPassed(self._number)):
            return
        # After a change of the focus, and after the messages that the screen posted to the app.
        self._app.call_later(self._go_on)

    async def _go_on(self) -> None:
        if self._screen is not self._app.screen:
            self._follow(self._app.screen)  # let the new screen set its focus first
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
        """Send the next key if the last one has made no progress."""
        self._patience = None
        if number == self._number:
            await self._send_next()
        elif self._waiting:
            self._be_patient()

    def _follow(self, goes_to: MessagePump, screen: Screen[object] | None = None) -> None:
        self._number += 1
        self._screen = screen or self._app.screen
        message = KeyPassed(self._number, goes_to)
        if not goes_to.post_message(message):  # it was closed by the key
            self._app.post_message(message)
