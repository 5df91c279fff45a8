"""Run the code that is typed into the prompt of an error, one piece at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from textual.timer import Timer

from devtui.dashboard.errors.console import Console
from devtui.dashboard.errors.frame_lines import Spot
from devtui.dashboard.errors.late_answers import LATE_SECONDS
from devtui.events import Evaluated

if TYPE_CHECKING:
    from textual.worker import WorkType

    from devtui.session.inspection import Question, Questions, Raised

RUNNING_SECONDS = 0.5
"""The time between two updates of how long an evaluation has been running."""


class Evaluation:
    """Evaluate code in the frames of one error, and show the answers in its console."""

    def __init__(
        self,
        console: Console,
        questions: Questions,
        error: Raised,
        done: Callable[[Spot], None],
        why_not_stopped: Callable[[], str],
    ) -> None:
        """Call `done` with the frame after each answer: the code may have changed its variables.

        `why_not_stopped` says why code that was interrupted goes on.
        """
        self._console = console
        self._questions = questions
        self._error = error
        self._done = done
        self._running: str | None = None  # the question's id
        self._since = 0.0
        self._why_not_stopped = why_not_stopped
        self._telling: asyncio.TimerHandle | None = None  # says why it goes on

    @property
    def running(self) -> bool:
        """Whether an evaluation has not been answered yet."""
        return self._running is not None

    def begin(self, spot: Spot, source: str) -> None:
        """Evaluate code in a frame, unless an evaluation is still running."""
        if self._running is not None:
            self._console.show_note("An evaluation is still running.")
            self._console.prompt.text = source
            return
        self._console.show_asked(source)
        # Ask at once: the next code may come before a worker runs.
        question = self._questions.evaluate(self._error, spot.way, spot.number, source)
        self._running, self._since = question.ask_id, time.monotonic()
        timer = self._console.set_interval(RUNNING_SECONDS, self._show_running)
        work: WorkType[None] = partial(self._take_answer, spot, question, timer)
        self._console.run_worker(work)

    async def _take_answer(self, spot: Spot, question: Question[Evaluated], timer: Timer) -> None:
        try:
            answer = await question.answer
        finally:
            self._running = None
            timer.stop()
            if self._telling is not None:
                self._telling.cancel()
                self._telling = None
        self._console.running(None)
        self._console.show_answer(answer)
        self._done(spot)

    def _show_running(self) -> None:
        self._console.running((time.monotonic() - self._since) * 1000)

    def stop(self) -> bool:
        """Interrupt the running evaluation, and return whether there was one."""
        if self._running is None:
            return False
        self._questions.interrupt(self._running)
        if self._telling is None:
            loop = asyncio.get_running_loop()
            self._telling = loop.call_later(LATE_SECONDS, self._say_why_it_goes_on)
        return True

    def _say_why_it_goes_on(self) -> None:
        self._telling = None
        self._console.show_note(self._why_not_stopped())
