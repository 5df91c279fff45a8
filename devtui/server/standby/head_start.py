"""Begin a load before it is ordered, and pause before the first file that may change.

The process runs the same code in the same order as a fresh one, only earlier. So what it has read
must be the same when the order comes, and before that the app may not act on anything outside of
its process: where it is about to, the load pauses too. Installed modules may act while they are
imported, as in a standby.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from typing import TYPE_CHECKING, Any, NoReturn

from devtui.config import env_files
from devtui.events import HeadStart, HeadStartChecked, Load, LoadSoon
from devtui.server.app import environment
from devtui.server.app.file_notes import notes
from devtui.server.guest import own_code
from devtui.server.guest.clocks import clock
from devtui.server.guest.own_code import file_of, is_own
from devtui.server.standby import acts, process_state
from devtui.server.standby.importable import importable

if TYPE_CHECKING:
    from devtui.server.channel.channel import Channel
    from devtui.server.process_start import Start

# Keep no more of the files that the app has opened itself.
_MAX_OPENED = 10_000

_State = tuple[int, int, int, int]

Order = tuple[Load, int]


class HeadStartLoad:
    """A load that goes as far as it can before its order comes.

    `next_order` waits for an order. `order` is the one to load, None until it comes, and
    `resumed_at` the time when it came (perf_counter).
    """

    def __init__(
        self,
        wanted: HeadStart,
        start: Start,
        next_order: Callable[[], object],
        channel: Channel,
    ) -> None:
        self.order: Order | None = None
        self.resumed_at = 0.0
        self._wanted = wanted
        self._original = start.environment
        self._next_order = next_order
        self._channel = channel
        self._before = frozenset(wanted.before)
        self._environment: dict[str, str] | None = None
        self._watching = False  # whether the app's acts are forbidden
        self._thread = 0
        self._threads = acts.Threads(self._acting)
        self._running: list[str] = []  # the user's files whose modules run now, the outermost first
        self._opened: dict[str, _State | None] = {}
        self._names: dict[str, frozenset[str]] = {}
        self._sockets: frozenset[str] = frozenset()
        self._began = 0.0
        self._took = 0.0
        self._modules = 0
        self._until = ""

    def begin(self) -> None:
        """Begin to watch what the app does."""
        with suppress(env_files.EnvFileError):  # the load raises it too
            self._environment = environment.prepared(self._wanted.load, self._original).variables
        self._thread = threading.get_ident()
        self._began = clock.perf_counter()
        self._sockets = _sockets()
        self._modules = len(sys.modules)
        self._watching = True
        sys.addaudithook(self._audit)
        self._threads.watch()

    def executing(self, name: str, trace: AbstractContextManager[None]) -> _Execution:
        """Run the user's module in this block, after a pause if its file may change."""
        return _Execution(self, name, trace)

    def enter(self, name: str) -> None:
        """Pause before the user's module runs, if its file may change."""
        if not self._watching:
            return
        file = os.path.realpath(file_of(sys.modules.get(name)) or "")
        if file in self._before:
            self._until = file
            self.wait()
        self._running.append(file)

    def leave(self) -> None:
        """Note that the module has run."""
        if self._running:
            self._running.pop()

    def wait(self) -> None:
        """Wait for the order to load, unless it has come."""
        if self.order is None:
            self._watching = False
            self._threads.leave()
            self._note_what_was_found()
            if trouble := self._trouble():
                self._give_up(trouble)
            self._took = clock.perf_counter() - self._began
            self._modules = len(sys.modules) - self._modules
            self._tell("")
            while not isinstance(order := self._next_order(), tuple):
                if isinstance(order, LoadSoon):
                    self._tell(self._misfit())
            self.order = order
            self.resumed_at = clock.perf_counter()

    def give_up(self, reason: str) -> NoReturn:
        """Say that this process is of no use, and wait for its end."""
        self._watching = False
        self._give_up(reason)

    def _give_up(self, reason: str) -> NoReturn:
        self._tell(reason, spent=True)
        while True:
            clock.sleep(3600)  # the session ends this process

    def _tell(self, reason: str, *, spent: bool = False) -> None:
        self._channel.send(
            HeadStartChecked(
                reason=reason,
                spent=spent,
                stopped_at=self._running[-1] if spent and self._running else self._until,
                module_count=self._modules,
                duration_ms=round(self._took * 1000, 3),
            )
        )

    # -- what the app does

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        # It is called very often and stays for ever, so check the usual case first.
        if not self._watching:
            return
        if act := acts.act_of(event, arguments):
            self._acting(act)
        elif event == "open" and (file := acts.path_of(arguments[0])) is not None:
            self._note_opened(file)

    def _note_opened(self, file: str) -> None:
        if len(self._opened) < _MAX_OPENED and file not in self._opened:
            self._opened[file] = _state(file)

    def _acting(self, what: str) -> None:
        """Pause before the app acts. It acts when the load goes on."""
        if threading.get_ident() == self._thread and not acts.imports_library(sys._getframe(1)):
            self._until = what
            self.wait()

    def _trouble(self) -> str:
        """Say what the app has done that no audit event announces."""
        if len(threading._active) > 1:  # type: ignore[attr-defined]
            return "the app starts a thread"
        if _sockets() - self._sockets:
            return "the app opens a connection"
        if _has_children():
            return "the app starts a program"
        if patched := process_state.patched():
            return f"the app patches {next(iter(patched))}"  # gevent: nothing may wait any more
        return ""

    # -- whether it is still so

    def _note_what_was_found(self) -> None:
        for module in list(sys.modules.values()):
            file = file_of(module)
            if not file or os.path.realpath(file) == self._until:
                continue  # its module has not run yet
            if os.path.isabs(file) and file not in self._opened:
                self._opened[file] = _state(file)
        for noted in notes.read():
            self._opened[noted.file] = (
                noted.size,
                noted.mtime_ns,
                noted.ctime_ns,
                noted.inode,
            )
        self._names = {folder: importable(folder) for folder in _own_folders()}

    def _misfit(self) -> str:
        """Say what has changed since it was read; empty if nothing has."""
        for file, state in self._opened.items():
            if _state(file) != state:
                return f"{file} has changed"
        for folder, names in self._names.items():
            if importable(folder) != names:
                return f"{folder} has other modules"
        try:
            now = environment.prepared(self._wanted.load, self._original).variables
        except env_files.EnvFileError:
            return "an env file cannot be read"
        return "" if now == self._environment else "the environment is not that of the head start"


