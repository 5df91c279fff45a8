"""Decide which source files may be read for an error's lines.

A frame may name any file: a pipe that has replaced the source, a device, a file of gigabytes.
`linecache` reads whatever it finds, so it is used only for files that can be read at once.
"""

from __future__ import annotations

import os
import stat
import sys

# Python needs minutes to compile a source of this size.
MAX_BYTES = 32 * 1024 * 1024


def may_be_read(file: str) -> bool:
    """Whether `linecache` may read the file that a frame names.

    It may if there is no such file: a module's loader may have the source.
    """
    if not file or file.startswith("<"):
        return True
    if _is_there(file):
        return _is_plain(file)
    if os.path.isabs(file):
        return True
    # Like linecache, search the folders of modules.
    folders = [folder for folder in list(sys.path) if isinstance(folder, str)]
    return all(
        _is_plain(path)
        for path in (os.path.join(folder, file) for folder in folders)
        if _is_there(path)
    )


def _is_there(path: str) -> bool:
    try:
        os.stat(path)
    except (OSError, ValueError):
        return False
    return True


def _is_plain(path: str) -> bool:
    try:
        info = os.stat(path)
    except (OSError, ValueError):
        return True  # it is gone
    return stat.S_ISREG(info.st_mode) and info.st_size <= MAX_BYTES
