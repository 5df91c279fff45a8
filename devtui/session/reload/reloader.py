"""The reloader: it replaces the server process by the next one when something asks for that."""

from __future__ import annotations

import asyncio
import os
import socket
from functools import partial

from msgspec import structs

from devtui.config.settings import Settings
from devtui.events import AppFailed, AppLoaded, FilesChanged, ServerExited, Serving
from devtui.ports import bind as ports
from devtui.ports.bind import PortRefused
from devtui.session.event_bus import EventBus
from devtui.session.made_aside import made_aside
from devtui.session.processes.generations import Generations
from devtui.session.processes.listener import Listener
from devtui.session.reload.half_written import settled
from devtui.session.reload.replacement import Replacement, since_written
from devtui.session.reload.restart_loops import RestartLoops, advice
from devtui.session.served_app import ServedApp
from devtui.session.state import State, StateMachine
from devtui.session.terminal.terminal_loan import TerminalLoan

# How long after a load the next generation's process is started ahead. At the start of the session
# the first frame is being drawn, and nobody has anything to save yet.
STANDBY_DELAY_SECONDS = 0.05
FIRST_STANDBY_DELAY_SECONDS = 0.3

# How long after that a head start begins: until then the standby imports, and the app answers.
HEAD_START_DELAY_SECONDS = 0.5

# How many of the files that are saved while the reloader is off are remembered.
MAX_OUTDATED = 100


