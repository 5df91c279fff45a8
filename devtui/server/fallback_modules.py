"""Find devtui and what it needs where devtui is installed, if the project's Python lacks them.

Nothing else of that environment can be found: its folders are not in `sys.path`, and only Werkzeug
and devtui find its metadata.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import FrameType, ModuleType
from typing import Any, cast

# All that a server process imports from outside the standard library.
_NEEDED = frozenset({"markupsafe", "msgspec", "werkzeug"})

# Werkzeug asks for its own version when it makes a server. We ask ahead of that.
_ASKED_FOR = "werkzeug"
_MAY_ASK = frozenset({"devtui", "werkzeug"})


class FallbackModules:
    """A finder for the end of `sys.meta_path`: the project's own modules come first."""

    def __init__(self, root: str, folders: Sequence[str]) -> None:
        self._root = root
        self._folders = folders

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module of ours. Inside a package the usual finders look in its own folder."""
        if name == "devtui":
            return PathFinder.find_spec(name, [self._root], target)
        if name in _NEEDED:
            return PathFinder.find_spec(name, self._folders, target)
        return None

    def find_distributions(self, context: Any = None) -> Iterable[Any]:
        """Find the metadata of Werkzeug if Werkzeug itself asks, or devtui."""
        if getattr(context, "name", None) != _ASKED_FOR:
            return ()
        if _asker(sys._getframe(1)) not in _MAY_ASK:
            return ()
        from importlib.metadata import DistributionFinder, MetadataPathFinder

        where = DistributionFinder.Context(name=_ASKED_FOR, path=list(self._folders))
        return MetadataPathFinder.find_distributions(where)


def _asker(frame: FrameType | None) -> str:
    """Return the package that called `importlib.metadata`."""
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if not module.startswith("importlib."):
            return str(module).partition(".")[0]
        frame = frame.f_back
    return ""


def install(root: str, folders: Sequence[str]) -> None:
    """From now on find the modules in these folders."""
    sys.meta_path.append(cast("Any", FallbackModules(root, folders)))
