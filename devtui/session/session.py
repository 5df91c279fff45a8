"""The session: it runs one server process after another on one socket, and stores events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import TYPE_CHECKING, Any

from devtui.config.settings import Settings
from devtui.events import (
    AnyEvent,
    AppFailed,
    FilesRead,
    TellFiles,
)
from devtui.ports import addresses
from devtui.ports.survey import PendingSurvey, Survey, SurveyQueue
from devtui.session.event_bus import EventBus
from devtui.session.inspection import Questions
from devtui.session.live.live_pages import LivePages
from devtui.session.live.page_console import PageConsole
from devtui.session.live.session_access import SessionAccess
from devtui.session.processes.generations import Generations
from devtui.session.processes.listener import Listener
from devtui.session.profiles.profiler import Profiler
from devtui.session.project_notes import ProjectNotes
from devtui.session.reload.hold import Hold
from devtui.session.reload.reloader import Reloader
from devtui.session.reload.replacement import Replacement
from devtui.session.reload.saves import Saves
from devtui.session.reload.source_filter import NO_SOURCE, extra_files
from devtui.session.reload.watcher import Watcher
from devtui.session.replay.replays import Replays
from devtui.session.replay.sender import Sender
from devtui.session.served_app import ServedApp
from devtui.session.state import State, StateMachine, announce_on
from devtui.session.store.store import Store
from devtui.session.terminal.terminal_loan import TerminalLoan

if TYPE_CHECKING:
    from devtui.session.processes.spawn import Interpreter


class Session:
    """Supervise server processes on one event loop, and store their events.

    `launch` may be called before there is a loop, so that the first process loads while the screen
    is still being imported. The store takes in every event before the subscribers get it, on the
    loop's thread. An `interpreter` that runs already becomes the first process.

    The reloader starts and ends processes. Their events come back here, and the state follows from
    them.
    """

    attachment: None = None  # see `ShownSession`

    def __init__(self, settings: Settings, interpreter: Interpreter | None = None) -> None:
        self.bus = EventBus(lambda: self.generation)
        self.served = ServedApp(in_code=settings.main is not None)
        self.store = Store()
        self._beside: list[Callable[[Session], Coroutine[Any, Any, None]]] = []
        self._machine = StateMachine(announce_on(self.bus))
        self._surveys = SurveyQueue(self._on_surveyed)
        self.listener = Listener(self._surveys)
        self.generations = Generations(self.bus, self.listener, interpreter)
        self.questions = Questions(self.generations.send, lambda: self.generation)
        self.terminal = TerminalLoan(self.generations.send)
        self._project = ProjectNotes(
            self.generations.send,
            lambda paths, count: self._reloader.files_changed(paths, count),
        )
        self.served.subscribe_to(self.bus)
        self._project.subscribe_to(self.bus)
        self.store.subscribe_to(self.bus)
        self.questions.subscribe_to(self.bus)
        self.terminal.subscribe_to(self.bus, lambda: self.generations.tty)
        token = self.generations.send_token
        self.sender = Sender(self.bus, self.store, token, self._url_listening)
        self.replays = Replays(self.bus, self.store, self.sender, settings.folder)
        self.profiler = Profiler(self.bus, self.store, self.sender, self.questions)
        self._machine.subscribe_to(self.bus, self.served)
        self._reloader = Reloader(
            settings,
            self.bus,
            self._machine,
            self.listener,
            self.generations,
            self.terminal,
            self.served,
        )
        self.hold = Hold(
            self.bus,
            self._reloader.files_changed,
            lambda paths, raw_count: self._saves.noticed(paths, raw_count),
        )
        self._saves = Saves(
            lambda: self.generations.send(TellFiles()), self.hold.saved, extra_files(settings)
        )
        self._saves.subscribe_to(self.bus)
        self.bus.listen(self._on_failed, AppFailed)
        self.bus.listen(self._on_files_read, FilesRead)
        folder = str(settings.folder.resolve())
        self.live = LivePages(
            folder,
            self.bus,
            SessionAccess(
                on=lambda: self.settings.live,
                set_live=self.generations.set_live,
                waits=self._no_page_can_load,
                fails=lambda: self.served.failure is not None,
                port=lambda: self.settings.port,
                url=lambda: self.url,
            ),
            PageConsole(self.bus, self.store, folder) if settings.live_console else None,
        )
        self._watcher = Watcher(
            settings.folder,
            extra_files(settings),
            settings.exclude_patterns,
            self._saves.noticed,
            self.bus.warn,
            self._on_ignored,
        )

    @property
    def settings(self) -> Settings:
        """The settings of the next server process."""
        return self._reloader.settings

    @property
    def state(self) -> State:
        """The session's state."""
        return self._machine.state

    @property
    def generation(self) -> int:
        """The number of the newest server process; 0 before the first."""
        return self.generations.number

    @property
    def url(self) -> str:
        """The URL of the app."""
        return self.settings.url(self.settings.port)

    def _url_listening(self) -> str | None:
        return self.url if self.listener.is_open else None

    @property
    def url_elsewhere(self) -> str:
        """The URL for other machines in the network; empty if only this one can reach the app."""
        return addresses.url_elsewhere(self.settings)

    def subscribe(self, listener: Callable[[AnyEvent], None]) -> None:
        """Call `listener` with every event; the first subscriber also gets the early ones."""
        self.bus.subscribe(listener)

    def accompany(self, work: Callable[[Session], Coroutine[Any, Any, None]]) -> None:
        """Have `work` run beside `run`, which cancels it at the end."""
        self._beside.append(work)

    def launch(self) -> None:
        """Bind the socket and start the first server process. Does not block."""
        if self.settings.notice:
            self.bus.warn(self.settings.notice)
        self._reloader.launch()

    async def run(self) -> None:
        """Supervise until `close` is called; every process is gone when it returns."""
        self._watcher.start()
        self.live.start()
        telling = asyncio.create_task(self._surveys.run())
        telling.add_done_callback(lambda _: self._reloader.close())
        beside = [asyncio.create_task(work(self)) for work in self._beside]
        try:
            await self._reloader.run()
            if telling.done():
                telling.result()  # it ends only with an error
        finally:
            telling.cancel()
            for task in beside:
                task.cancel()
            await self._shut_down()
            await asyncio.gather(*beside, return_exceptions=True)

    @property
    def reloading(self) -> bool:
        """Whether the server process is being replaced, or is about to be."""
        return self._reloader.busy

    async def unloaded_saves(self, *, look: bool) -> list[str]:
        """Return the loaded files whose content has changed since they were loaded.

        With `look`, changes that the watcher has not reported yet are reported first.
        """
        if look:
            await self._watcher.look_now()
        return await asyncio.to_thread(self._saves.unloaded)

    def take_saves(self, paths: Iterable[str]) -> None:
        """Reload because of these files, as if the watcher had noticed them."""
        self._saves.noticed(tuple(sorted(paths)), 1)

    def restart(self, cause: str = "restarted by hand") -> None:
        """Replace the server process by a new one. A hold of reloads ends."""
        self.hold.end(cause)
        self._reloader.want(Replacement(cause))

    def serve_app(self, app: str) -> None:
        """Serve another app; `app` is what `flask --app` takes."""
        self._reloader.serve_app(app)

    def restart_from_nothing(self) -> None:
        """Replace the server process by one that imports everything again."""
        self.generations.discard_standby()
        self.restart("restarted from nothing")

    def try_again(self) -> None:
        """Try the port again, and serve if it is free; the state tells the result."""
        self._reloader.try_again()

    def warn(self, message: str) -> None:
        """Publish a warning of devtui as a line of the log, one sentence or two."""
        self.bus.warn(message)

    def close(self) -> None:
        """Make `run` stop everything and return."""
        self.generations.expect_end("cut by leaving")
        self.replays.pins.close()
        self._reloader.close()
        self.terminal.close()

    def kill(self) -> None:
        """Kill the server process and its children at once, with no event loop; the last resort."""
        self.generations.kill()

    async def move(self, port: int) -> None:
        """Serve on another port. Raises `PortRefused` and changes nothing if that fails."""
        await self._reloader.move(port)

    def set_debug(self, on: bool) -> None:
        """Turn debug mode (reloader and debugger) on or off, and restart the server."""
        live = self.settings.live
        self._reloader.set_debug(on)
        if self.settings.live is not live:
            self.live.turned()

    def set_live(self, on: bool) -> None:
        """Have the pages in browsers follow the saves from now on, or not."""
        self._reloader.set_live(on)
        self.live.turned()

    def _on_surveyed(self, survey: PendingSurvey, found: Survey) -> None:
        """Report the result of a survey, unless the session has moved on."""
        if self._reloader.closing or found.port != self.settings.port:
            return
        if survey.refusal is None:
            for warning in found.warnings:
                self.bus.warn(warning)
        elif self.state is State.PORT_BUSY:
            self.bus.tell(found.event())

    def _on_files_read(self, event: FilesRead) -> None:
        """Watch the files of the load, and find saves made before they were watched."""
        if event.ended_ns:
            self._watcher.add_sources([one.file for one in event.read], self._saves.compare)

    def _no_page_can_load(self) -> bool:
        return self.reloading or self.hold.active or not self.state.answers

    def _on_ignored(self, reasons: dict[str, str]) -> None:
        """Take in changed files that cause no reload, with the reasons."""
        self.store.note_ignored(reasons)
        if self.settings.reload:
            self._project.saved(reasons)
        self.live.saved(path for path, reason in reasons.items() if reason == NO_SOURCE)

    def _on_failed(self, event: AppFailed) -> None:
        if self.served.given_up:
            self.generations.expect_end("the app did not load")  # its process ends by itself
            if event.reload:
                self.close()  # as in Flask.run, no app is left that could show the error

    async def _shut_down(self) -> None:
        await self.generations.stop(self.settings.grace, "cut by leaving")
        await self._watcher.stop()
        self.live.close()
        self.generations.discard_standby()
        await self.generations.end_leftovers()
        self.listener.close()
        self._machine.to(State.STOPPED)
