"""Wait a moment for files that are just being written."""

from __future__ import annotations

import ast
import asyncio
import os
import time
import warnings
from collections.abc import Iterable

from devtui import project_file

# Editors that write in place empty the file first. In our measurements it was whole 40 ms later.
SETTLE_SECONDS = 0.15

# Editors that move the old file aside leave no file for an instant.
GONE_SECONDS = 0.04

# The most bytes to read at once. A larger file (a file of data) only has to have any content.
MAX_PARSED_BYTES = 256 * 1024

_LOOK_EVERY = 0.005


async def settled(paths: Iterable[str]) -> None:
    """Wait until the Python files look whole, at most SETTLE_SECONDS.

    A file that is then still missing, empty or not Python is what the user wrote.
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
                continue  # nobody writes to such a file, or we may not read it: do not wait
            budget -= size
            if source is not None and _unfinished(path, source):
                unfinished.append(path)
        waiting = unfinished
        if not waiting or elapsed >= SETTLE_SECONDS:
            return
        await asyncio.sleep(_LOOK_EVERY)


def _unfinished(path: str, source: bytes) -> bool:
    """Whether the file is empty or not Python."""
    if not source:
        return not path.endswith("__init__.py")  # these are often empty
    try:
        # Python's warnings are for the app. Here they would be printed, or raised if the user turns
        # warnings into errors.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(source, path)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    return False
