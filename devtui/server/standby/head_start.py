"""Begin a load before it is ordered, and pause before the first file that may change.

The process runs the same code in the same order as a fresh one, only earlier. So the files that it
has read must be unchanged when the order comes. Until then the app must not act on anything outside
of its process, so the load also pauses before such an act. Installed modules may act while they are
imported, as in a standby.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from importlib.machinery import SourceFileLoader
from types import CodeType, FrameType, ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

from devtui.config import env_files
from devtui.events import HeadStart, HeadStartChecked, Load, LoadSoon
from devtui.server.app import environment
from devtui.server.guest.audit_events import AuditEvents
from devtui.server.guest.clocks import clock
from devtui.server.guest.own_code import file_of
from devtui.server.standby import acts, held_resources, process_state
from devtui.server.standby.file_head import FileChanged, FileHead
from devtui.server.standby.findings import Findings
from devtui.server.standby.preloads import UnfitStandby

if TYPE_CHECKING:
    from devtui.server.channel.channel import Channel
    from devtui.server.process_start import Start

_LISTS = ("os.listdir", "os.scandir")
_LISTS_PACKAGES = ("importlib.metadata", "importlib_metadata")

Order = tuple[Load, int]


class HeadStartLoad:
    """A load that goes as far as it can before its order comes.

    `next_order` waits for an order. `order` is the order to load, None until it comes, and
    `resumed_at` is the time when it came (perf_counter).
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
        # Listen while the app's acts are forbidden.
        self._events = AuditEvents(self._heard)
        self._thread = 0
        self._threads = acts.Threads(self._acting)
        self._waited = 0.0
        self._running: list[str] = []  # the user's files whose modules run now, the outermost first
        self._heads: list[FileHead] = []  # of the files that may change and have begun to run
        self._unfit = ""
        self._findings = Findings()
        self._sockets: frozenset[str] = frozenset()
        self._written_before: frozenset[str] = frozenset()
        self._written: set[str | None] = set()  # by libraries when they were imported
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
        self._sockets, self._written_before = held_resources.sockets(), held_resources.written()
        self._modules = len(sys.modules)
        self._events.listen()
        self._threads.watch()

    def now(self) -> float:
        """Return the time in seconds, without the pause."""
        return clock.perf_counter() - self._waited

    def executing(self, module: ModuleType, trace: AbstractContextManager[None]) -> _Execution:
        """Run the user's module in this block, with a pause in it if its file may change."""
        return _Execution(self, module, trace)

    def enter(self, module: ModuleType) -> Iterable[CodeType | None] | None:
        """Note that the user's module begins; return the parts of it if its file may change."""
        if not self._events.listening:
            return None
        file = os.path.realpath(file_of(module))
        self._running.append(file)
        with self._unwatched():
            self._findings.entering(file)
        loader = getattr(getattr(module, "__spec__", None), "loader", None)
        if file not in self._before or not isinstance(loader, SourceFileLoader):
            return None
        return self._parts(file, loader)

    def leave(self, *, failed: bool) -> None:
        """Note that the module has run."""
        if self._events.listening and (trouble := self._trouble()):
            self.give_up(trouble)
        if self._running:
            file = self._running.pop()
            if failed and self.order is None and file in self._before:
                self._findings.read(file)  # a save of the rest of it cannot undo the failure

    def _parts(self, file: str, loader: SourceFileLoader) -> Iterator[CodeType | None]:
        """Yield the imports at the head of a file, and after the pause the rest of it."""
        if (head := self._head_of(file, loader.path)) is None:
            return (yield None)
        for code in head.codes():
            yield code
            if self.order is not None:
                break
        else:
            head.prepare()
            self._until = file
            self.wait()
        loader.path_stats(loader.path)
        try:
            rest = head.rest(loader.get_data(loader.path))
        except (OSError, FileChanged):
            self._unfit = f"{file} has changed"
            raise UnfitStandby(self._unfit) from None
        if rest is None:
            self._unfit = f"{file} is not valid Python"  # no import would have run
        yield rest

    def _head_of(self, file: str, path: str) -> FileHead | None:
        with self._unwatched():
            try:
                head = FileHead(file, path)
            except OSError:
                return None  # the import will raise it
        self._heads.append(head)
        return head

    def finish(self) -> None:
        """Wait for the order, unless it has come. Raise `UnfitStandby` if the file did not fit."""
        self.wait()
        if self._unfit:
            raise UnfitStandby(self._unfit)

    def wait(self) -> None:
        """Wait for the order to load, unless it has come."""
        if self.order is None:
            paused_at = clock.perf_counter()
            self._events.listening = False
            self._threads.leave()
            self._findings.finish(but=(head.file for head in self._heads))
            if trouble := self._trouble():
                self._give_up(trouble)
            self._took = paused_at - self._began
            self._modules = len(sys.modules) - self._modules
            self._tell("")
            while not isinstance(order := self._next_order(), tuple):
                if isinstance(order, LoadSoon):
                    self._tell(self._misfit())
            self.order = order
            self.resumed_at = clock.perf_counter()
            self._waited = self.resumed_at - paused_at

    def give_up(self, reason: str) -> NoReturn:
        """Say that this process is of no use, and wait for its end."""
        self._events.listening = False
        self._give_up(reason)

    def _give_up(self, reason: str) -> NoReturn:
        held_resources.end_timers()
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

    # -- acts of the app

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if act := acts.act_of(event, arguments):
            caller = sys._getframe(2)  # of this and the hook
            # The import system writes bytecode, in folders that it makes.
            if not _is_import_system(caller) and not acts.only_asks(event, caller):
                self._acting(act, event, arguments)
        elif event == "open" and (file := acts.path_of(arguments[0])) is not None:
            with self._unwatched():
                self._findings.opening(file)
        elif event in _LISTS and not _is_import(sys._getframe(2)):
            folder = acts.path_of(arguments[0] or os.curdir) or ""
            lister = sys._getframe(2).f_globals.get("__name__")
            with self._unwatched():
                if lister == "pkgutil":
                    self._findings.looking_for_modules(folder)
                elif lister in _LISTS_PACKAGES:
                    self._findings.looking_for_packages(folder)
                else:
                    self._findings.listing(folder)

    @contextmanager
    def _unwatched(self) -> Iterator[None]:
        """Ignore events in the block, in which we look at files ourselves."""
        before, self._events.listening = self._events.listening, False
        try:
            yield
        finally:
            self._events.listening = before

    def _acting(self, what: str, event: str = "", arguments: tuple[Any, ...] = ()) -> None:
        """Pause before an act of the app, which happens when the load goes on."""
        if acts.imports_library(sys._getframe(1)):
            if event == "open":
                self._written.add(acts.path_of(arguments[0]))
        elif threading.get_ident() == self._thread:
            self._until = what
            self.wait()

    def _trouble(self) -> str:
        """Say what the app has done without an audit event; empty if nothing."""
        if len(threading._active) > 1:  # type: ignore[attr-defined]
            return "the app starts a thread"
        if held_resources.sockets() - self._sockets:
            return "the app opens a connection"
        if held_resources.has_children():
            return "the app starts a program"
        if files := held_resources.written() - self._written_before - self._written:
            return f"the app opens {min(files)} to write"
        if held_resources.has_timer():
            return "the app sets an alarm"
        if patched := process_state.patched():
            return f"the app patches {next(iter(patched))}"  # gevent: nothing may wait any more
        return ""

    # -- changes since

    def _misfit(self) -> str:
        """Say what has changed since it was read; empty if nothing has."""
        if changed := self._findings.changed():
            return changed
        for head in self._heads:
            if not head.fits():
                return f"{head.file} begins with other imports"
        try:
            now = environment.prepared(self._wanted.load, self._original).variables
        except env_files.EnvFileError:
            return "an env file cannot be read"
        return "" if now == self._environment else "the environment is not that of the head start"


class _Execution:
    """The execution of a module of the user's. Not a generator, which would be on the stack."""

    def __init__(
        self, load: HeadStartLoad, module: ModuleType, trace: AbstractContextManager[None]
    ) -> None:
        self._load = load
        self._module = module
        self._trace = trace

    def __enter__(self) -> Iterable[CodeType | None] | None:
        self._trace.__enter__()
        return self._load.enter(self._module)

    def __exit__(self, *raised: Any) -> None:
        self._load.leave(failed=raised[0] is not None)
        self._trace.__exit__(*raised)


def _is_import_system(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith("<frozen importlib")


def _is_import(frame: FrameType) -> bool:
    """Whether a folder is listed by the import system, or by us."""
    name = frame.f_globals.get("__name__")
    return _is_import_system(frame) or (isinstance(name, str) and name.startswith("devtui."))
