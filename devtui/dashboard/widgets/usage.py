"""Measure the processor time and memory of a process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    import psutil


class Usage(msgspec.Struct, frozen=True):
    """The use of one core since the last sample (200 is possible), and the resident memory."""

    cpu_percent: float
    memory_bytes: int


class UsageSampler:
    """Sample one process at a time; the first sample of each has no CPU time."""

    def __init__(self) -> None:
        self._process: psutil.Process | None = None

    def sample(self, pid: int | None) -> Usage | None:
        """Return the usage of the process; None if it is gone or denies access."""
        if pid is None:
            self._process = None
            return None
        import psutil  # not before the first frame

        try:
            if self._process is None or self._process.pid != pid:
                self._process = psutil.Process(pid)
            process = self._process
            with process.oneshot():
                return Usage(process.cpu_percent(None), process.memory_info().rss)
        except psutil.Error:
            self._process = None
            return None
