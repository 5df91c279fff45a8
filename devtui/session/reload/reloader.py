"""The reloader: has the server process replaced by the next one, as soon as that is wanted."""

from __future__ import annotations

import asyncio

from devtui.config.settings import Settings
from devtui.events import AppFailed, AppLoaded, FilesChanged, ServerExited, Serving
from devtui.ports import bind as ports
from devtui.ports.bind import PortRefused
from devtui.session.event_bus import EventBus
from devtui.session.processes.generations import Generations
from devtui.session.processes.listener import Listener
from devtui.session.reload.half_written import settled
from devtui.session.reload.replacement import Replacement, since_written
from devtui.session.reload.restart_loops import RestartLoops, advice
from devtui.session.served_app import ServedApp
from devtui.session.state import State, StateMachine
from devtui.session.terminal.terminal_loan import TerminalLoan

# How long after a load the next generation's process is started ahead: at the start of the session
# the first frame is being made, and nobody has anything to save yet.
STANDBY_DELAY_SECONDS = 0.05
FIRST_STANDBY_DELAY_SECONDS = 0.3


class Reloader:
    """Replaces one server process by the next, for what is wanted of it, until it is closed.

    `settings` are those of the next process: they change by `move` and `set_debug`, and by port 0
    becoming another. `closing` is true from `close` on; then nothing is replaced any more.

    What is wanted while a replacement is underway is done in one with it: its load is abandoned,
    since it began before the newest change. A process that has the terminal is let finish first.
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

    def launch(self) -> None:
        """Bind the socket and start the first server process. Does not block, and needs no loop."""
        try:
            self.settings = self._listener.open(self.settings)
        except PortRefused as refusal:
            self._machine.to(State.PORT_BUSY, str(refusal))
        else:
            self._start_process()

    async def run(self) -> None:
        """Hear the process that was launched, and replace what is to be replaced until `close`."""
        self._generations.attach()
        while True:
            await self._work.wait()
            self._work.clear()
            if self.closing:
                return
            async with self._replacing:
                await self._replace()

    def close(self) -> None:
        """Make `run` return, once what it is at can be left."""
        self.closing = True
        self._work.set()

    def want(self, replacement: Replacement) -> None:
        """Have the server process replaced."""
        self._wanted = replacement.after(self._wanted)
        self._work.set()

    def try_again(self) -> None:
        """Have the port after all, where it could not be had, and serve."""
        if self._machine.state is State.PORT_BUSY:
            self._wanted = None  # what was wanted then is part of this start, and not its cause
        self.want(Replacement("the port was tried again"))

    async def move(self, port: int) -> None:
        """Serve on another port. Raises `PortRefused`, and then everything stays as it was."""
        if self.settings.is_unix_socket:
            raise PortRefused("The app is served on a Unix socket, which has no port.", busy=False)
        bound = await asyncio.to_thread(ports.bind, self.settings.with_port(port))
        async with self._replacing:
            # Of the settings as they are now: debug mode may have been changed meanwhile.
            self.settings = self._listener.replace(bound, self.settings.with_port(port))
        self.want(Replacement(f"moved to port {self.settings.port}"))

    def set_debug(self, on: bool) -> None:
        """Turn debug mode on or off, and serve with that."""
        self.settings = self.settings.with_debug(on)
        self.want(Replacement(f"debug {'on' if on else 'off'}"))

    def files_changed(self, paths: tuple[str, ...], raw_count: int) -> None:
        """Tell of the changed files, and reload, where the settings say so.

        `raw_count` is how many notices of changes are merged in them.
        """
        if not self.settings.reload:
            return
        self._bus.tell(FilesChanged(paths=paths, raw_count=raw_count))
        if self._machine.state is not State.PORT_BUSY:
            changed = Replacement("files changed", paths, raw_count=raw_count)
            changed.seen_ms = since_written(paths)
            if looping := self._loops.changed(paths):
                self._bus.warn(advice(looping))
            self.want(changed)

    def _on_load_ended(self, event: AppLoaded | AppFailed | ServerExited) -> None:
        self._loops.loaded()
        if self._underway is not None:
            self._underway.loaded_ms = self._underway.elapsed_ms

    def _on_serving(self, event: Serving) -> None:
        replaced, self._underway = self._underway, None
        # Not at once: the first requests have waited for this, and want the processor more.
        delay = FIRST_STANDBY_DELAY_SECONDS if replaced is None else STANDBY_DELAY_SECONDS
        asyncio.get_running_loop().call_later(delay, self._start_standby)
        if replaced is not None:
            looping = self._loops.reloaded(replaced.paths)
            self._bus.tell(replaced.reloaded(self._generations, self._served, looping))

    def _on_exit(self, event: ServerExited) -> None:
        self._on_load_ended(event)
        if self.closing or (event.expected and self._machine.state is not State.FAILED):
            return
        self._underway = None  # a load that it was at is no part of the next
        # Nothing is there to answer: to refuse is more honest than to let clients wait.
        self._listener.close()

    async def _replace(self) -> None:
        """End the server process that runs, and start the next on the same socket."""
        if self._wanted is None:
            return
        await self._terminal.until_free()  # a save must not end a debugging session
        if self.closing:
            return
        if self._machine.state.answers:
            self._machine.to(State.RELOADING, self._wanted.cause)
        await self._stop_and_settle()
        if self.closing or not await self._listen() or self.closing:
            self._wanted = self._underway = None  # what is tried next is another matter
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
        """End the process that runs, while the changed files get a moment to be finished."""
        why_cut = "cut by reload" if self._paths_wanted else "cut by restart"

        async def stop() -> float:
            await self._generations.stop(self.settings.grace, why_cut)
            return self._wanted.elapsed_ms if self._wanted is not None else 0.0

        stopping = asyncio.create_task(stop())
        await asyncio.sleep(0)  # the order to stop goes out before files are looked into
        self._generations.expect_load()
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

    async def _listen(self) -> bool:
        """Have a listening socket; false where there is none to have, and then the state tells."""
        if self._listener.is_open:
            return True
        try:
            opened = await self._listener.open_aside(self.settings)
        except PortRefused as refusal:
            self._machine.to(State.PORT_BUSY, str(refusal))
            return False
        # Debug mode may have been changed meanwhile.
        self.settings = self.settings.with_port(opened.port)
        return True

    def _start_process(self) -> None:
        self._loops.loading()
        self._generations.start(self.settings, first=not self._machine.has_served)

    def _start_standby(self) -> None:
        if self.settings.reload and not self.closing and self._machine.state.answers:
            self._generations.start_standby(self.settings)
