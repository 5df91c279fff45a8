"""The session: one server process after another on one listening socket, and what they tell."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import structs

from devtui.events import (
    AnyEvent,
    AppFailed,
    AppLoaded,
    ErrorRaised,
    FilesChanged,
    LogWritten,
    Reloaded,
    RequestFinished,
    RequestStarted,
    ServerExited,
    Serving,
)
from devtui.session import port as ports
from devtui.session.feed import Feed
from devtui.session.generations import Generations
from devtui.session.listener import Listener
from devtui.session.port import PortRefused
from devtui.session.port_look import PortLook, PortLooks
from devtui.session.questions import Questions
from devtui.session.replacement import Replacement, since_written
from devtui.session.restart_loops import RestartLoops, advice
from devtui.session.served_app import ServedApp
from devtui.session.settling import settled
from devtui.session.state import State, StateMachine
from devtui.session.terminal import TerminalLoan
from devtui.session.watcher import Watcher
from devtui.settings import Settings

if TYPE_CHECKING:
    from devtui.session.interpreter import Interpreter
    from devtui.session.store import Store
    from devtui.session.survey import Survey

# How long after a load the next generation's process is started ahead: at the start of the session
# the first frame is being made, and nobody has anything to save yet.
STANDBY_DELAY_SECONDS = 0.05
FIRST_STANDBY_DELAY_SECONDS = 0.3

# What passes through by the thousand, and changes nothing but what is remembered.
_PASSING = (RequestStarted, RequestFinished, LogWritten, ErrorRaised)


class Session:
    """Supervises server processes and keeps what they report. It lives on one event loop.

    `launch` may be called before there is a loop, so that the first process loads while the
    screen is still being imported. Every event is taken in by the store and then handed to the
    subscribers, on the loop's thread. An `interpreter` that runs already becomes the first process.
    """

    def __init__(self, settings: Settings, interpreter: Interpreter | None = None) -> None:
        self.settings = settings
        self._feed = Feed(lambda: self.generation)
        self._served = ServedApp(in_code=settings.main is not None)
        self._machine = StateMachine(self._feed.state_changed)
        self._port_looks = PortLooks(self._on_port_seen)
        self._listener = Listener(self._port_looks)
        self._generations = Generations(self._on_event, self._listener, interpreter)
        self.questions = Questions(self._generations.send, lambda: self.generation)
        self.terminal = TerminalLoan(self._generations.send)
        self._ever_loaded = False  # and served: a certificate may fail after the app has loaded
        self._wanted: Replacement | None = None
        self._underway: Replacement | None = None
        self._work = asyncio.Event()
        self._replacing = asyncio.Lock()
        self._closing = False
        self._watcher: Watcher | None = None
        self._loops = RestartLoops()

    @property
    def store(self) -> Store:
        """What is remembered of the events."""
        return self._feed.store

    @property
    def state(self) -> State:
        """Where the session stands now."""
        return self._machine.state

    @property
    def app(self) -> AppLoaded | None:
        """The app, as the last load that went well has told of it."""
        return self._served.loaded

    @property
    def failure(self) -> AppFailed | None:
        """What the last load has failed with; None where it went well."""
        return self._served.failure

    @property
    def loading_since(self) -> float | None:
        """When the load began that goes on (monotonic seconds)."""
        return self._served.loading_since

    @property
    def serving_since(self) -> float | None:
        """When the server process began to answer (monotonic seconds)."""
        return self._served.serving_since

    @property
    def generation(self) -> int:
        """The newest server process; 0 before the first."""
        return self._generations.number

    @property
    def pid(self) -> int | None:
        """The server process that runs now."""
        return self._generations.pid

    @property
    def pin(self) -> str | None:
        """What unlocks the debugger in the browser, where it is known and there is one."""
        return self._generations.pin

    @property
    def standby_pid(self) -> int | None:
        """The process that was started ahead to be the next generation."""
        return self._generations.standby_pid

    @property
    def port(self) -> int:
        """The port that is listened on, or would be: where 0 was asked for, what it became."""
        return self.settings.port

    @property
    def has_port(self) -> bool:
        """Whether the listening socket is ours now, so that nobody else can hold the port."""
        return self._listener.is_open

    @property
    def url(self) -> str:
        """Where the app is served, or will be."""
        return self.settings.url(self.port)

    def subscribe(self, listener: Callable[[AnyEvent], None]) -> None:
        """Have `listener` called with every event; the first subscriber gets the early ones too."""
        self._feed.subscribe(listener)

    def launch(self) -> None:
        """Bind the socket and start the first server process. Does not block."""
        if self._bind():
            self._start_process()

    async def run(self) -> None:
        """Supervise until `close` is called; every process is gone when it returns."""
        self._generations.attach()
        self._start_watching()
        telling = asyncio.create_task(self._port_looks.run())
        telling.add_done_callback(lambda _: self._work.set())
        try:
            while True:
                await self._work.wait()
                self._work.clear()
                if telling.done():
                    telling.result()  # it never ends but by an error
                if self._closing:
                    break
                async with self._replacing:
                    await self._replace()
        finally:
            telling.cancel()
            await self._shut_down()

    def restart(self, cause: str = "restarted by hand") -> None:
        """Replace the server process by a new one."""
        self._want(Replacement(cause))

    def restart_from_nothing(self) -> None:
        """Replace the server process by one that imports everything anew."""
        self._generations.discard_standby()
        self.restart("restarted from nothing")

    def try_again(self) -> None:
        """Have the port after all, where it could not be had, and serve; the state tells."""
        if self.state is State.PORT_BUSY:
            self._wanted = None  # what was wanted then is part of this start, and not its cause
        self.restart("the port was tried again")

    def close(self) -> None:
        """Make `run` stop everything and return."""
        self._closing = True
        self.terminal.close()
        self._work.set()

    def kill(self) -> None:
        """Kill the server process and its children at once, with no event loop; the last resort."""
        self._generations.kill()

    async def move(self, port: int) -> None:
        """Serve on another port. Raises `PortRefused`, and then everything stays as it was."""
        if self.settings.is_unix_socket:
            raise PortRefused("The app is served on a Unix socket, which has no port.", busy=False)
        settings = self.settings.with_port(port)
        listener = await asyncio.to_thread(ports.bind, settings)
        async with self._replacing:
            self.settings = self._listener.replace(listener, settings)
        self._want(Replacement(f"moved to port {self.port}"))

    def set_debug(self, on: bool) -> None:
        """Turn debug mode (reloader and debugger) on or off; the server is restarted for it."""
        self.settings = self.settings.with_debug(on)
        self._want(Replacement(f"debug {'on' if on else 'off'}"))

    def _want(self, replacement: Replacement) -> None:
        self._wanted = replacement.after(self._wanted)
        self._work.set()

    async def _replace(self) -> None:
        """End the server process that runs, and start the next on the same socket.

        A load that is still running is abandoned: it began before the newest change.
        """
        if self._wanted is None:
            return
        await self.terminal.until_free()  # a save must not end a debugging session
        if self._closing:
            return
        if self.state.answers:
            self._machine.to(State.RELOADING, self._wanted.cause)
        await self._stop_and_settle()
        if self._closing or not self._bind():
            return
        replacement, self._wanted = self._wanted.after(self._underway), None
        if self.generation:  # else it is the first start, after the port was taken
            self._underway = replacement
        if not self.state.loading:
            follows = State.RELOADING if self._ever_loaded else State.STARTING
            self._machine.to(follows, replacement.cause)
        self._start_process()
        self._generations.attach()

    async def _stop_and_settle(self) -> None:
        """End the process that runs, while the changed files get a moment to be finished."""

        async def stop() -> float:
            await self._generations.stop(self.settings.grace)
            return self._wanted.elapsed_ms if self._wanted is not None else 0.0

        stopping = asyncio.create_task(stop())
        await asyncio.sleep(0)  # the order to stop goes out before files are looked into
        looked_at: tuple[str, ...] | None = None
        while looked_at != self._paths_wanted:
            looked_at = self._paths_wanted
            await settled(looked_at)
            stopped_ms = await stopping
        if self._wanted is not None:
            self._wanted.stopped_ms = stopped_ms

    @property
    def _paths_wanted(self) -> tuple[str, ...]:
        return () if self._wanted is None else self._wanted.paths

    def _bind(self) -> bool:
        """Have a listening socket; false where there is none to have, and then the state tells."""
        if self._listener.is_open:
            return True
        try:
            self.settings = self._listener.open(self.settings)
        except PortRefused as error:
            self._machine.to(State.PORT_BUSY, str(error))
            return False
        return True

    def _on_port_seen(self, look: PortLook, found: Survey) -> None:
        """Tell what a look has found, unless the session has gone on meanwhile."""
        if self._closing or found.port != self.settings.port:
            return
        if look.refusal is None:
            for warning in found.warnings:
                self._feed.warn(warning)
        elif self.state is State.PORT_BUSY:
            self._feed.take(found.event(self.generation))

    def _start_process(self) -> None:
        self._loops.loading()
        self._generations.start(self.settings, first=not self._ever_loaded)

    def _on_event(self, event: AnyEvent) -> None:
        """Take in what a server process says, and what it means for the session."""
        if isinstance(event, _PASSING):
            self._feed.take(event)
            return
        current = event.generation == self.generation
        if isinstance(event, ServerExited):
            if current and self.state is State.FAILED:
                event = structs.replace(event, expected=True)  # told already, with its reason
            for cut in self.store.cut_running(event.generation, event.at, self._why_cut(event)):
                self._feed.take(cut)
        if current:
            self._served.heard(event)
        self._feed.take(event)
        self.questions.heard(event)
        self.terminal.heard(event, self.pid if current else None)
        if isinstance(event, ServerExited):
            if current:
                self._on_exit(event)
        elif current:
            self._on_progress(event)

    def _on_progress(self, event: AnyEvent) -> None:
        match event:
            case AppLoaded():
                self._note_loaded()
                self._watch(event.sources)
            case AppFailed():
                self._note_loaded()
                self._watch(event.sources)
                if self._served.given_up:
                    self._machine.to(State.FAILED, event.message)
                    if event.reload:
                        self.close()  # there is no app to show the error with: as Flask.run does
            case Serving():
                self._on_serving(event)

    def _note_loaded(self) -> None:
        self._loops.loaded()
        if self._underway is not None:
            self._underway.loaded_ms = self._underway.elapsed_ms

    def _start_standby(self) -> None:
        if self.settings.reload and not self._closing and self.state.answers:
            self._generations.start_standby(self.settings)

    def _on_serving(self, event: Serving) -> None:
        if self.failure is None:
            self._ever_loaded = True
        self._machine.to(State.SERVING if self.failure is None else State.SERVING_ERROR)
        replaced, self._underway = self._underway, None
        # Not at once: the first requests have waited for this, and want the processor more.
        delay = FIRST_STANDBY_DELAY_SECONDS if replaced is None else STANDBY_DELAY_SECONDS
        asyncio.get_running_loop().call_later(delay, self._start_standby)
        if replaced is not None:
            self._feed.take(
                Reloaded(
                    generation=self.generation,
                    cause=replaced.cause,
                    paths=replaced.paths,
                    duration_ms=replaced.elapsed_ms,
                    raw_count=replaced.raw_count,
                    seen_ms=replaced.seen_ms,
                    stopped_ms=replaced.stopped_ms,
                    loaded_ms=replaced.loaded_ms,
                    standby=self._generations.from_standby,
                    stepped_back=self._generations.stepped_back,
                    failed=self.failure is not None,
                    slowest=() if self.app is None or self.failure else self.app.slowest,
                    looping=self._loops.reloaded(replaced.paths),
                )
            )

    def _on_exit(self, event: ServerExited) -> None:
        self._generations.forget()
        self._loops.loaded()
        failed = self.state is State.FAILED
        if self._closing or (event.expected and not failed):
            return
        # Nothing is there to answer: to refuse is more honest than to let clients wait.
        self._listener.close()
        if not failed:
            how = f"by {event.signal}" if event.signal else f"with exit status {event.exit_code}"
            self._machine.to(State.CRASHED, f"the server process ended {how}")

    def _why_cut(self, event: ServerExited) -> str:
        if not event.expected:
            return "the server process died"
        if self._closing:
            return "cut by leaving"
        by_files = self._wanted is not None and self._wanted.paths
        return "cut by reload" if by_files else "cut by restart"

    def _start_watching(self) -> None:
        settings = self.settings
        self._watcher = Watcher(
            settings.folder,
            settings.extra_files,
            settings.exclude_patterns,
            self._on_files_changed,
            self._feed.warn,
            self.store.note_ignored,
        )
        self._watcher.start()

    def _watch(self, sources: tuple[str, ...]) -> None:
        if self._watcher is not None:
            self._watcher.add_sources(sources)

    def _on_files_changed(self, paths: tuple[str, ...], raw_count: int) -> None:
        if not self.settings.reload:
            return
        self._feed.take(FilesChanged(generation=self.generation, paths=paths, raw_count=raw_count))
        if self.state is not State.PORT_BUSY:
            changed = Replacement("files changed", paths, raw_count=raw_count)
            changed.seen_ms = since_written(paths)
            if looping := self._loops.changed(paths):
                self._feed.warn(advice(looping))
            self._want(changed)

    async def _shut_down(self) -> None:
        await self._generations.stop(self.settings.grace)
        if self._watcher is not None:
            await self._watcher.stop()
        self._generations.discard_standby()
        await self._generations.end_leftovers()
        self._listener.close()
        self._machine.to(State.STOPPED)
