"""Trace a load's imports from outside the project, and the state in which they happen.

A standby may import what the last load imported from outside the project, but only as far as the
user's code had not changed the state of the process. The trace finds out both while the load runs:
a difference after a stretch of the user's code is that code's doing.
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
    """Replace `__import__`, and the function that `import_module` calls, while the app loads.

    Leave `import_module` itself alone: modules keep it, and use it long after the load.

    Afterwards `roots` are the names that can be imported ahead of the next load, in order.
    `changed` says what ended that list, empty if nothing did. `own_seconds` maps the user's modules
    to the time that each took, by the clock `now`, without the user's other modules. `search_path`
    was first in `sys.path` when the user's code began.

    Raise `UnfitStandby` if `preloaded` is not what the load would have imported itself.
    """

    def __init__(
        self,
        baseline: frozenset[str],
        preloaded: Sequence[Preloaded] = (),
        now: Callable[[], float] = lambda: clock.perf_counter(),
    ) -> None:
        self.roots: list[str] = []
        self.search_path = ""
        self.changed = ""
        self.own_seconds: dict[str, float] = {}
        self.now = now
        self._baseline = baseline
        self._preloads = Preloads(preloaded)
        self._outside = 0  # the depth in code that is not the user's
        self._finished = False
        self._own_inside = False  # whether the current import has run the user's code
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
        self._leave()
        self._preloads.finish(failed=kind is not None)

    def _is_over(self) -> bool:
        """Whether the trace can find out nothing more that matters to this load or the next."""
        return bool(self.changed) and not self._preloads.waiting

    def _leave(self) -> None:
        self._finished = True  # a kept function of ours then does nothing
        if builtins.__import__ == self._our_import:
            builtins.__import__ = self._import
        if vars(_frozen_importlib)["_gcd_import"] == self._our_import_by_name:
            vars(_frozen_importlib)["_gcd_import"] = self._import_by_name

    def executing(self, module: ModuleType) -> _Execution:
        """Trace the execution of the user's module in this block."""
        return _Execution(self, module.__name__)

    def begin(self) -> tuple[int, float]:
        """Note that the user's code begins; return the argument for `end`."""
        outside, self._outside = self._outside, 0
        self._own_inside |= bool(outside)
        self._stand_in()
        if self._is_over():
            self._leave()  # most of a large app is imported after its first change
        elif outside or not self.search_path:
            self._take()
        else:
            self._look_for_change()  # imported by a library that the user's code has called
        self.search_path = self.search_path or sys.path[0]
        before, self._nested_seconds = self._nested_seconds, 0.0
        return outside, before

    def end(self, name: str, took: float, outside: int, before: float) -> None:
        """Note that the user's module has run in `took` seconds."""
        self.own_seconds[name] = took - self._nested_seconds
        self._nested_seconds = before + took
        self._look_for_change()
        self._outside = outside
        if outside:
            self._step_aside()

    def _stand_in(self) -> bool:
        """Become `__import__`, unless another has replaced it; return whether it worked."""
        if self._finished:
            return True
        if builtins.__import__ is self._import:
            builtins.__import__ = self._our_import
        return builtins.__import__ == self._our_import

    def _step_aside(self) -> bool:
        """Leave a library's own imports, which are most imports, to Python; return whether it did.

        Do not if something has changed.
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
            from_library = self._outside and not self.changed  # the usual case
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
        """Import these absolute names, none for a relative import."""
        if self._is_over():
            self._leave()
            return do(*arguments)
        own = globals is not None and (is_own(file_of(globals)) or _asks_for_app(globals))
        if self._outside or not own:
            if not self._outside and self._preloads.awaits(names):
                self._look_for_change()  # a library that the user's code has called imports late
            if self.changed:
                self._preloads.check_unasked(names, self.changed)
            return do(*arguments)
        if not self.search_path:
            self._take()  # so far nothing of the user's has run
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
        """Whether this import runs no code and adds nothing to the trace."""
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
        """Whether it names a module from outside the project that belongs in `roots`."""
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
        """Return an entry that code has put into sys.modules, like `pymysql.install_as_MySQLdb`."""
        added = list(sys.modules)[self._count :]
        for name in added:
            module = sys.modules.get(name)
            spec = getattr(module, "__spec__", None)
            if getattr(spec, "name", None) != name and not is_own(file_of(module)):
                return f"sys.modules ({name})"
        return ""

    def _replaced_module(self) -> str:
        """Return a module from outside that code has replaced."""
        now, before = sys.modules, self._modules
        if all(map(is_, map(now.get, before), before.values())):
            return ""
        for name, module in before.items():
            if now.get(name) is not module and not is_own(file_of(module)):
                return f"sys.modules ({name})"
        return ""


def _asks_for_app(globals: Mapping[str, object]) -> bool:
    """Whether these are the globals of the module by which devtui imports an installed app."""
    return globals.get("__name__") == "devtui.server.app.import_path"


class _Execution:
    """Trace a module of the user's. Not a generator, which would be on the stack."""

    def __init__(self, trace: ImportTrace, name: str) -> None:
        self._trace = trace
        self._name = name

    def __enter__(self) -> None:
        self._outer = self._trace.begin()
        self._began = self._trace.now()

    def __exit__(self, *_: object) -> None:
        self._trace.end(self._name, self._trace.now() - self._began, *self._outer)


__all__ = ["ImportTrace", "Preloaded", "UnfitStandby"]
