"""Timers that expire when a test says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Timer:
    """A timer that was set, and what it calls."""

    def __init__(self, seconds: float, callback: Callable[[], Any]) -> None:
        self.seconds = seconds
        self.callback = callback
        self.stopped = False

    def stop(self) -> None:
        self.stopped = True


class Timers:
    """The part of a widget or an app that sets timers."""

    def __init__(self) -> None:
        self.timers: list[Timer] = []

    def set_timer(self, seconds: float, callback: Callable[[], Any]) -> Timer:
        self.timers.append(Timer(seconds, callback))
        return self.timers[-1]
