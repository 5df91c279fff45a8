"""The folder that server processes start in."""

from __future__ import annotations

import os
from contextlib import suppress


class WorkingFolder:
    """The working folder of this process by its path, which server processes inherit.

    A project may be deleted or moved away, and made again: by a checkout, or a build. What this
    process was started in is then a folder without a name, where `os.getcwd` fails.
    """

    def __init__(self) -> None:
        self._path = ""
        with suppress(OSError):  # it is gone already
            self._path = os.getcwd()

    def enter(self) -> bool:
        """Go where the path leads now, or above as long as it leads nowhere; true if it moved."""
        path = self._path
        while path and not os.path.isdir(path):
            path = os.path.dirname(path)
        if not path:
            return False
        try:
            if os.path.samefile(path, os.curdir):
                return False
            os.chdir(path)
        except OSError:
            return False
        return True
