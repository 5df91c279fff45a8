"""The folder that server processes start in."""

from __future__ import annotations

import os
from contextlib import suppress


class WorkingFolder:
    """Remember the path of our working folder, which server processes inherit.

    A checkout or a build may delete or move a project, and create it again. Then the working
    folder has no path any more, and `os.getcwd` fails.
    """

    def __init__(self) -> None:
        self._path = ""
        with suppress(OSError):  # it is gone already
            self._path = os.getcwd()

    def enter(self) -> bool:
        """Go to the folder that has the path now, or to one above; return whether it moved."""
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
