"""The server process: set up, wait for the order to load, serve, end."""

from __future__ import annotations

import atexit
import errno
import faulthandler
import os
import queue
import socket
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from devtui.events import (
    AnyOrder,
    FilesSaved,
    HeadStart,
    Load,
    LoadSoon,
    Preload,
    Serving,
    SetLive,
    StandbyUnfit,
    Stop,
    TellFiles,
    TerminalGranted,
    TerminalRefused,
)
from devtui.server.channel.channel import UNHEARD_SECONDS, Channel
from devtui.server.debugger.debugger import DebuggerNews
from devtui.server.django_project import background_checks
from devtui.server.errors import reporter
from devtui.server.exchange.exchange import Recorder
from devtui.server.guest import forks, process_group
from devtui.server.guest.clocks import clock
from devtui.server.guest.plain_signal import signal
from devtui.server.guest.reentrant import MadeOnce
from devtui.server.guest.threads import UnseenThread
from devtui.server.live.handover import Handover
from devtui.server.load import Loading
from devtui.server.output import output
from devtui.server.process_end import end
from devtui.server.process_start import Start
from devtui.server.serving.server import AppServer
from devtui.server.standby.import_trace import UnfitStandby
from devtui.server.terminal import hooks
from devtui.server.terminal.loan import Terminal

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from devtui.server.inspection.inspector import Inspector
    from devtui.server.standby.head_start import HeadStartLoad

# How long the process may live after the session is gone. Then it and its children are killed.
LAST_SECONDS = 1.0

# How long a load waits for an import that the standby has begun. The import may hang because it
# needs a fresh process.
HANG_SECONDS = 5.0

# How long after the app is served to import what only later requests need.
REST_SECONDS = 0.3

_LOAD_FAILED = 1
Waiting: TypeAlias = "tuple[Load, int] | LoadSoon | Preload | HeadStart"


