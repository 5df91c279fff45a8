"""Prepare this process to be the next generation: repeat the last load's imports."""

from __future__ import annotations

import importlib
import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from types import ModuleType
from typing import NoReturn

from devtui.config import env_files
from devtui.events import Load, Preload
from devtui.server.app import bytecode, environment
from devtui.server.app.import_path import import_what_flask_has
from devtui.server.debugger import debugger
from devtui.server.guest import own_code
from devtui.server.guest.clocks import clock
from devtui.server.guest.own_code import file_of, is_own
from devtui.server.serving import server
from devtui.server.standby import process_state
from devtui.server.standby.importable import importable
from devtui.server.standby.preloads import Preloaded, UnfitStandby

# How long a check of the files is valid. The load itself takes longer.
FRESH_SECONDS = 0.05


class Standby:
    """The modules imported ahead, and whether a load may use them.

    `importing` is the name that is being imported now, and `took_ms` the time of all imports.
    """

    def __init__(self, order: Preload, original: Mapping[str, str]) -> None:
        self._order = order
        self._original = original
        self._environment: dict[str, str] | None = None
        self._began = time.time_ns()
        self._times: dict[str, int] = {}
        self._changed = ""
        self._looked_at = -math.inf  # monotonic
        self._unfit = ""
        self.importing = ""
        self.took_ms = 0.0
        self.preloaded: list[Preloaded] = []

    def warm(self, interrupted: Callable[[], bool]) -> None:
        """Import what the last load imported from outside the project, until `interrupted`.

        Set the environment first, because libraries read it when they are imported. Never run the
        user's code here: the current process still runs it.
        """
        with suppress(env_files.EnvFileError):  # the load will raise it too, and report it
            self._environment = environment.prepared(self._order.load, self._original).variables
            environment.apply(self._environment, self._order.load)
        if self._order.search_path:
            import_what_flask_has(self._order.search_path)
            sys.path.insert(0, self._order.search_path)
        bytecode.install(executing=_refuse)
        server.prepare()
        if self._order.load.debugger:
            debugger.prepare()
        root, began = "", clock.perf_counter()
        try:
            for root in self._order.roots:
                if interrupted():
                    break
                self.importing = root
                self._import(root)
        except UnfitStandby as unfit:
            self._unfit = str(unfit)
        except (Exception, SystemExit) as error:
            # It worked in the last load: let the next one find out what is wrong.
            self._unfit = f"{root} could not be imported ahead ({type(error).__name__})"
        finally:
            self.importing = ""
            self.took_ms = round((clock.perf_counter() - began) * 1000, 3)
        if self._order.search_path in sys.path:  # the load adds it itself
            sys.path.remove(self._order.search_path)
        self._times = dict(self._files())
        own_code.own_sources()  # remembers that these modules are not the user's

    def look(self) -> None:
        """Check whether files of the imported modules have changed."""
        self._changed = next((name for name, at in self._times.items() if at != _time(name)), "")
        self._looked_at = clock.monotonic()

    def misfit(self, load: Load) -> str:
        """Say why a load may not use the imported modules, empty if it may."""
        importlib.invalidate_caches()  # the folders may have new files
        if self._unfit:
            return self._unfit
        if self._order.load.trace != load.trace:
            return "calls are recorded or not, unlike in the last load"
        if self._environment != environment.prepared(load, self._original).variables:
            return "the environment is not that of the last load"
        if name := self._shadowed():
            return f"{name} is now a module of the project"
        if clock.monotonic() - self._looked_at > FRESH_SECONDS:
            self.look()
        return f"{self._changed} has changed" if self._changed else ""

    def _import(self, root: str) -> None:
        names, state = set(sys.modules), process_state.take()
        importlib.import_module(root)
        after = process_state.take()
        self.preloaded.append(
            Preloaded(
                root,
                frozenset(sys.modules.keys() - names),
                process_state.changed(state) or "",
                bool(process_state.matters_early(state, after)),
            )
        )

    def _files(self) -> Iterator[tuple[str, int]]:
        """Return the files of the imported modules with their times (-1: changed meanwhile)."""
        for name in {name for group in self.preloaded for name in group.modules}:
            file = file_of(sys.modules.get(name))
            if file and os.path.isabs(file):
                at = _time(file)
                yield file, at if at < self._began else -1

    def _shadowed(self) -> str:
        """Return an imported module of which the project now has a namesake."""
        tops = {name.partition(".")[0] for group in self.preloaded for name in group.modules}
        own = {self._order.search_path, *(path for path in sys.path if is_own(path))}
        return next(
            (
                name
                for folder in own
                for name in importable(folder)
                if name in tops and not _lies_in(folder, sys.modules.get(name))
            ),
            "",
        )


def _refuse(module: ModuleType) -> NoReturn:
    raise UnfitStandby(f"a library imports {module.__name__}, which is not installed but yours")


def _lies_in(folder: str, module: object) -> bool:
    return file_of(module).startswith(os.path.join(folder, ""))


def _time(file: str) -> int:
    try:
        stats = os.stat(file)
        return max(stats.st_mtime_ns, stats.st_ctime_ns)  # a tool may have set the former
    except OSError:
        return 0