class _Execution:
    """The execution of a module of the user's, without being on the stack meanwhile."""

    def __init__(self, load: HeadStartLoad, name: str, trace: AbstractContextManager[None]) -> None:
        self._load = load
        self._name = name
        self._trace = trace

    def __enter__(self) -> None:
        self._load.enter(self._name)
        self._trace.__enter__()

    def __exit__(self, *raised: Any) -> None:
        self._load.leave()
        self._trace.__exit__(*raised)


def _own_folders() -> set[str]:
    """Return the folders in which the user's modules are looked for."""
    folders = {path for path in sys.path if is_own(path)}
    for file in own_code.own_sources():
        folders.add(os.path.dirname(file))
    return folders


def _state(file: str) -> _State | None:
    try:
        found = os.stat(file)
    except (OSError, ValueError):
        return None
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def _sockets() -> frozenset[str]:
    found = set()
    with suppress(OSError):
        for number in os.listdir("/proc/self/fd"):
            with suppress(OSError):
                target = os.readlink(f"/proc/self/fd/{number}")
                if target.startswith("socket:"):
                    found.add(target)
    return frozenset(found)


def _has_children() -> bool:
    with suppress(OSError):
        for thread in os.listdir("/proc/self/task"):
            with open(f"/proc/self/task/{thread}/children", encoding="ascii") as file:
                if file.read().strip():
                    return True
    return False
