"""Follows a load's imports: what the user's code takes from outside, and in what state.

A standby may import ahead what a load imported from outside the project, but only what it
imported before the user's code changed anything for the whole process. Both are found out here,
while the load runs: what differs after a stretch of the user's own code is that code's doing.
"""

from __future__ import annotations

import _frozen_importlib
import builtins
import sys
from collections.abc import Callable, Mapping, Sequence
from operator import is_
from types import ModuleType

from devtui.server.guest.clocks import clock
from devtui.server.guest.own_code import file_of, is_own
from devtui.server.guest.unnoticed import foreign_frame, leave_no_trace, unnoticed, untraced
from devtui.server.standby import process_state
from devtui.server.standby.preloads import Preloaded, Preloads, UnfitStandby


class ImportTrace:
    """Stands in for `__import__` and for what `import_module` calls while the user's code loads.

    `import_module` itself is left as it is: modules keep it, and use it long after the load.

    `roots` are afterwards the names that can be imported ahead of the next load, in order;
    `changed` says what ended that list, and is empty where nothing did. `own_seconds` are the
    user's modules with the time that each took, without the user's other modules in it.
    `search_path` is what stood first in `sys.path` when the user's code began.

    Raises `UnfitStandby` where `preloaded` is not what the load would have imported itself.
    """

    def __init__(self, baseline: frozenset[str], preloaded: Sequence[Preloaded] = ()) -> None:
        self.roots: list[str] = []
        self.search_path = ""
        self.changed = ""
        self.own_seconds: dict[str, float] = {}
        self._baseline = baseline
        self._preloads = Preloads(preloaded)
        self._outside = 0  # how deep we are in code that is not the user's
        self._finished = False
        self._own_inside = False  # whether the import that runs has run the user's code
        self._nested_seconds = 0.0
        self._import: Callable[..., ModuleType] = builtins.__import__
        self._import_by_name: Callable[..., ModuleType] = vars(_frozen_importlib)["_gcd_import"]
        self._our_import = untraced(self._traced)
        self._our_import_by_name = untraced(self._traced_by_name)
        self._state = process_state.take()
        self._count = len(sys.modules)
        self._modules = sys.modules.copy()

    def __enter__(self) -> ImportTrace:
        builtins.__import__ = self._our_import
        vars(_frozen_importlib)["_gcd_import"] = self._our_import_by_name
        self._take()
        self._modules = sys.modules.copy()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._finished = True  # who kept our functions calls them for nothing
        if builtins.__import__ == self._our_import:
            builtins.__import__ = self._import
        if vars(_frozen_importlib)["_gcd_import"] == self._our_import_by_name:
            vars(_frozen_importlib)["_gcd_import"] = self._import_by_name
        self._preloads.finish(failed=kind is not None)

    def executing(self, name: str) -> _Execution:
        """The user's module of that name is executed within."""
        return _Execution(self, name)

    def begin(self) -> tuple[int, float]:
        """The user's code runs from now on; what to hand to `end`."""
        outside, self._outside = self._outside, 0
        self._own_inside |= bool(outside)
        self._stand_in()
        if outside or not self.search_path:
            self._take()
        else:
            self._look_for_change()  # a library that the user's code has called imports it
        self.search_path = self.search_path or sys.path[0]
        before, self._nested_seconds = self._nested_seconds, 0.0
        return outside, before

    def end(self, name: str, took: float, outside: int, before: float) -> None:
        """The user's module of that name has run, in `took` seconds."""
        self.own_seconds[name] = took - self._nested_seconds
        self._nested_seconds = before + took
        self._look_for_change()
        self._outside = outside
        if outside:
            self._step_aside()

    def _stand_in(self) -> bool:
        """Be `__import__`, unless another has taken its place; whether none has."""
        if self._finished:
            return True
        if builtins.__import__ is self._import:
            builtins.__import__ = self._our_import
        return builtins.__import__ == self._our_import

    def _step_aside(self) -> bool:
        """Leave a library's own imports, most by far, to Python: there is nothing to be seen.

        But after a change there is. Returns whether it did.
        """
        if self.changed or builtins.__import__ != self._our_import:
            return False
        builtins.__import__ = self._import
        return True

    @unnoticed
    def _traced(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,
        locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        try:
            from_library = self._outside and not self.changed  # most imports, by far
            if (
                from_library
                or self._finished
                or (not level and self._is_there(name, fromlist or ()))
            ):
                return self._import(name, globals, locals, fromlist, level)
            if level:
                names: list[str] = []
            else:
                names = [name, *(f"{name}.{part}" for part in fromlist or ())]
            arguments = name, globals, locals, fromlist, level
            return self._follow(names, globals, self._import, *arguments)
        except BaseException as error:
            leave_no_trace(error)
            raise

    @unnoticed
    def _traced_by_name(self, name: str, package: str | None = None, level: int = 0) -> ModuleType:
        try:
            if self._finished:
                return self._import_by_name(name, package, level)
            caller = foreign_frame().f_back  # of import_module
            names = [] if level else [name]
            namespace = None if caller is None else caller.f_globals
            return self._follow(names, namespace, self._import_by_name, name, package, level)
        except BaseException as error:
            leave_no_trace(error)
            raise

    @unnoticed
    def _follow(
        self,
        names: list[str],
        globals: Mapping[str, object] | None,
        do: Callable[..., ModuleType],
        *arguments: object,
    ) -> ModuleType:
        """Carry out an import of these absolute names (none: of one's own package)."""
        own = not self._outside and globals is not None and is_own(file_of(globals))
        if not own:
            if not self._outside and self._preloads.awaits(names):
                self._look_for_change()  # the user's code has called a library that imports late
            if self.changed:
                self._preloads.check_unasked(names, self.changed)
            return do(*arguments)
        self.search_path = self.search_path or sys.path[0]
        self._look_for_change()
        if not self.changed and self._preloads.awaits(names):
            self.changed = self._replaced_module()
        self._preloads.ask(names, self.changed)
        return self._import_from_outside(names, do, *arguments)

    @unnoticed
    def _import_from_outside(
        self, names: list[str], do: Callable[..., ModuleType], *arguments: object
    ) -> ModuleType:
        own_inside, self._own_inside = self._own_inside, False
        self._outside += 1
        aside = self._step_aside()
        try:
            result = do(*arguments)
        finally:
            self._outside -= 1
            if aside and not self._stand_in():
                self.changed = self.changed or "the builtins (__import__)"
            before, self._state = self._state, process_state.take()
            self._count = len(sys.modules)
            tainted, self._own_inside = self._own_inside, self._own_inside or own_inside
        new = [name for name in names if self._is_new(name)]
        if new and not self.changed:
            self.changed = self._replaced_module()
        if new:
            self._preloads.note_unknown(new, before, self._state)
            self._modules = sys.modules.copy()
        if not self.changed and not tainted:
            self.roots += new
        return result

    def _is_there(self, name: str, parts: Sequence[str]) -> bool:
        """Whether an import of this runs no code, and shows nothing that is not known yet."""
        module = sys.modules.get(name)
        if module is None:
            return False
        names = [name, *(f"{name}.{part}" for part in parts)]
        return (
            getattr(module, "__dict__", {}).keys() >= set(parts)
            and not any(map(self._is_new, names))
            and not self._preloads.awaits(names)
        )

    def _is_new(self, name: str) -> bool:
        """Whether it names a module from outside that is to be told of in `roots`."""
        module = sys.modules.get(name)
        if module is None or name in self._baseline or name in self.roots:
            return False
        return not is_own(file_of(module))

    def _take(self) -> None:
        self._state = process_state.take()
        self._count = len(sys.modules)

    def _look_for_change(self) -> None:
        if self.changed:
            return
        self.changed = process_state.changed(self._state) or ""
        if not self.changed and len(sys.modules) > self._count:
            self.changed = self._added_module()

    def _added_module(self) -> str:
        """The entry that code made in sys.modules itself, as `pymysql.install_as_MySQLdb` does."""
        added = list(sys.modules)[self._count :]
        for name in added:
            module = sys.modules.get(name)
            spec = getattr(module, "__spec__", None)
            if getattr(spec, "name", None) != name and not is_own(file_of(module)):
                return f"sys.modules ({name})"
        return ""

    def _replaced_module(self) -> str:
        """The module from outside that code has put another one in the place of."""
        now, before = sys.modules, self._modules
        if all(map(is_, map(now.get, before), before.values())):
            return ""
        for name, module in before.items():
            if now.get(name) is not module and not is_own(file_of(module)):
                return f"sys.modules ({name})"
        return ""


class _Execution:
    """A module of the user's is executed within; it stands on no stack meanwhile."""

    def __init__(self, trace: ImportTrace, name: str) -> None:
        self._trace = trace
        self._name = name

    def __enter__(self) -> None:
        self._outer = self._trace.begin()
        self._began = clock.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._trace.end(self._name, clock.perf_counter() - self._began, *self._outer)


__all__ = ["ImportTrace", "Preloaded", "UnfitStandby"]
