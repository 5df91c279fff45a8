"""What other processes write of themselves: names, command lines, variables; with bounds.

A process may have a command line of megabytes, and Linux lets it point to any of its memory. So
it is read from /proc a piece at a time, and not by psutil, which reads all of it.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

MAX_BYTES = 128 * 1024
"""What is read of a command line: no single argument can be longer."""

MAX_WORDS = 1_000
MAX_NAME = 256
MAX_ENVIRONMENT = 1024 * 1024

_KEPT_OF_NAME = 15

_LINUX = sys.platform == "linux"


def command(process: psutil.Process) -> tuple[str, ...]:
    """The argument list; of a long one its beginning. Raises `OSError` or `psutil.Error`."""
    if _LINUX:
        return split(beginning(f"/proc/{process.pid}/cmdline", MAX_BYTES))
    kept, room = [], MAX_BYTES
    for word in process.cmdline()[:MAX_WORDS]:
        kept.append(word[:room])
        room -= len(word)
        if room <= 0:
            break
    return tuple(kept)


def name(process: psutil.Process, words: tuple[str, ...]) -> str:
    """What the process with that argument list is called. Raises as `command` does.

    The kernel keeps 15 bytes of the name, and what is cut off is taken from the command line.
    """
    if not _LINUX:
        return process.name()[:MAX_NAME]
    short = os.fsdecode(beginning(f"/proc/{process.pid}/comm", MAX_NAME).removesuffix(b"\n"))
    if len(short) >= _KEPT_OF_NAME and words:
        whole = os.path.basename(words[0])
        if whole.startswith(short):
            return whole[:MAX_NAME]
    return short


def environment(process: psutil.Process) -> dict[str, str]:
    """The variables that it was started with; of many the first. Raises as `command` does."""
    if not _LINUX:
        return process.environ()
    text = os.fsdecode(beginning(f"/proc/{process.pid}/environ", MAX_ENVIRONMENT))
    pairs = (entry.partition("=") for entry in text.split("\0"))
    return {key: value for key, equals, value in pairs if equals}


def split(data: bytes) -> tuple[str, ...]:
    """The words of /proc/PID/cmdline.

    Null characters end them, but who has written a title over it often separates by spaces.
    """
    text = os.fsdecode(data)
    if not text:
        return ()
    words = text.removesuffix("\0").split("\0", MAX_WORDS)
    if len(words) == 1 and " " in text:
        words = words[0].split(" ", MAX_WORDS)
    return tuple(words[:MAX_WORDS])


def beginning(path: str, limit: int) -> bytes:
    """The first bytes of a file in /proc, which has no size of its own."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        parts, room = [], limit
        while room > 0 and (part := os.read(descriptor, min(room, 64 * 1024))):
            parts.append(part)
            room -= len(part)
        return b"".join(parts)
    finally:
        os.close(descriptor)
