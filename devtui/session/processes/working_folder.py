"""The folder that server processes start in."""

from __future__ import annotations

import os
from contextlib import suppress


class WorkingFolder:
    """Return the path of this process's working folder, which server processes inherit.

    A checkout or a build may delete or move a project, and make it again. The working folder is
    then without a name, and `os.getcwd` fails.
    """

    def __init__(self) -> None:
        self._path = ""
        with suppress(OSError):  # it is gone already
            self._path = os.getcwd()

    def enter(self) -> bool:
        """Go where the path leads now, or to the next folder above; return whether it moved."""
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
