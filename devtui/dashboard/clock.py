"""The two clocks of the dashboard, in one place so that tests can stop both."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

import msgspec

from devtui.events import utc_now


class Clock(msgspec.Struct, frozen=True):
    """`monotonic` counts seconds from an arbitrary start; `now` is the time in UTC."""

    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = utc_now
