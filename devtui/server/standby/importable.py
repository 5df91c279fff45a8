"""List the modules and packages that Python finds in a folder."""

from __future__ import annotations

import os
from contextlib import suppress
from importlib.machinery import EXTENSION_SUFFIXES, SOURCE_SUFFIXES

_SUFFIXES = (*SOURCE_SUFFIXES, *EXTENSION_SUFFIXES)


def importable(folder: str) -> frozenset[str]:
    """Return the names that an import finds in a folder; empty if it cannot be read."""
    found = set()
    with suppress(OSError), os.scandir(folder or os.curdir) as entries:
        for entry in entries:
            package = os.path.join(entry.path, "__init__.py")
            if entry.name.endswith(_SUFFIXES) or os.path.isfile(package):
                found.add(entry.name.partition(".")[0])
    return frozenset(found)
