"""The server process: set up, wait for the order to load, serve, end."""

from __future__ import annotations

import atexit
import faulthandler
import os
import queue
import signal
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING

from devtui import envfiles
from devtui.events import AnyOrder, AppFailed, AppLoaded, Error, Load, LogWritten, Serving, Stop
from devtui.server import bytecode, errors, loader, output, own_code, tracebacks
from devtui.server.capture import Recorder
from devtui.server.channel import Channel
from devtui.server.deferred import deferred
from devtui.server.serving import Serving as Server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

# After the session is gone, what the process may still take before it and its children are killed.
LAST_SECONDS = 1.0

_LOAD_FAILED = 1


class ServerProcess:
    """One generation: loads the app once, serves it, and ends."""

    def __init__(self, channel: Channel, listener: int) -> None:
        self._channel = channel
        self._listener = listener
        self._loads: queue.SimpleQueue[Load] = queue.SimpleQueue()
        self._reporter = errors.ErrorReporter(channel)
        self._output = output.install(channel, self._reporter.logged)
        self._reporter.install_hooks()
        self._server: Server | None = None
        self._stopping = threading.Lock()
        self._alone = False  # the session is gone
        self._grace = 0.0

    def run(self) -> int:
        """Wait for the order to load, carry it out, and return the exit status."""
        threading.Thread(
            target=self._channel.run,
            args=(self._obey, self._abandoned, self._output.release_stale),
            name="devtui-channel",
            daemon=True,
        ).start()
        load = self._loads.get()
        app = self._load(load)
        if app is None:
            return self._ended(_LOAD_FAILED)
        try:
            server = self._serve(app, load)
        except (OSError, TypeError) as error:  # TypeError: adhoc without the library it needs
            self._failed(load, f"The certificate cannot be used: {error}", error, 0.0)
            return self._ended(_LOAD_FAILED)
        server.run()
        server.wait_until_idle(self._grace)
        return self._ended(0)

    def _load(self, load: Load) -> WSGIApplication | None:
        """The app; the app that shows the error; or None where nothing is to be served."""
        began = time.perf_counter()
        try:
            self._prepare(load)
            loaded = loader.load_app(load.app, load.folder)
            loader.apply_debug(loaded.app, load.debug)
        except (loader.AppNotFound, envfiles.EnvFileError) as error:
            return self._failed(load, str(error), error, _since(began))
        except BaseException as error:
            return self._failed(load, "", error, _since(began))
        self._channel.send(
            AppLoaded(
                generation=self._channel.generation,
                app=loaded.name,
                framework=loaded.framework,
                file=loaded.file,
                duration_ms=_since(began),
                module_count=len(sys.modules),
                sources=own_code.own_sources(),
            )
        )
        # Not around the deferred app: its error was told with the load, and is nobody's request's.
        return errors.ErrorTap(loaded.app, self._reporter)

    def _prepare(self, load: Load) -> None:
        """The environment that `flask run` gives an app, from the files that it reads."""
        os.environ["FLASK_RUN_FROM_CLI"] = "true"  # makes an unguarded app.run() do nothing
        os.environ["FLASK_DEBUG"] = "1" if load.debug else "0"
        if load.reload:
            # What werkzeug.serving.is_running_from_reloader looks at: apps start schedulers then.
            os.environ["WERKZEUG_RUN_MAIN"] = "true"
        found = envfiles.read(
            load.env_file, load.folder, os.environ, load_defaults=load.load_dotenv
        )
        os.environ.update(found.values)
        if found.notice:
            self._notice(found.notice)
        bytecode.install()

    def _failed(
        self, load: Load, message: str, error: BaseException, duration_ms: float
    ) -> WSGIApplication | None:
        found = isinstance(error, (loader.AppNotFound, envfiles.EnvFileError))
        described = tracebacks.describe(error)
        if found:  # nothing of the user's was raised: our own frames would tell nobody anything
            described = Error(exceptions=(), text=f"{message}\n")
        elif not message:
            message = f"{described.exceptions[0].type}: {described.exceptions[0].message}"
        self._channel.send(
            AppFailed(
                generation=self._channel.generation,
                reload=not load.first,
                message=message,
                error=described,
                duration_ms=duration_ms,
                sources=own_code.own_sources(),
            )
        )
        return None if load.first else deferred(error)

    def _serve(self, app: WSGIApplication, load: Load) -> Server:
        recorder = Recorder(self._channel, self._output)
        server = Server(app, self._listener, load, recorder)
        self._server = server
        self._channel.send(
            Serving(
                generation=self._channel.generation,
                url=load.url,
                pid=os.getpid(),
                pin=server.pin,
            )
        )
        return server

    def _notice(self, text: str) -> None:
        self._channel.send(
            LogWritten(
                generation=self._channel.generation,
                stream="log",
                logger="devtui",
                level="WARNING",
                text=text,
            )
        )

    def _obey(self, order: AnyOrder) -> None:
        if isinstance(order, Load):
            self._loads.put(order)
        elif isinstance(order, Stop):
            self._stop(order.grace_ms / 1000)

    def _stop(self, grace: float) -> None:
        if not self._stopping.acquire(blocking=False):
            return  # asked for already
        self._grace = grace
        if self._server is None:
            # It waits or is in mid-load: there is nothing to finish, and nobody to hear of it.
            self._ended(0)
            self.end_children()
            os._exit(0)
        self._server.stop()

    def _abandoned(self) -> None:
        """The session's end of the channel has closed: end, and take all children along."""
        self._alone = True
        self._stop(0.0)
        time.sleep(LAST_SECONDS)
        self.end_children()
        os._exit(1)

    def end_children(self) -> None:
        """Kill the process group, this process too, where no session is there to do it."""
        if self._alone and os.getpgrp() == os.getpid():
            os.killpg(os.getpid(), signal.SIGKILL)

    def _ended(self, status: int) -> int:
        self._output.release_all()
        self._channel.flush(LAST_SECONDS)
        return status


def _since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 3)


def main(channel_fd: int, listener_fd: int, generation: int) -> None:
    """Run a server process on what it inherited, and end with its status."""
    if os.getpgrp() != os.getpid():
        # A process group of its own: ctrl+c in the terminal is the dashboard's affair, and
        # whatever the app starts can be ended together with it.
        os.setpgid(0, 0)
    for fd in (channel_fd, listener_fd):
        # A program that the app starts must not keep the port open after us.
        os.set_inheritable(fd, False)
    faulthandler.enable(file=2)
    channel = Channel(socket.socket(fileno=channel_fd), generation)
    process = ServerProcess(channel, listener_fd)
    # What is registered first is called last: after whatever the app does at its exit.
    atexit.register(process.end_children)
    sys.exit(process.run())
