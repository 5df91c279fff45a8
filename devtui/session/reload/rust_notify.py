"""The one part of watchfiles that is used: its compiled module, which tells of changes."""

from __future__ import annotations

import importlib.util
import sys
import threading
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from watchfiles._rust_notify import RustNotify

_NAME = "watchfiles._rust_notify"
_loading = threading.Lock()


def rust_notify() -> type[RustNotify]:
    """The class, imported when it is first asked for; any thread may ask.

    The package itself is passed by: it imports anyio, which is three times as much work and done
    while the first frame is drawn.
    """
    with _loading:
        module = sys.modules.get(_NAME)
        if module is None:
            package = importlib.util.find_spec("watchfiles")
            places = None if package is None else package.submodule_search_locations
            spec = PathFinder.find_spec(_NAME, places)
            if spec is None or spec.loader is None:
                raise ImportError(f"{_NAME} is not there: install watchfiles again", name=_NAME)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            sys.modules[_NAME] = module
    found: type[RustNotify] = module.RustNotify
    return found