class Generation:
    """One server process: load the app once, serve it, and end."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._start = Start.now()
        # The order to load comes with the listening socket's descriptor.
        self._orders: queue.SimpleQueue[Waiting] = queue.SimpleQueue()
        self._given: tuple[Load, int] | None = None
        self._head_start: HeadStartLoad | None = None
        self._has_to_load = False
        self._reporter = reporter.ErrorReporter(channel)
        self._loading = Loading(channel, self._reporter, self._start.environment)
        self._output = output.install(channel, self._reporter.logged)
        self._reporter.install_hooks()
        self._terminal = Terminal(channel.generation, channel.send, self._output.take_unfinished)
        hooks.install(self._terminal)
        self._reader = UnseenThread(
            lambda: channel.run(self._obey, self._abandoned, self._output.release_stale)
        )
        self._inspector = MadeOnce(self._make_inspector)
        self._handover = Handover(channel)
        self._server: AppServer | None = None
        self._stopping = threading.Lock()
        self._alone = False  # the session is gone
        self._grace = 0.0

    def run(self) -> int:
        """Wait for the order to load, carry it out, and return the exit status.

        A program that calls `devtui.run` may end with a status of its own, by `SystemExit`.
        """
        self._reader.start()
        load = self._next_load()
        self._reporter.keeping = load.debugger
        try:
            served = self._loading.run(load, self._serve, self._head_start)
        except UnfitStandby as unfit:
            self._begin_again(str(unfit))
        finally:
            self._end()
        return 0 if served else _LOAD_FAILED

    def _serve(self, app: WSGIApplication) -> None:
        """Serve until the order to stop. Raise `SystemExit` if the app cannot be served."""
        given = self._given if self._head_start is None else self._head_start.order
        assert given is not None, "nothing is served before the order to load"
        load, listener = given
        try:
            server = self._server_for(app, load, listener)
        except Exception as error:  # raised by the library for adhoc, or by the user's module
            self._cannot_serve(load, error)
            raise SystemExit(_LOAD_FAILED) from error
        server.run()
        server.wait_until_idle(self._grace)

    def _next_load(self) -> Load:
        """Wait for the order to load or to begin; import ahead if ordered."""
        while not isinstance(order := self._orders.get(), (tuple, HeadStart)):
            if isinstance(order, Preload):
                self._loading.warm(order, interrupted=lambda: self._has_to_load)
            else:
                self._loading.look()
        if isinstance(order, HeadStart):
            from devtui.server.standby.head_start import HeadStartLoad  # few loads have one

            self._head_start = HeadStartLoad(order, self._start, self._orders.get, self._channel)
            return order.load
        self._given = order
        return order[0]

    def _begin_again_if_hung(self, name: str) -> None:
        clock.sleep(HANG_SECONDS)
        if self._loading.importing_ahead == name:
            self._begin_again(f"{name} could not be imported ahead in {HANG_SECONDS:g} s")

    def _begin_again(self, reason: str) -> NoReturn:
        """Become a fresh process: same pid, channel and generation, nothing imported.

        The session answers the event with the order to load, for the new interpreter.
        """
        self._output.release_all()
        # The fresh program must read the answer.
        self._channel.leave_unread()
        self._reader.join()
        self._channel.send(StandbyUnfit(reason=reason))
        self._channel.flush(LAST_SECONDS)
        # Whatever the user's code has started must not meet its second start.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if os.getpgrp() == os.getpid():
            os.killpg(os.getpid(), signal.SIGTERM)
        self._start.restore_signals()
        os.umask(self._start.umask)
        os.chdir(self._start.folder)
        os.set_inheritable(self._channel.fileno(), True)
        # Our own command line; no shell reads it.
        os.execve(  # noqa: S606
            sys.executable, [sys.executable, *sys.orig_argv[1:]], self._start.environment
        )

    def _server_for(self, app: WSGIApplication, load: Load, listener: int) -> AppServer:
        forks.end_if_forked()  # the app may have forked while it loaded
        recorder = Recorder(self._channel, self._output, self._loading.tracing, load.send_token)
        news = DebuggerNews(self._channel.send)
        kept, reporter = self._channel.kept, self._reporter
        server = AppServer(app, listener, kept, load, recorder, reporter, news, self._handover)
        self._server = server
        self._channel.send(Serving(url=load.url, pid=os.getpid()))
        UnseenThread(lambda: self._get_the_rest(server)).start()

        def fail(error: Exception) -> None:
            server.serve_instead(self._loading.failed_after_all(load, error))

        background_checks.start(app, load, self._channel.send, fail)
        return server

    def _cannot_serve(self, load: Load, error: Exception) -> None:
        if not self._channel.is_whole:
            clock.sleep(UNHEARD_SECONDS)  # the session reports it and ends this process
        if isinstance(error, OSError) and error.errno in (errno.EBADF, errno.ENOTSOCK):
            why = (
                f"The app has closed the socket that devtui serves it on ({error}). "
                "Have it close only what it has opened itself."
            )
        elif load.cert is None:
            why = f"The app cannot be served: {error}"
        else:
            why = f"The certificate cannot be used: {error}"
        self._loading.failed(load, error, 0.0, why)

    def _make_inspector(self) -> Inspector:
        from devtui.server.inspection.inspector import Inspector

        return Inspector(self._channel, self._reporter.kept, lambda: self._server)

    def _get_the_rest(self, server: AppServer) -> None:
        """Import what is needed later, after the first requests were answered.

        Nobody waits for it then. Later may be too late: in an app that has used up all descriptors
        no module can be read.
        """
        clock.sleep(REST_SECONDS)
        with suppress(ImportError, OSError):  # the app's doing; the next use will raise it again
            from devtui.server.guest.held_calls import held_calls

            if (calls := held_calls()) is not None:
                self._channel.pending.hold_interpreter(calls)
                server.hold_interpreter(calls)
            self._inspector()
            if server.debugger is not None:
                server.debugger.ready()

    def _obey(self, order: AnyOrder, descriptor: int | None) -> None:
        load = order.load if isinstance(order, Preload) else order
        if isinstance(load, Load) and load.keep_all:
            self._channel.keep_all()
        if isinstance(order, (Load, Preload)):
            self._output.look_for_colours(self._start.environment)
        if isinstance(order, Load):
            assert descriptor is not None, "this order comes with the listening socket"
            self._has_to_load = True
            self._orders.put((order, descriptor))
            if name := self._loading.importing_ahead:
                UnseenThread(lambda: self._begin_again_if_hung(name)).start()
        elif isinstance(order, (LoadSoon, Preload, HeadStart)):
            self._orders.put(order)
        elif isinstance(order, Stop):
            self._stop(order.grace_ms / 1000)
        elif isinstance(order, TellFiles):
            self._loading.tell_files()
        elif isinstance(order, FilesSaved):
            from devtui.server.django_project import templates  # only a Django project needs it

            templates.saved(order.paths)
        elif isinstance(order, SetLive):
            self._handover.obey(order, descriptor)
        elif isinstance(order, (TerminalGranted, TerminalRefused)):
            refusal = order.reason if isinstance(order, TerminalRefused) else None
            self._terminal.answer(order.ask_id, refusal)
        else:
            self._inspector().obey(order)

    def _stop(self, grace: float) -> None:
        if not self._stopping.acquire(blocking=False):
            return  # asked for already
        self._grace = grace
        if self._server is None:
            # The process waits, or is in the middle of a load: there is nothing to finish.
            self._end()
            self.end_children()
            os._exit(0)
        self._server.stop()

    def _abandoned(self) -> None:
        """End with all children, because the session has closed its end of the channel."""
        self._alone = True
        self._stop(0.0)
        clock.sleep(LAST_SECONDS)
        self.end_children()
        os._exit(1)

    def end_children(self) -> None:
        """Kill the process group, including this process, if the session is gone."""
        if self._alone and os.getpgrp() == os.getpid():
            os.killpg(os.getpid(), signal.SIGKILL)

    def _end(self) -> None:
        """Send all pending output and events."""
        self._output.release_all()
        self._channel.flush(LAST_SECONDS)


def main(channel_fd: int, generation: int) -> None:
    """Run a server process on the channel that it inherited, and end with its status."""
    if os.getsid(0) != os.getpid():
        # Lead a session: ctrl+c in the terminal must reach only the dashboard, and whatever the app
        # starts can be ended with it.
        os.setsid()
    process_group.allow_what_is_so()
    os.set_inheritable(channel_fd, False)
    faulthandler.enable(file=2)
    channel = Channel(socket.socket(fileno=channel_fd), generation)
    process = Generation(channel)
    # Registered first, so called last, after the app's own functions.
    atexit.register(process.end_children)
    end(process.run())
