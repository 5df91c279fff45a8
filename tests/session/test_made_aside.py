"""Something that is made in a thread, and a waiter that goes before it is there."""

from __future__ import annotations

import asyncio
import threading

import pytest

from devtui.session.made_aside import made_aside
from tests.support.processes import DEADLINE, until


async def test_it_comes_to_the_waiter() -> None:
    dropped: list[str] = []
    assert await made_aside(lambda: "made", dropped.append) == "made"
    with pytest.raises(ZeroDivisionError):
        await made_aside(lambda: str(1 // 0), dropped.append)
    assert dropped == []


async def test_it_comes_too_late() -> None:
    dropped: list[str] = []
    began, goes_on = threading.Event(), threading.Event()

    def make() -> str:
        began.set()
        goes_on.wait(DEADLINE)
        return "made"

    waiter = asyncio.create_task(made_aside(make, dropped.append))
    await until(began.is_set)
    waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    assert dropped == []
    goes_on.set()
    await until(lambda: dropped == ["made"])
