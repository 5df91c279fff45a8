"""Answers of the server process that come late, or never: it may be busy, or suspended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from devtui.events import LocalsShown, StackShown

if TYPE_CHECKING:
    from typing import TypeVar

    from devtui.session.inspection import Question

    A = TypeVar("A", LocalsShown, StackShown)

LATE_SECONDS = 3.0
"""How long to wait for an answer before the screen says what it waits for."""


async def answer_of(question: Question[A], late: Callable[[], None]) -> A:
    """Wait for an answer, however long; call `late` if it is not there soon."""
    telling = asyncio.get_running_loop().call_later(LATE_SECONDS, late)
    try:
        return await question.answer
    finally:
        telling.cancel()
