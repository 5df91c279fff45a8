"""Werkzeug's server on the socket that the session bound."""

from __future__ import annotations

import selectors
import socket
import ssl
from typing import TYPE_CHECKING, Literal

from werkzeug.debug import DebuggedApplication
from werkzeug.serving import BaseWSGIServer, load_ssl_context, make_server

from devtui.events import Load
from devtui.server.capture import Recorder, ResponseTap
from devtui.server.handler import handler_for

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Serving:
    """Answers requests with one application until it is stopped.

    Raises `OSError` or `ssl.SSLError` where the certificate cannot be read.
    """

    def __init__(
        self,
        app: WSGIApplication,
        listener: int,
        load: Load,
        recorder: Recorder,
    ) -> None:
        self.pin: str | None = None
        if load.debugger:
            debugged = DebuggedApplication(app, evalex=True, pin_logging=False)
            self.pin = debugged.pin
            app = debugged
        self._recorder = recorder
        self._server: BaseWSGIServer = make_server(
            load.host,
            load.port,
            ResponseTap(app),
            threaded=load.threaded,
            request_handler=handler_for(recorder),
            ssl_context=_ssl_context(load),
            fd=listener,
        )
        self._stopped, self._stopper = socket.socketpair()

    def run(self) -> None:
        """Accept until `stop` is called, from another thread.

        This is socketserver's own loop, but it waits for the stop as well as for the next client;
        `serve_forever` would look for it every half second.
        """
        with selectors.DefaultSelector() as selector:
            selector.register(self._server, selectors.EVENT_READ)
            selector.register(self._stopped, selectors.EVENT_READ)
            while True:
                ready = {key.fileobj for key, _ in selector.select()}
                if self._stopped in ready:
                    break
                self._server._handle_request_noblock()  # type: ignore[attr-defined]
        # This closes our descriptor of the socket; the session's own goes on listening.
        self._server.server_close()

    def stop(self) -> None:
        """Make `run` return; requests in flight go on."""
        self._stopper.send(b"\0")

    def wait_until_idle(self, timeout: float) -> bool:
        """Wait for the requests in flight; false where some still run after `timeout` seconds."""
        return self._recorder.wait_until_idle(timeout)


def _ssl_context(load: Load) -> ssl.SSLContext | Literal["adhoc"] | None:
    if load.cert is None:
        return None
    if load.cert == "adhoc":
        return "adhoc"
    return load_ssl_context(load.cert, load.key)
