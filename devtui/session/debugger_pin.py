"""The PIN of the browser's debugger: one for the whole session, and nobody can compute it."""

from __future__ import annotations

import os

from devtui.events import DebuggerReady, PinAttempted, SessionPin

# As in Werkzeug's own PIN: nobody guesses nine digits in its ten attempts.
_DIGITS = 9
_COOKIE_BYTES = 10

MAX_FAILED = 10
"""This many wrong PINs in a row lock the debugger, as in Werkzeug."""

LOCKED = (
    f"A wrong PIN was typed {MAX_FAILED} times: the debugger in the browser stays locked until you "
    "leave devtui and start it again. The errors can still be examined here."
)


class DebuggerPin:
    """Draw a PIN, and count the attempts at it over all server processes.

    Werkzeug computes its PIN from facts that every user of the machine can read. `in_use` is the
    PIN that the newest debugger wants: the drawn one, that of WERKZEUG_DEBUG_PIN, or None if it
    wants none or has not reported yet.
    """

    def __init__(self) -> None:
        number = int.from_bytes(os.urandom(16), "big") % 10**_DIGITS
        digits = f"{number:0{_DIGITS}d}"
        self._pin = "-".join(digits[start : start + 3] for start in range(0, _DIGITS, 3))
        self._cookie = f"__wzd{os.urandom(_COOKIE_BYTES).hex()}"
        self._failed_count = 0
        self._told: DebuggerReady | None = None
        self.is_news = False

    def for_load(self) -> SessionPin:
        """Return what the next server process needs to know."""
        return SessionPin(self._pin, self._cookie, self._failed_count, MAX_FAILED)

    @property
    def in_use(self) -> str | None:
        """What to type in the browser."""
        return None if self._told is None else self._told.pin

    def ready(self, event: DebuggerReady) -> None:
        """Note what a debugger wants, and whether that is news to the user (`is_news`)."""
        told, self._told = self._told, event
        before = None if told is None else (told.pin, told.pin_cookie)
        self.is_news = before != (event.pin, event.pin_cookie)

    def attempted(self, event: PinAttempted) -> None:
        """Note that somebody has typed a PIN."""
        self._failed_count = event.failed_count