class Reloader:
    """Replace one server process by the next whenever something asks for it, until it is closed.

    `settings` are those of the next process. They change by `move`, by `set_debug`, and when port 0
    becomes a real port. `closing` is true from `close` on; then no process is replaced.

    A request that comes during a replacement joins it: the load is abandoned, because it began
    before the newest change. A process that has the terminal may finish first.
    """

    def __init__(
        self,
        settings: Settings,
        bus: EventBus,
        machine: StateMachine,
        listener: Listener,
        generations: Generations,
        terminal: TerminalLoan,
        served: ServedApp,
    ) -> None:
        self.settings = settings
        self.closing = False
        self._bus = bus
        self._machine = machine
        self._listener = listener
        self._generations = generations
        self._terminal = terminal
        self._served = served
        self._loops = RestartLoops()
        self._wanted: Replacement | None = None
        self._underway: Replacement | None = None
        self._work = asyncio.Event()
        self._replacing = asyncio.Lock()
        bus.listen(self._on_load_ended, AppLoaded, AppFailed)
        bus.listen(self._on_serving, Serving)
        bus.listen(self._on_exit, ServerExited)

    @property
    def busy(self) -> bool:
        """Whether a replacement is wanted or underway."""
        wanted = self._wanted is not None or self._underway is not None
        return wanted or self._replacing.locked() or self._machine.state.loading

    def launch(self) -> None:
        """Bind the socket and start the first server process. Does not block, and needs no loop."""
        try:
            self.settings = self._listener.open(self.settings)
        except PortRefused as refusal:
            self._machine.to(State.PORT_BUSY, str(refusal))
        else:
            self._start_process()

    async def run(self) -> None:
        """Attach to the launched process, and carry out replacements until `close`."""
        self._generations.attach()
        while True:
            await self._work.wait()
            self._work.clear()
            if self.closing:
                return
            async with self._replacing:
                await self._replace()

    def close(self) -> None:
        """Make `run` return as soon as its current step is over."""
        self.closing = True
        self._work.set()

    def want(self, replacement: Replacement) -> None:
        """Ask for a replacement of the server process."""
        self._wanted = replacement.after(self._wanted)
        self._work.set()

    def try_again(self) -> None:
        """Try the taken port again, and serve."""
        if self._machine.state is State.PORT_BUSY:
            self._wanted = None  # an earlier request is part of this start, and not its cause
        self.want(Replacement("the port was tried again"))

    async def move(self, port: int) -> None:
        """Serve on another port. Raises `PortRefused` and changes nothing if that fails."""
        if self.settings.is_unix_socket:
            raise PortRefused("The app is served on a Unix socket, which has no port.", busy=False)
        wanted = self.settings.with_port(port)
        bound = await made_aside(partial(ports.bind, wanted), socket.socket.close)
        async with self._replacing:
            # Use the current settings: debug mode may have changed meanwhile.
            self.settings = self._listener.replace(bound, self.settings.with_port(port))
        self.want(Replacement(f"moved to port {self.settings.port}", sets="port"))

    def serve_app(self, app: str) -> None:
        """Serve another app from now on."""
        self.settings = structs.replace(self.settings, app=app)
        self._generations.discard_standby()  # it has imported the other app's libraries
        self.want(Replacement(f"{app} was chosen", sets="app"))

    def set_debug(self, on: bool) -> None:
        """Turn debug mode on or off, and restart the server."""
        self.settings = self.settings.with_debug(on)
        self.want(Replacement(f"debug {'on' if on else 'off'}", sets="debug"))

    def set_live(self, on: bool) -> None:
        """Note whether pages follow the saves."""
        self.settings = structs.replace(self.settings, live=on)

    def files_changed(self, paths: tuple[str, ...], raw_count: int) -> None:
        """Report the changed files, and reload if the settings allow it.

        `raw_count` is the number of notices that were merged.
        """
        self._bus.tell(FilesChanged(paths=paths, raw_count=raw_count))
        if not self.settings.reload:
            self._note_outdated(paths)
            return
        self._generations.head_starts.note_saved(paths)
        if self._machine.state is not State.PORT_BUSY:
            changed = Replacement("files changed", paths, raw_count=raw_count)
            changed.seen_ms = since_written(paths)
            if looping := self._loops.changed(paths):
                self._bus.warn(advice(looping))
            self.want(changed)

    def _note_outdated(self, paths: tuple[str, ...]) -> None:
        """Say, once for each load, that the running code is older than its files."""
        served = self._served
        if not served.outdated_by:
            name = os.path.basename(paths[0])
            self._bus.warn(f"{name} was saved, and the reloader is off: the running code is older.")
        served.outdated_by = tuple(dict.fromkeys([*served.outdated_by, *paths]))[:MAX_OUTDATED]

    def _on_load_ended(self, event: AppLoaded | AppFailed | ServerExited) -> None:
        if isinstance(event, AppFailed) and self._machine.state.answers:
            return  # it was loaded, and later its project's checks found an error
        if isinstance(event, AppLoaded):
            generations = self._generations
            generations.head_starts.note_loaded(event, warm=generations.from_standby)
        self._loops.loaded()
        if self._underway is not None:
            self._underway.loaded_ms = self._underway.elapsed_ms

    def _on_serving(self, event: Serving) -> None:
        replaced, self._underway = self._underway, None
        # Later: the first requests have waited for this, and need the processor more.
        delay = FIRST_STANDBY_DELAY_SECONDS if replaced is None else STANDBY_DELAY_SECONDS
        asyncio.get_running_loop().call_later(delay, self._start_standby)
        if replaced is not None:
            looping = self._loops.reloaded(replaced.paths)
            self._bus.tell(replaced.reloaded(self._generations, self._served, looping))

    def _on_exit(self, event: ServerExited) -> None:
        self._on_load_ended(event)
        if self.closing or (event.expected and self._machine.state is not State.FAILED):
            return
        self._underway = None  # an abandoned load is no part of the next
        # No process answers now. A refusal is more honest than to let clients wait.
        self._listener.close()

    async def _replace(self) -> None:
        """End the running server process, and start the next on the same socket."""
        if self._wanted is None:
            return
        await self._terminal.until_free()  # a save must not end a debugging session
        if self.closing:
            return
        if self._machine.state.answers:
            self._machine.to(State.RELOADING, self._wanted.cause)
        await self._stop_and_settle()
        if self.closing or not await self._listen() or self.closing:
            self._wanted = self._underway = None  # the next try is a separate replacement
            return
        replacement, self._wanted = self._wanted.after(self._underway), None
        if self._generations.number:  # else it is the first start, after the port was taken
            self._underway = replacement
        if not self._machine.state.loading:
            follows = State.RELOADING if self._machine.has_served else State.STARTING
            self._machine.to(follows, replacement.cause)
        self._start_process()
        self._generations.attach()

    async def _stop_and_settle(self) -> None:
        """End the running process, and give the changed files a moment to be finished."""
        why_cut = "cut by reload" if self._paths_wanted else "cut by restart"

        async def stop() -> float:
            await self._generations.stop(self.settings.grace, why_cut)
            return self._wanted.elapsed_ms if self._wanted is not None else 0.0

        stopping = asyncio.create_task(stop())
        await asyncio.sleep(0)  # send the order to stop before looking into files
        self._generations.expect_load()
        looked_at: tuple[str, ...] | None = None
        while looked_at != self._paths_wanted:
            looked_at = self._paths_wanted
            await settled(looked_at)
            stopped_ms = await stopping
        await self._generations.head_starts.answer()
        if self._wanted is not None:
            self._wanted.stopped_ms = stopped_ms

    @property
    def _paths_wanted(self) -> tuple[str, ...]:
        return () if self._wanted is None else self._wanted.paths

    async def _listen(self) -> bool:
        """Open the socket unless it is open. On failure set the state and return false."""
        if self._listener.is_open:
            return True
        try:
            opened = await self._listener.open_aside(self.settings)
        except PortRefused as refusal:
            self._machine.to(State.PORT_BUSY, str(refusal))
            return False
        # Debug mode may have changed meanwhile.
        self.settings = self.settings.with_port(opened.port)
        return True

    def _start_process(self) -> None:
        self._loops.loading()
        first, replaced = not self._machine.has_served, self._underway
        of_migrations = replaced is not None and any(map(_is_migration, replaced.paths))
        self._generations.start(self.settings, first=first, migrations=first or of_migrations)

    def _start_standby(self) -> None:
        if self.settings.reload and not self.closing and self._machine.state.answers:
            self._generations.start_standby(self.settings)
            asyncio.get_running_loop().call_later(HEAD_START_DELAY_SECONDS, self._start_ahead)

    def _start_ahead(self) -> None:
        if self.settings.reload and not self.closing and self._machine.state.answers:
            loaded = self._served.loaded
            if loaded is not None and self._served.failure is None:
                self._generations.start_head_start(self.settings, loaded.file)


def _is_migration(path: str) -> bool:
    """Whether this would be a migration in a Django project."""
    return "migrations" in path.split(os.sep)[-2:]  # the folder itself, if it is new
