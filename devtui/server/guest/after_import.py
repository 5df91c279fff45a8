"""Change modules right after their import, whoever imports them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, cast


class AfterImport:
    """A finder that lets the others find, and applies `works` to the modules they load.

    `works` maps a module's name to a function. It is not called in a fork.
    """

    def __init__(self, works: Mapping[str, Callable[[ModuleType], None]]) -> None:
        self._works = dict(works)

    def install(self) -> None:
        """Install the finder. Apply `works` at once to modules that are loaded already."""
        for name in [name for name in self._works if name in sys.modules]:
            self._works.pop(name)(sys.modules[name])
        sys.meta_path.insert(0, cast(Any, self))

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in self._works:
            return None
        work = self._works.pop(name)
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            if finder is self or find is None:
                continue
            spec = cast("ModuleSpec | None", find(name, path, target))
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = cast(Any, _Loader(spec, spec.loader, work))
                return spec
        self._works[name] = work
        return None


class _Loader:
    """Replace a module's loader until the module was executed."""

    def __init__(self, spec: ModuleSpec, loader: Any, work: Callable[[ModuleType], None]) -> None:
        self._spec = spec
        self._loader = loader
        self._work = work

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return cast("ModuleType | None", self._loader.create_module(spec))

    def exec_module(self, module: ModuleType) -> None:
        self._spec.loader = self._loader
        with suppress(AttributeError):
            module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._work(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)
