"""Complete names in the prompt with the help of the server process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from devtui.dashboard.errors.console import Console
from devtui.dashboard.errors.frame_lines import Spot
from devtui.dashboard.errors.prompt import Prompt
from devtui.events import Completed

if TYPE_CHECKING:
    from devtui.session.inspection import Questions, Raised

ANSWER_SECONDS = 2.0
"""How long to wait for the names: after that the user has typed on."""

NAMES_ONLY = "Only names and attributes are completed: completing after a call would run it."


class Completer:
    """Ask for names in one error's frames, and insert them into the prompt."""

    def __init__(
        self,
        console: Console,
        questions: Questions,
        error: Raised,
        why_silent: Callable[[], str],
    ) -> None:
        """`why_silent` says why there is no answer."""
        self._console = console
        self._questions = questions
        self._error = error
        self._why_silent = why_silent
        self._newest = 0

    async def complete(self, spot: Spot, wanted: Prompt.Completing) -> None:
        """Complete the name, or show the candidates, or say why there are none."""
        self._newest += 1
        number = self._newest
        if not all(name.isidentifier() for name in wanted.path):
            self._console.show_note(NAMES_ONLY)
            return
        question = self._questions.complete(
            self._error, spot.way, spot.number, wanted.path, wanted.prefix
        )
        try:
            answer = await asyncio.wait_for(asyncio.shield(question.answer), ANSWER_SECONDS)
        except asyncio.TimeoutError:
            self._questions.forget(question.ask_id)
            self._console.show_note(self._why_silent())
            return
        if number == self._newest:  # else tab was pressed again
            self._take(wanted.prefix, answer)

    async def describe(self, spot: Spot, called: Prompt.Calling) -> None:
        """Show the parameters of the function that is about to be called, if they are known."""
        if not all(name.isidentifier() for name in (*called.path, called.name)):
            return
        question = self._questions.complete(
            self._error, spot.way, spot.number, called.path, called.name
        )
        try:
            answer = await asyncio.wait_for(asyncio.shield(question.answer), ANSWER_SECONDS)
        except asyncio.TimeoutError:
            self._questions.forget(question.ask_id)
            return
        if answer.signature:
            self._console.show_signature(called.name + answer.signature)

    def _take(self, prefix: str, answer: Completed) -> None:
        common = _common_start(answer.names)
        if answer.reason:
            self._console.show_note(answer.reason)
        elif not answer.names:
            self._console.show_note(f"No name begins with {prefix}." if prefix else "No names.")
        elif len(common) > len(prefix) and not answer.left_out:
            self._console.prompt.completed(prefix, common)
        elif len(answer.names) > 1:
            self._console.show_names(answer.names, answer.left_out)


def _common_start(names: Sequence[str]) -> str:
    """Return the common start of sorted names: the first and the last one share it."""
    if not names:
        return ""
    first, last = names[0], names[-1]
    same = (at for at, character in enumerate(first) if last[at : at + 1] != character)
    return first[: next(same, len(first))]
