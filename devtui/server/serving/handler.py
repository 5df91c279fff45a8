"""Werkzeug's request handler, told to keep each request as data instead of a line of text."""

from __future__ import annotations

import io
import logging
import selectors
import threading
import time
from typing import TYPE_CHECKING, Any, ClassVar

from werkzeug import serving
from werkzeug._internal import _ColorStreamHandler
from werkzeug.serving import WSGIRequestHandler

from devtui.events import Headers
from devtui.server.output import request_context
from devtui.server.serving.chunked import dechunked
from devtui.server.serving.client_wait import Reader, Writer
from devtui.server.serving.connections import Server
from devtui.server.serving.exchange import Exchange, Recorder

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_LOGGER = logging.getLogger("werkzeug")


class _Nowhere:
    """Takes what is written, and forgets it."""

    def take(self, data: bytes) -> None:
        """Some bytes were written."""


_NOWHERE = _Nowhere()

# The first two bytes of every TLS connection: a handshake record of version 3.
_TLS = b"\x16\x03"


class _BadTarget(Exception):
    """The target is no URL that can be taken apart, such as `//[`."""


class _Thread(threading.local):
    expected = True


_thread = _Thread()


class _Nothing:
    """In place of a selector of one connection: there is nothing to read there."""

    def register(self, connection: Any, events: int) -> None:
        """There is nothing to look at."""

    def select(self, timeout: float | None = None) -> tuple[()]:
        """What can be read."""
        return ()

    def close(self) -> None:
        """There is nothing to close."""


class _Selectors:
    """What Werkzeug's server uses of the module `selectors`.

    After each response Werkzeug waits up to 10 ms, with an epoll of its own, for what the client
    still sends, and reads it away. A request without a body has nothing left to come, and so
    nothing is waited for: a client that reads to the end of the connection gets it that much
    earlier, and the thread is free for the next.
    """

    EVENT_READ = selectors.EVENT_READ

    @staticmethod
    def DefaultSelector() -> Any:
        """A selector for the thread that has just answered a request."""
        return selectors.DefaultSelector() if _thread.expected else _Nothing()


def expect_body(body: bool) -> None:
    """Say of the request that this thread answers now whether it was announced with a body."""
    _thread.expected = body


serving.selectors = _Selectors  # type: ignore[assignment,attr-defined]


class CapturingHandler(WSGIRequestHandler):
    """One connection, one request: Werkzeug closes the connection after each response."""

    server: Server
    wfile: Writer  # type: ignore[assignment]
    recorder: Recorder  # set by `handler_for`
    _body_stream: io.BufferedIOBase
    _exchange: Exchange | None = None
    _date: ClassVar[tuple[int, str]] = (0, "")

    def setup(self) -> None:
        """Have it known when the connection waits for its client."""
        super().setup()
        self._waiting = self.server.connections.waiting(self.connection)
        self.wfile = Writer(self.wfile, self._waiting)

    def run_wsgi(self) -> None:
        """Answer one request whose head was read."""
        if self._waiting.cut:
            return  # we have closed it in mid-head: what was read is not what was asked for
        self._waiting.end_head()
        self._body_stream = self.rfile
        self.rfile = Reader(self.rfile, self._waiting)  # type: ignore[assignment]
        exchange = self._begin(tuple(self.headers.items()))
        token = request_context.request_id.set(exchange.id)
        try:
            super().run_wsgi()
        except _BadTarget:
            self.send_error(400, "Bad target")
        except BaseException as error:
            # SystemExit in a view comes this far: Werkzeug closes the connection and is silent.
            exchange.cut = exchange.cut or f"{type(error).__name__} ended the response"
            raise
        finally:
            exchange.finish()
            request_context.request_id.reset(token)
            self._exchange = None

    def make_environ(self) -> WSGIEnvironment:
        """Werkzeug's environ, with the body's stream watched where there is a body."""
        try:
            environ = super().make_environ()
        except ValueError as error:
            raise _BadTarget from error
        assert self._exchange is not None
        environ["devtui.exchange"] = self._exchange
        stream, chunks = self._body_stream, bool(environ.get("wsgi.input_terminated"))
        body = chunks or environ.get("CONTENT_LENGTH", "0") not in ("", "0")
        expect_body(body)
        if body:
            environ["wsgi.input"] = Reader(
                dechunked(stream) if chunks else stream,
                self._waiting,
                self._exchange.request_body,
            )
        return environ

    def send_response(self, code: int, message: str | None = None) -> None:
        """Note the status, then send it."""
        if self._exchange is not None:
            self._exchange.respond(int(code))
        super().send_response(code, message)

    def send_header(self, keyword: str, value: str) -> None:
        """Note the header, then send it."""
        if self._exchange is not None:
            self._exchange.response_head.append((keyword, str(value)))
        super().send_header(keyword, value)

    def end_headers(self) -> None:
        """Send the head: that of a response goes with what follows it, its body or a flush."""
        if self._exchange is not None and (self._exchange.status or 0) >= 200:
            self.wfile.hold()
        super().end_headers()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer a request whose head makes no sense. It gets its row as any other."""
        if self.raw_requestline.startswith(_TLS):
            message = "This is TLS, and the server speaks plain HTTP: open it with http://"
        begun = self._exchange
        exchange = begun or self._begin(())
        try:
            super().send_error(code, message, explain)
            self.wfile.flush()
        except OSError:
            exchange.cut = self._why_dropped()
            raise
        finally:
            if begun is None:
                exchange.finish()
                self._exchange = None

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
        """The client went away in mid-response."""
        if self._exchange is not None and self._exchange.taken_over:
            self.close_connection = True  # no other request comes on it
        elif self._exchange is not None:
            self._exchange.cut = self._why_dropped()
        super().connection_dropped(error, environ)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The time as the header `Date` has it; made once in a second, since it takes a while."""
        if timestamp is not None:
            return super().date_time_string(timestamp)
        second, text = CapturingHandler._date
        now = int(time.time())  # as the app may have patched it: the header is the app's
        if now != second:
            text = super().date_time_string(now)
            CapturingHandler._date = (now, text)
        return text

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write a line for the handlers that the app has put on Werkzeug's logger, and no other.

        The request was captured, and its row is not a line of text. So what such a handler writes
        to the standard streams is not taken.
        """
        if not any(type(it) is not _ColorStreamHandler for it in _LOGGER.handlers):
            return
        token = request_context.output.set(_NOWHERE)
        try:
            super().log_request(code, size)
        finally:
            request_context.output.reset(token)

    def _why_dropped(self) -> str:
        if self._waiting.cut:
            return "closed to make room: its client kept it waiting, and others waited"
        return "the client closed the connection"

    def _begin(self, headers: Headers) -> Exchange:
        # After an unreadable request line neither method nor path are set; of one that is too
        # long there is only its beginning.
        method, target = self.command, getattr(self, "path", None)
        if not method or not target:
            words = (self.requestline or self.raw_requestline.decode("latin-1")).split()
            if self.raw_requestline.startswith(_TLS):
                words = []
            method = method or (words[0] if words else "-")
            target = target or (words[1] if len(words) > 1 else "-")
        self._exchange = self.recorder.begin(method, target, self._client(), headers)
        return self._exchange

    def _client(self) -> str:
        # A Unix socket's peer has no address.
        address = self.client_address
        return str(address[0]) if isinstance(address, tuple) and address else "unix"


def handler_for(recorder: Recorder) -> type[CapturingHandler]:
    """The handler class for one server; socketserver makes its instances without arguments."""
    return type("Handler", (CapturingHandler,), {"recorder": recorder})
