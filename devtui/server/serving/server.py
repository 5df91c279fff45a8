"""Werkzeug's server on the socket that the session bound."""

from __future__ import annotations

import codecs
import errno
import importlib.metadata
import os
import selectors
import socket
import ssl
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from werkzeug.serving import load_ssl_context
from werkzeug.utils import import_string

from devtui.events import Load
from devtui.server.channel.channel import UNHEARD_SECONDS
from devtui.server.debugger.debugger import TrustedHosts
from devtui.server.exchange import middleware
from devtui.server.exchange.exchange import Profile, Recorder
from devtui.server.guest import forks
from devtui.server.guest.clocks import clock
from devtui.server.guest.descriptors import OwnSocket
from devtui.server.guest.threads import UnseenThread
from devtui.server.keepalive.connections import Server, Turns
from devtui.server.keepalive.shelf import Shelf
from devtui.server.keepalive.threaded_server import ThreadedServer
from devtui.server.live.insertion import InsertScript
from devtui.server.serving.handler import handler_for

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from devtui.server.channel.received_orders import Kept
    from devtui.server.debugger.debugger import DebuggerNews
    from devtui.server.errors.reporter import ErrorReporter
    from devtui.server.guest.descriptors import OwnFile
    from devtui.server.guest.held_calls import HeldCalls
    from devtui.server.live.handover import Handover

# When the server stops: how long after it was accepted a connection may take to become a request.
HEAD_SECONDS = 0.1

# When the server stops: how long a connection with a response may take to be left to the next one.
LEAVE_SECONDS = 0.1


def prepare() -> None:
    """Import what a server needs, before anybody waits for it."""
    codecs.lookup("idna")  # to bind its address
    importlib.metadata.version("werkzeug")  # for the header `Server`; fills a cache of folders


class AppServer:
    """Serve one application until `stop`. It owns the listener.

    `news` receives news of the debugger. `handover` answers the script that follows saves. Raise
    `OSError` or `ssl.SSLError` if the certificate cannot be read.
    """

    def __init__(
        self,
        app: WSGIApplication,
        listener: int,
        kept: Kept,
        load: Load,
        recorder: Recorder,
        reporter: ErrorReporter,
        news: DebuggerNews,
        handover: Handover,
    ) -> None:
        self._wrap = partial(middleware.around, load=load, reporter=reporter, news=news)
        self._handover = handover
        handover.hosts = TrustedHosts((load.host, *load.trusted_hosts))
        wrapped, self.debugger = self._wrap(app)
        self.app, self.recorder = app, recorder
        recorder.profiling = _profile
        self._server = (ThreadedServer if load.threaded else Server)(
            load.host,
            load.port,
            InsertScript(wrapped, handover),
            handler_for(recorder, handover),
            ssl_context=_ssl_context(load, kept.made_up),
            fd=listener,
        )
        os.close(listener)  # the server has a copy
        # A fork that outlives us must not keep the port.
        os.register_at_fork(after_in_child=OwnSocket(self._server.socket).let_go)
        if isinstance(self._server.socket, ssl.SSLSocket):
            # Do the handshake in the client's thread. In `accept`, the default, a silent client
            # would keep all others waiting.
            self._server.socket.do_handshake_on_connect = False  # type: ignore[attr-defined]
        if self._server.idle is not None and kept.shelf:
            self._server.idle.shelf = Shelf(kept.shelf)
        self._asked = False
        self._stopped, self._stopper = socket.socketpair()

    def run(self) -> None:
        """Accept clients until another thread calls `stop`.

        This waits for a stop and for clients together, while socketserver's `serve_forever` checks
        for a stop every half second.
        """
        turns = Turns(self._server.fileno(), self._server.connections)
        if not self._server.multithread:
            UnseenThread(turns.watch).start()
        with selectors.DefaultSelector() as selector:
            selector.register(self._server, selectors.EVENT_READ)
            selector.register(self._stopped, selectors.EVENT_READ)
            idle = self._server.idle
            if idle is not None:
                idle.stopped = self._stopped
                idle.begin(selector)
            with suppress(KeyboardInterrupt):  # SIGINT ends it, as it ends Werkzeug's server
                self._accept(selector)
            if idle is not None:
                idle.end(HEAD_SECONDS)
        turns.over = True
        # This closes our descriptor of the socket; the session's own goes on listening.
        self._server.server_close()

    def _accept(self, selector: selectors.BaseSelector) -> None:
        idle = self._server.idle
        while True:
            patience = None if idle is None else idle.patience()
            try:
                ready = {key.fileobj for key, _ in selector.select(patience)}
            except OSError as error:
                if error.errno not in (errno.EBADF, errno.EINVAL):
                    raise  # a signal handler of the app has raised it
                # The app has closed the selector's descriptor.
                ready = {self._stopped, self._server}
            forks.stay_out(selector.close)
            if self._stopped in ready and self._is_over():
                break
            if self._server in ready:
                self._server._handle_request_noblock()  # type: ignore[attr-defined]
            if idle is not None:
                idle.turn(ready)

    def serve_instead(self, app: WSGIApplication) -> None:
        """Serve another app from the next request on."""
        wrapped, self.debugger = self._wrap(app)
        self._server.app = InsertScript(wrapped, self._handover)

    def hold_interpreter(self, calls: HeldCalls) -> None:
        """Keep the interpreter's lock while a request is read and answered, from now on."""
        self._server.connections.held = calls

    def stop(self) -> None:
        """Make `run` return. Requests in flight continue."""
        self._asked = True
        if self._server.idle is not None:
            self._server.idle.stops = True
        self._stopper.send(b"\0")

    def _is_over(self) -> bool:
        """Whether `stop` was called, or the app has closed the descriptor that it needs.

        An app that closes this one has closed the channel too. The session then tells the user and
        ends the process.
        """
        if self._asked:
            return True
        try:
            written = self._stopped.recv(4096)
        except OSError:
            written = b""
        if not written:
            clock.sleep(UNHEARD_SECONDS)
        return not written

    def wait_until_idle(self, timeout: float) -> bool:
        """Wait for the requests in flight; return false if some still run after `timeout`."""
        end = clock.monotonic() + timeout
        # The head of an accepted connection may be unread.
        self._server.connections.wait_for_heads(min(HEAD_SECONDS, timeout))
        self._server.connections.wait_until_read(end - clock.monotonic())
        is_idle = self.recorder.wait_until_idle(max(0.0, end - clock.monotonic()))
        if not is_idle:
            self._handover.unanswered.cut()
        if not is_idle or self._server.connections.wait_until_left(LEAVE_SECONDS):
            return is_idle
        # A next request was read just when the stop came.
        return self.recorder.wait_until_idle(max(0.0, end - clock.monotonic()))


def _profile(request_id: str) -> Profile:
    from devtui.server.profiling.request_profile import RequestProfile  # seldom asked for

    return RequestProfile(request_id)


def _ssl_context(load: Load, made_up: OwnFile | None) -> ssl.SSLContext | None:
    if load.cert is None:
        return None
    if load.cert == "adhoc":
        from devtui.server.serving.adhoc_certificate import adhoc_context  # few sessions need it

        return adhoc_context(made_up)
    if os.path.isabs(load.cert):
        return load_ssl_context(load.cert, load.key)
    # Like Flask, accept the import name of a user's object, with a colon too.
    context = import_string(load.cert)
    if not isinstance(context, ssl.SSLContext):
        kind = type(context).__name__
        raise TypeError(f"{load.cert} is not an ssl.SSLContext, but of type {kind}")
    return context
