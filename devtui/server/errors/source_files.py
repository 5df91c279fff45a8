"""Which source files may be read for an error's lines.

A frame names any file: one that was exchanged for a pipe since, a device, a file of gigabytes.
Python's `linecache` opens and reads whatever it finds under the name, so it is asked only for what
can be read at once.
"""

from __future__ import annotations

import os
import stat
import sys

# A source file of this size takes Python minutes to compile.
MAX_BYTES = 32 * 1024 * 1024


def may_be_read(file: str) -> bool:
    """Whether `linecache` may be asked for the lines of a file that a frame names.

    It may where there is no such file: a module's loader may have the source.
    """
    if not file or file.startswith("<"):
        return True
    if _is_there(file):
        return _is_plain(file)
    if os.path.isabs(file):
        return True
    # As linecache does, the file is looked for in the folders that modules come from.
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
        return True  # it has gone, so that nothing of it is read
    return stat.S_ISREG(info.st_mode) and info.st_size <= MAX_BYTES
