"""Patch modules right after their import, whoever imports them."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, cast

from devtui.server.guest.unnoticed import leave_no_trace, unnoticed


class AfterImport:
    """A finder that lets the others find, and applies `works` to the modules they load.

    `works` maps a module's name to a function. It is not called in a fork. It is called again for a
    module that is executed again.
    """

    def __init__(self, works: Mapping[str, Callable[[ModuleType], None]]) -> None:
        self._works = dict(works)
        self._searches: set[tuple[str, int]] = set()  # names that a thread asks the others for

    def install(self) -> None:
        """Install the finder. Apply `works` at once to modules that are loaded already."""
        for name in [name for name in self._works if name in sys.modules]:
            self._works[name](sys.modules[name])
        sys.meta_path.insert(0, cast(Any, self))

    @unnoticed
    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        search = name, threading.get_ident()
        if name not in self._works or search in self._searches:
            return None
        self._searches.add(search)
        try:
            for finder in sys.meta_path:
                find = getattr(finder, "find_spec", None)
                if finder is self or find is None:
                    continue
                spec = cast("ModuleSpec | None", find(name, path, target))
                if spec is not None:
                    if spec.loader is not None:
                        spec.loader = cast(Any, _Loader(spec, spec.loader, self._works[name]))
                    return spec
        finally:
            self._searches.discard(search)
        return None


class _Loader:
    """Take the place of a module's loader until the module was executed."""

    def __init__(self, spec: ModuleSpec, loader: Any, work: Callable[[ModuleType], None]) -> None:
        self._spec = spec
        self._loader = loader
        self._work = work

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return cast("ModuleType | None", self._loader.create_module(spec))

    @unnoticed
    def exec_module(self, module: ModuleType) -> None:
        try:
            self._spec.loader = self._loader
            with suppress(AttributeError):
                module.__loader__ = self._loader
            self._loader.exec_module(module)
        except BaseException as error:
            leave_no_trace(error)
            raise
        self._work(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)
