"""Files that were caught while they were being written get a moment to be finished."""

from __future__ import annotations

import ast
import asyncio
import time
from collections.abc import Iterable

# Editors that write in place empty the file first; 40 ms later it was whole in what was measured.
SETTLE_SECONDS = 0.15

# Editors that put the old file aside first leave none for an instant.
GONE_SECONDS = 0.04

# What is looked into; of more (a checkout), whether it is empty has to do.
MAX_PARSED_BYTES = 256 * 1024

_LOOK_EVERY = 0.005


async def settled(paths: Iterable[str]) -> None:
    """Wait until the Python files are whole, as far as one can see; at most SETTLE_SECONDS.

    One that is still gone, empty or no Python then is what the user wrote.
    """
    began = time.monotonic()
    waiting = [path for path in paths if path.endswith(".py")]
    while True:
        elapsed = time.monotonic() - began
        budget = MAX_PARSED_BYTES
        unfinished = []
        for path in waiting:
            source = _read(path)
            if source is None:
                if elapsed < GONE_SECONDS:
                    unfinished.append(path)
                continue
            budget -= len(source)
            if _unfinished(path, source, parse=budget >= 0):
                unfinished.append(path)
        waiting = unfinished
        if not waiting or elapsed >= SETTLE_SECONDS:
            return
        await asyncio.sleep(_LOOK_EVERY)


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def _unfinished(path: str, source: bytes, *, parse: bool) -> bool:
    """Whether the file is empty or no Python."""
    if not source:
        return not path.endswith("__init__.py")  # these are empty as often as not
    if not parse:
        return False
    try:
        ast.parse(source, path)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    return False
