"""Load the app once: prepare, trace, and report the result."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING

from msgspec import structs

from devtui.config import env_files
from devtui.events import (
    AppFailed,
    AppLoaded,
    Error,
    FilesRead,
    ImportsTraced,
    Load,
    LogWritten,
    ModuleTime,
    Preload,
)
from devtui.server.app import bytecode, environment, find, import_path
from devtui.server.app.file_notes import notes
from devtui.server.django_project import django_urls, project
from devtui.server.errors.failed_app import FailedApp
from devtui.server.guest import own_code
from devtui.server.guest.clocks import clock
from devtui.server.standby.import_trace import ImportTrace, UnfitStandby

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed.wsgi import WSGIApplication

    from devtui.server.channel.channel import Channel
    from devtui.server.errors.reporter import ErrorReporter
    from devtui.server.exchange.exchange import Tracing
    from devtui.server.standby.head_start import HeadStartLoad
    from devtui.server.standby.import_trace import Preloaded
    from devtui.server.standby.standby import Standby

# How many of the user's slowest imports to report.
SLOWEST = 5


class Loading:
    """Load the app once. `original` is the environment at the start of the process."""

    def __init__(
        self, channel: Channel, reporter: ErrorReporter, original: Mapping[str, str]
    ) -> None:
        self._channel = channel
        self._reporter = reporter
        self._original = original
        self._baseline = frozenset(sys.modules)
        self._standby: Standby | None = None
        self._env_files: tuple[str, ...] = ()
        self.tracing: Tracing | None = None
        """What records the calls of requests, None if nothing does."""

    def warm(self, order: Preload, interrupted: Callable[[], bool]) -> None:
        """Import the modules that the order names, until `interrupted`."""
        from devtui.server.standby.standby import Standby  # never needed by the first process

        self._trace(order.load)
        self._standby = Standby(order, self._original)
        self._standby.warm(interrupted)

    def look(self) -> None:
        """Check the imported modules as far as possible before the order to load."""
        if self._standby is not None:
            self._standby.look()

    @property
    def importing_ahead(self) -> str:
        """The module that is being imported ahead now, empty if none is."""
        importing = None if self._standby is None else self._standby.importing
        return importing or ""

    @property
    def _preloaded(self) -> list[Preloaded]:
        return [] if self._standby is None else self._standby.preloaded

    def run(
        self,
        load: Load,
        serve: Callable[[WSGIApplication], None],
        head_start: HeadStartLoad | None = None,
    ) -> bool:
        """Load the app and have `serve` serve it; return whether anything was served.

        With a `head_start` begin now, and wait for the order where the head start pauses.

        A program that calls `devtui.run` does so in the middle of its load. It goes on after the
        app was served, and what it raises then is passed on. If a reload fails, `serve` gets an app
        that shows the error, but such a program ends. Raise `UnfitStandby` if a fresh process must
        do the load.
        """
        began, served = clock.perf_counter(), False
        self._trace(load)
        now = clock.perf_counter if head_start is None else head_start.now
        trace = ImportTrace(self._baseline, self._preloaded, now)
        loading = ExitStack()

        def took_ms() -> float:
            return _since(max(began, 0.0 if head_start is None else head_start.resumed_at))

        def loaded(found: find.LoadedApp) -> None:
            nonlocal served
            django_urls.import_urls()
            app = project.as_runserver_serves(found.app)
            loading.close()
            find.apply_debug(found.app, load.debug)
            if head_start is not None:
                head_start.finish()
            self._tell(found, trace, took_ms())
            served = True
            serve(app)

        try:
            self._prepare(load)
            if self._standby is not None and (reason := self._standby.misfit(load)):
                raise UnfitStandby(reason)
            if head_start is not None:
                head_start.begin()
            bytecode.install(executing=_executing(trace, head_start))
            with loading:
                loading.callback(bytecode.follow_no_more)
                loading.enter_context(trace)
                _import_app(load, loaded)
            return served
        except UnfitStandby as unfit:
            _give_up(head_start, str(unfit))
            raise
        except BaseException as error:
            if served:
                raise
            _give_up(head_start, f"the app could not be loaded ({type(error).__name__})")
            instead = self.failed(load, error, took_ms())
        # Outside of the handler, or the error would be the context of errors in requests.
        if instead is None or load.main is not None:
            return False
        serve(instead)
        return True

    def tell_files(self, *, ended: bool = False, failed: bool = False) -> None:
        """Report the files read and written until now. Any thread may call this."""
        if ended:
            notes.end()
        self._channel.send(
            FilesRead(
                read=notes.read(self._sources() if ended else ()),
                written=notes.written(),
                children=notes.children,
                failed=failed,
                ended_ns=notes.ended_ns,
            )
        )

    def failed(
        self, load: Load, error: BaseException, duration_ms: float, message: str = ""
    ) -> WSGIApplication | None:
        """Report a failed load; return the app that shows the error if one is to be served."""
        advice = import_path.advise(error, load.advice, load.folder)
        described, error_id = self._reporter.describe(error)
        if isinstance(error, (find.AppNotFound, env_files.EnvFileError, project.NoHosts)):
            # No code of the user's raised it, and our frames help nobody.
            message = str(error)
            described = Error(exceptions=(), text=f"{message}\n")
        elif not message:
            message = f"{described.exceptions[0].type}: {described.exceptions[0].message}"
            message += f". {advice}" if advice else ""
        self.tell_files(ended=True, failed=True)
        self._channel.send(
            AppFailed(
                reload=not load.first,
                message=message,
                error=described,
                duration_ms=duration_ms,
                sources=self._sources(),
                error_id=error_id,
            )
        )
        return None if load.first else FailedApp(error)

    def failed_after_all(self, load: Load, error: Exception) -> WSGIApplication:
        """Report an error found while the app was being served; return the app that shows it."""
        instead = self.failed(structs.replace(load, first=False), error, 0.0)
        assert instead is not None
        return instead

    def _sources(self) -> tuple[str, ...]:
        """Return the user's files that the app was loaded from."""
        env_files = (
            file for file in self._env_files if os.path.isfile(file)
        )  # `-e <(...)` is not a file
        read = (noted.file for noted in notes.read())  # includes files that failed to import
        return tuple(sorted({*own_code.own_sources(), *env_files, *read}))

    def _trace(self, load: Load) -> None:
        """Install the hooks that record calls, before the app imports a library."""
        if load.trace and self.tracing is None:
            from devtui.server.tracing import install, recorder  # --no-trace leaves nothing behind

            install.install(self._warn)
            self.tracing = recorder

    def _warn(self, text: str) -> None:
        self._channel.send(LogWritten(stream="log", logger="devtui", level="WARNING", text=text))

    def _prepare(self, load: Load) -> None:
        notes.begin()
        if load.main is not None and load.main.kind == "path":
            notes.reading(load.main.target)  # no import reads it
        prepared = environment.prepared(load, self._original)
        self._env_files = prepared.files
        for file in prepared.files:
            notes.reading(file)
        environment.apply(prepared.variables, load)
        if prepared.notice:
            self._warn(prepared.notice)

    def _tell(self, loaded: find.LoadedApp, trace: ImportTrace, duration_ms: float) -> None:
        slowest = sorted(trace.own_seconds.items(), key=lambda item: item[1], reverse=True)
        self.tell_files(ended=True)
        self._channel.send(
            AppLoaded(
                app=loaded.name,
                framework=loaded.framework,
                file=loaded.file,
                duration_ms=duration_ms,
                module_count=len(sys.modules),
                sources=self._sources(),
                slowest=tuple(
                    ModuleTime(module=name, duration_ms=round(seconds * 1000, 3))
                    for name, seconds in slowest[:SLOWEST]
                ),
                settings_module=loaded.settings_module,
            )
        )
        self._channel.send(
            ImportsTraced(
                roots=tuple(trace.roots),
                search_path=trace.search_path,
                changed=trace.changed,
                ahead=len(self._preloaded),
                ahead_modules=sum(len(group.modules) for group in self._preloaded),
                ahead_ms=0.0 if self._standby is None else self._standby.took_ms,
            )
        )


def _executing(trace: ImportTrace, head_start: HeadStartLoad | None) -> bytecode.Executing:
    """Return the context manager in which each of the user's modules runs."""
    if head_start is None:
        return trace.executing
    return lambda module: head_start.executing(module, trace.executing(module))


def _since(began: float) -> float:
    return round((clock.perf_counter() - began) * 1000, 3)


def _import_app(load: Load, loaded: Callable[[find.LoadedApp], None]) -> None:
    """Import the app that the order names, or run its program, and pass it on."""
    if load.main is None:
        loaded(find.load_app(load.app, load.folder))
    else:
        from devtui.server.app import main_program  # few programs are run this way

        main_program.run(load.main, loaded)


def _give_up(head_start: HeadStartLoad | None, why: str) -> None:
    """End a head start whose order has not come, and say why."""
    if head_start is not None and head_start.order is None:
        head_start.give_up(why)
