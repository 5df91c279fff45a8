"""Make something in a thread, and lose nothing if the waiter is cancelled meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


async def made_aside(make: Callable[[], T], unmake: Callable[[T], None]) -> T:
    """Return the result of `make`, called in a thread. Pass it to `unmake` if the waiter has left.

    A cancelled `asyncio.to_thread` lets its thread go on, and nobody closes the socket that it
    returns.
    """
    making: Future[T] = Future()

    def run() -> None:
        if making.set_running_or_notify_cancel():
            try:
                making.set_result(make())
            except BaseException as error:
                making.set_exception(error)

    def drop(made: Future[T]) -> None:
        if not made.cancelled() and made.exception() is None:
            unmake(made.result())

    asyncio.get_running_loop().run_in_executor(None, run)
    try:
        return await asyncio.wrap_future(making)
    except asyncio.CancelledError:
        making.add_done_callback(drop)
        raise
