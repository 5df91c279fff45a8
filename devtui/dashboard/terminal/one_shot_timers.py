"""Make sure that timers that fire once do so, however busy the machine is.

Textual's timers skip an event that they are late for, even if it is the only one. So a timer with
no time left, like that of a toast that is drawn late, stops the whole app. One that has to wait for
the processor when it starts never fires, and a list would wait for it for ever.
"""

from __future__ import annotations

from typing import Any

from textual.timer import Timer

_begin = Timer.__init__


def _begin_without_skipping(timer: Timer, *arguments: Any, **options: Any) -> None:
    if options.get("repeat") == 0:
        options["skip"] = False
    _begin(timer, *arguments, **options)


def install() -> None:
    """Change Textual's timers, for the whole process."""
    Timer.__init__ = _begin_without_skipping  # type: ignore[assignment, method-assign]
