"""ctrl+c while something is open or typed: the first press only says that the next one leaves."""

from __future__ import annotations

import time

AGAIN_SECONDS = 3.0
"""How soon the second ctrl+c has to follow the first one, to leave devtui."""


class SecondPress:
    """Tell the second press of ctrl+c from the first one."""

    def __init__(self) -> None:
        self._at = -AGAIN_SECONDS

    def pressed(self) -> bool:
        """Note a press, and return whether it follows another one soon enough."""
        now, before = time.monotonic(), self._at
        self._at = now
        return now - before < AGAIN_SECONDS


def once_more(otherwise: str) -> str:
    """Say what the next press does, and what to press instead."""
    return f"ctrl+c once more leaves devtui; {otherwise}."
