"""The two clocks of the dashboard in one place, so that a test can stop both."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from devtui.events import utc_now


@dataclass(frozen=True, slots=True)
class Clock:
    """`monotonic` counts seconds from anywhere; `now` is the time of day, in UTC."""

    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = utc_now
