"""Files that were caught while they were being written get a moment to be finished."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

# Editors that write in place empty the file first; 40 ms later it was whole in what was measured.
SETTLE_SECONDS = 0.15
_LOOK_EVERY = 0.005


async def settled(paths: Iterable[str]) -> None:
    """Wait until the Python files are whole, as far as one can see; at most SETTLE_SECONDS.

    One that is still empty or does not compile then is what the user wrote.
    """
    waiting = [path for path in paths if path.endswith(".py")]
    for _ in range(round(SETTLE_SECONDS / _LOOK_EVERY)):
        waiting = [path for path in waiting if _unfinished(path)]
        if not waiting:
            return
        await asyncio.sleep(_LOOK_EVERY)


def _unfinished(path: str) -> bool:
    """Whether the file is empty or no Python. One that is gone is as it is meant to be."""
    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError:
        return False
    if not source:
        # An empty __init__.py is the usual one.
        return not path.endswith("__init__.py")
    try:
        compile(source, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    return False
