"""Sample one thread, about every millisecond, with pyinstrument's sampler.

The sampler is a profile function in C that belongs to one thread. When the time has come, it calls
us back at the next call or return. Nothing else in the process is changed.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from types import FrameType
from typing import Any

from devtui.server.guest.clocks import clock
from devtui.server.profiling.line_tree import LineTree

INTERVAL_SECONDS = 0.001

TAKEN = "Another profiler runs in this thread, so devtui has not profiled the request."
REPLACED = "The app has started a profiler of its own, so devtui's saw only a part of the request."

# The number of profilers in `sys.monitoring`, which is new in Python 3.12.
_PROFILER_ID = 2

_AFTER_C = ("c_return", "c_exception")


class Taken(Exception):
    """Another profiler runs in this thread."""


class Sampler:
    """Samples the thread that makes it until `stop` is called, in the same thread.

    Making one raises `Taken`, or `ImportError` without pyinstrument.
    """

    def __init__(self) -> None:
        from pyinstrument.low_level.stat_profile import setstatprofile  # an extra, and slow

        if sys.getprofile() is not None or _is_monitored():
            raise Taken
        self.tree = LineTree()
        self.sample_count = 0
        self.error: BaseException | None = None
        self._set = setstatprofile
        self._thread = threading.get_ident()
        self._ended = False
        self._began = self._last = clock.perf_counter()
        setstatprofile(target=self._sample, interval=INTERVAL_SECONDS, timer_type="walltime")
        self._mine = sys.getprofile()

    @property
    def seconds(self) -> float:
        """How long it has been sampling."""
        return self._last - self._began

    def stop(self) -> bool:
        """Stop sampling; return false if the app or an error ended it before.

        If the app has replaced the profile function, leave that one in place.
        """
        is_there = self._mine is not None and sys.getprofile() is self._mine
        was_ended = self._ended
        if is_there:  # first, or the rest could be sampled, which ends it as well
            self._set(None)
        if not was_ended:
            self._ended = True
            now = clock.perf_counter()
            self.tree.add(None, None, now - self._last)
            self._last = now
        return was_ended or (is_there and self.error is None)

    def end(self, frames: Mapping[int, FrameType]) -> None:
        """End the sampling from any thread; `frames` are the current frames of the threads."""
        if not self._ended:
            self._ended = True
            now = clock.perf_counter()
            self.tree.add(frames.get(self._thread), None, now - self._last)

    def _sample(self, frame: FrameType, event: str, argument: Any) -> None:
        if self._ended:  # by another thread
            self._set(None)
            return
        try:
            now = clock.perf_counter()
            called = argument if event in _AFTER_C else None
            # A function that begins now has taken no time yet.
            self.tree.add(frame.f_back if event == "call" else frame, called, now - self._last)
            self._last = now
            self.sample_count += 1
        except Exception as error:  # the stack or the memory is used up, but the app must go on
            self.error = error


def _is_monitored() -> bool:
    monitoring = getattr(sys, "monitoring", None)
    return monitoring is not None and monitoring.get_tool(_PROFILER_ID) is not None
