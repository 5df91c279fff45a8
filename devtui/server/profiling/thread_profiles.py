"""Profile the threads that a profiled request starts, and the tasks that it gives to pools."""

from __future__ import annotations

import sys
from collections.abc import Callable

from devtui.events import ProfiledLine
from devtui.server.guest.unnoticed import unnoticed
from devtui.server.profiling.line_tree import LineTree, begins_at
from devtui.server.profiling.sampler import Sampler, Taken

MISSING = "A part of what its threads did is missing, because another profiler runs in them."


class ThreadProfiles:
    """Samples each thread that is given to `around`, in that thread."""

    def __init__(self) -> None:
        self._samplers: list[Sampler] = []
        self._has_others = False
        """Whether a thread has another profiler."""

    @unnoticed
    def around(self, work: Callable[[], object]) -> None:
        """Do the work of a thread or a task, and sample it meanwhile."""
        sampler = None
        try:
            sampler = Sampler()
            self._samplers.append(sampler)
        except Taken:
            self._has_others = True
        try:
            work()
        finally:
            if sampler is not None and not sampler.stop():
                self._has_others = True

    def finish(self) -> tuple[tuple[ProfiledLine, ...], int, str]:
        """Stop sampling; return the samples of all threads in one tree.

        Also return the number of lines left out, and a reason if a part is missing.
        """
        whole, samplers, frames = LineTree(), list(self._samplers), sys._current_frames()
        for sampler in samplers:
            sampler.end(frames)
            whole.merge(sampler.tree)
        lines, left_out = whole.lines() if samplers else ((), 0)
        return lines, left_out, MISSING if self._has_others else ""


begins_at(ThreadProfiles.around.__code__)
