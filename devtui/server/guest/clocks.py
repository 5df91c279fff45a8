"""The clocks of devtui in the server process, as they were before the app could patch them.

To be imported before any code of the user's. They are attributes of an object, since what freezes
the time for a test also looks through the names of all modules for the functions of `time`.
"""

from __future__ import annotations

import time


class Clock:
    """The functions of `time` that devtui uses in the server process."""

    def __init__(self) -> None:
        self.monotonic = time.monotonic
        self.perf_counter = time.perf_counter
        self.time = time.time
        self.sleep = time.sleep


clock = Clock()
