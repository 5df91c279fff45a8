"""One server process after another on one listening socket."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Callable

from devtui.config.settings import Settings
from devtui.events import (
    AnyEvent,
    DebuggerReady,
    ImportsTraced,
    Load,
    LoadSoon,
    Order,
    PinAttempted,
    Preload,
    ServerExited,
    ServerStarted,
    Serving,
    SetLive,
    StandbyUnfit,
)
from devtui.session.debugger_pin import LOCKED, MAX_FAILED, DebuggerPin
from devtui.session.event_bus import EventBus
from devtui.session.processes.head_starts import Ahead, HeadStarts, size_of
from devtui.session.processes.listener import Listener
from devtui.session.processes.load_order import load_order
from devtui.session.processes.server_process import ServerProcess
from devtui.session.processes.spawn import Interpreter
from devtui.session.processes.strays import Leftovers
from devtui.session.processes.working_folder import WorkingFolder
from devtui.session.terminal.app_tty import AppTty

NOTHING_YET = "no process had been started ahead yet"
UNWANTED = "devtui was started with --no-standby"


class Generations:
    """Start the next server process, end the running one, and number them from 1.

    They publish their events on the bus. `number` is that of the current one, 0 before the first.
    An `interpreter` that runs already becomes the first. `from_standby` says whether the current
    one was a standby, and `stepped_back` why not all of its libraries were imported ahead. `pin`
    unlocks its debugger in the browser; it is None if there is no debugger, or if the debugger
    needs none. By `send_token` all of them know the requests that the session sends itself.
    """

    def __init__(
        self, bus: EventBus, listener: Listener, interpreter: Interpreter | None = None
    ) -> None:
        self.number = 0
        self.pin: str | None = None
        self.from_standby = False
        self.stepped_back = ""
        self.send_token = os.urandom(16).hex()
        self.ahead = Ahead()
        self._bus = bus
        self._listener = listener
        self._interpreter = interpreter  # for the first process
        self._process: ServerProcess | None = None
        self._load: Load | None = None
        self._debugger_pin = DebuggerPin()
        self._standby: ServerProcess | None = None
        self._spare: ServerProcess | None = None  # a standby that a head start has replaced
        self.head_starts = HeadStarts(bus.publish)
        self._unwanted = False  # the standby was discarded, and the cause of the reload says so
        self._traced: ImportsTraced | None = None
        self._leftovers = Leftovers()
        self._folder = WorkingFolder()
        self._live: tuple[Callable[[], SetLive], socket.socket] | None = None
        bus.listen(self._on_traced, ImportsTraced)
        bus.listen(self._on_unfit, StandbyUnfit)
        bus.listen(self._on_serving, Serving)
        bus.listen(self._on_debugger, DebuggerReady)
        bus.listen(self._on_pin, PinAttempted)
        bus.listen(self._on_exit, ServerExited)
        bus.keep_private(ImportsTraced)
        bus.keep_private(StandbyUnfit)
        bus.keep_private(DebuggerReady, lambda: self._debugger_pin.is_news)

    @property
    def pid(self) -> int | None:
        """The id of the current server process."""
        return None if self._process is None else self._process.pid

    @property
    def running(self) -> int:
        """The number of requests that run in the current server process."""
        return 0 if self._process is None else self._process.running

    @property
    def tty(self) -> AppTty | None:
        """The terminal of the current server process."""
        return None if self._process is None else self._process.tty

    @property
    def standby_pid(self) -> int | None:
        """The id of the standby process."""
        return None if self._standby is None else self._standby.pid

    def start(self, settings: Settings, *, first: bool, migrations: bool = False) -> None:
        """Start the next server process on the open listener, and order it to load the app.

        With `migrations` a Django project says which ones are not applied.

        If the event loop does not run yet, call `attach` when it does.
        """
        self.number += 1
        waiting = [self.standby_pid, self.head_starts.pid]
        self.ahead = Ahead(size_bytes=sum(size_of(pid) for pid in waiting if pid))
        if self._folder.enter() and self._standby is not None:
            self.discard_standby()  # its working folder is the one that was replaced
        pin = self._debugger_pin.for_load()
        self._load = load_order(
            settings, first=first, pin=pin, send_token=self.send_token, migrations=migrations
        )
        ahead = self.head_starts.take(self._load)
        if ahead is not None:
            self._spare, self._standby = self._standby, None  # ending it now would take time
        standby, self._standby = ahead or self._standby, None
        self.from_standby = standby is not None and standby.alive
        self.stepped_back = self._why_not_all() if self.head_starts.used is None else ""
        if standby is None and self._traced is not None and not self._unwanted and settings.reload:
            self.stepped_back = NOTHING_YET if settings.standby else UNWANTED
        self._unwanted = False
        if standby is not None and not self.from_standby:
            self.stepped_back = "the process that was started ahead has ended"
            standby.discard()
        self._process = (
            standby
            if standby and self.from_standby
            else self._new_process(settings, self._bus.publish)
        )
        self.pin = None
        self._bus.tell(ServerStarted(pid=self._process.pid, python=settings.python or ""))
        self.head_starts.release()
        self._give_load(self._process, self._load)

    def attach(self) -> None:
        """Attach to the started process, on the running event loop."""
        if self._process is not None and self.head_starts.used is None:
            self._process.attach()

    def start_standby(self, settings: Settings) -> None:
        """Start the standby process, unless there is one or the user wants none."""
        self._discard_spare()
        if self._standby is not None or self._traced is None or not settings.standby:
            return
        self._folder.enter()
        self._standby = self._new_process(settings, self._bus.publish, ahead=1)
        self._standby.send(self._preload(settings, self._traced))

    def start_head_start(self, settings: Settings, entry: str) -> None:
        """Begin the next load ahead, if that is worth it; `entry` is the app's file."""
        traced = self._traced
        if self._standby is None or traced is None or settings.main is not None:
            return  # without a standby there would be nothing to fall back on
        if self.head_starts.is_worth_it(entry, self.pid, traced):
            self.head_starts.begin(
                lambda publish: self._new_process(settings, publish, ahead=1),
                self._preload(settings, traced),
                lambda: self.start_head_start(settings, entry),
            )

    def _preload(self, settings: Settings, traced: ImportsTraced) -> Preload:
        load = load_order(settings, first=False, pin=None, send_token=self.send_token)
        return Preload(load=load, roots=traced.roots, search_path=traced.search_path)

    def expect_load(self) -> None:
        """Tell the standby process that its load comes soon, so that it can check what it holds."""
        if self._standby is not None:
            self._standby.send(LoadSoon())
        self.head_starts.expect_load()

    def discard_standby(self) -> None:
        """End the standby process, so that the next generation starts from nothing."""
        self._unwanted = True
        self._discard_spare()
        self.head_starts.discard()
        if self._standby is not None:
            self._standby.discard()
            self._standby = None

    def _discard_spare(self) -> None:
        if self._spare is not None:
            self._spare.discard()
            self._spare = None

    def send(self, order: Order) -> bool:
        """Give the current process an order; return false if there is none."""
        if self._process is None:
            return False
        self._process.send(order)
        return True

    def set_live(self, order: Callable[[], SetLive], sender: socket.socket) -> None:
        """Give this order to the current process and to each later one, with the socket."""
        self._live = order, sender
        if self._process is not None:
            self._process.send(order(), sender.fileno())

    def _give_load(self, process: ServerProcess, load: Load) -> None:
        if self._live is not None:
            order, sender = self._live
            process.send(order(), sender.fileno())
        process.load(load, self._listener.descriptors)

    def expect_end(self, why_cut: str) -> None:
        """Report the end of the current process as expected; `why_cut` is for its requests."""
        if self._process is not None:
            self._process.expect_end(why_cut)

    async def stop(self, grace: float, why_cut: str) -> None:
        """End the current process, if there is one; requests have `grace` seconds to finish."""
        if self._process is not None:
            self._leftovers.note(self._process.pid)
            await self._process.stop(grace, why_cut)

    async def end_leftovers(self) -> None:
        """End what the app started that has left the process group of its server process."""
        await asyncio.to_thread(self._leftovers.end)

    def kill(self) -> None:
        """Kill all processes and what they started, without an event loop: the last resort.

        Processes that have left the group are ended only if the server process still ran.
        """
        self.discard_standby()
        if self._interpreter is not None:
            self._interpreter.discard()
        if self._process is not None:
            self._leftovers.note(self._process.pid)
            self._process.kill()
            self._leftovers.end()

    def _new_process(
        self, settings: Settings, publish: Callable[[AnyEvent], None], ahead: int = 0
    ) -> ServerProcess:
        interpreter, self._interpreter = self._interpreter, None
        if interpreter is None:
            environment = dict(settings.environment) or dict(os.environ)
            interpreter = Interpreter(self.number + ahead, environment, sys.argv, settings.python)
        pipes, server = (interpreter.stdout, interpreter.stderr), interpreter.child.pid
        self._leftovers.watch(*pipes, session=server)
        return ServerProcess(interpreter, publish)

    def _why_not_all(self) -> str:
        if self._traced is None or not self.from_standby:
            return ""
        changed, reason = self._traced.changed, self.head_starts.reason
        why = [f"the app changes {changed} while it loads"] if changed else []
        if reason:
            why.append(f"the load could not begin ahead: {reason}")
        return "; ".join(why)

    def _on_traced(self, event: ImportsTraced) -> None:
        if self.from_standby and event.ahead == 0:
            self.stepped_back = _why_nothing(self._traced) or self.stepped_back
        self.ahead.note(event, self.head_starts.used)
        self._traced = event

    def _on_unfit(self, event: StandbyUnfit) -> None:
        self.from_standby, self.head_starts.used = False, None
        self.stepped_back = event.reason
        if self._process is not None and self._load is not None:
            self._give_load(self._process, self._load)

    def _on_serving(self, event: Serving) -> None:
        # The debugger is made a little later, and reports its PIN then.
        has_debugger = self._load is not None and self._load.debugger
        self.pin = self._debugger_pin.in_use if has_debugger else None

    def _on_debugger(self, event: DebuggerReady) -> None:
        self.pin = event.pin
        self._debugger_pin.ready(event)

    def _on_pin(self, event: PinAttempted) -> None:
        self._debugger_pin.attempted(event)
        if event.failed_count == MAX_FAILED:
            self._bus.warn(LOCKED)

    def _on_exit(self, event: ServerExited) -> None:
        self._process = None


def _why_nothing(traced: ImportsTraced | None) -> str:
    """Return why nothing was imported ahead in a process that was started ahead."""
    if traced is None or not traced.roots:
        return ""  # there was nothing to import
    return "the reload came before anything was imported ahead"
