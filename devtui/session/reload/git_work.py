"""Tell whether git is changing files right now, as in a checkout; its parts are not saves."""

from __future__ import annotations

import os
import time

# How old a lock may be. A crash may leave a lock, and git holds one while somebody types a commit
# message. Neither must keep saves waiting.
MAX_LOCK_SECONDS = 3.0

_LINK = b"gitdir: "


def is_underway(folder: str) -> bool:
    """Whether git is changing files of the project that the folder belongs to."""
    place = _repository(folder)
    if place is None:
        return False
    try:
        changed = os.stat(os.path.join(place, "index.lock")).st_mtime
    except OSError:
        return False
    return abs(time.time() - changed) < MAX_LOCK_SECONDS


def _repository(folder: str) -> str | None:
    """Return git's own folder of a project; a worktree has a file that names it."""
    while True:
        place = os.path.join(folder, ".git")
        if os.path.isdir(place):
            return place
        if os.path.isfile(place):
            try:
                with open(place, "rb") as file:
                    link = file.read(4096).rstrip(b"\r\n")
            except OSError:
                return None  # we may not read it
            named = link.removeprefix(_LINK)
            return os.path.join(folder, os.fsdecode(named)) if named != link else None
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
