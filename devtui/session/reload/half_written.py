"""Files that were caught while they were being written get a moment to be finished."""

from __future__ import annotations

import ast
import asyncio
import os
import time
import warnings
from collections.abc import Iterable

from devtui import project_file

# Editors that write in place empty the file first; 40 ms later it was whole in what was measured.
SETTLE_SECONDS = 0.15

# Editors that put the old file aside first leave none for an instant.
GONE_SECONDS = 0.04

# What is looked into at once; of more (a checkout, a file of data), that it is not empty has to do.
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
            try:
                size = os.stat(path).st_size
                source = project_file.read(path, MAX_PARSED_BYTES) if size <= budget else None
            except FileNotFoundError:
                if elapsed < GONE_SECONDS:
                    unfinished.append(path)
                continue
            except OSError:
                continue  # no file that anybody writes to, or none of ours: nothing to wait for
            budget -= size
            if source is not None and _unfinished(path, source):
                unfinished.append(path)
        waiting = unfinished
        if not waiting or elapsed >= SETTLE_SECONDS:
            return
        await asyncio.sleep(_LOOK_EVERY)


def _unfinished(path: str, source: bytes) -> bool:
    """Whether the file is empty or no Python."""
    if not source:
        return not path.endswith("__init__.py")  # these are empty as often as not
    try:
        # What Python warns of is the app's affair: here it would be printed with the file's name as
        # it stands, and raised where the user has warnings raised.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(source, path)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    return False
