"""Extend Werkzeug's request handler to record each request as data."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, ClassVar

from werkzeug._internal import _ColorStreamHandler

from devtui.events import CLIENT_LEFT, Headers
from devtui.server.exchange.exchange import Exchange, Mark, Recorder
from devtui.server.keepalive.chunked import is_read
from devtui.server.keepalive.client_wait import Reader
from devtui.server.keepalive.persistent_handler import PersistentHandler
from devtui.server.output import request_context

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from devtui.server.live.handover import Handover

_LOGGER = logging.getLogger("werkzeug")


def _has_handlers_of_the_app() -> bool:
    logger: logging.Logger | None = _LOGGER
    while logger is not None:
        if any(type(handler) is not _ColorStreamHandler for handler in logger.handlers):
            return True
        logger = logger.parent if logger.propagate else None
    return False


class _NoRequestLines:
    """Discard request lines in the output.

    A finaliser or a signal handler of the app's may print meanwhile, even into the same write.
    """

    def take(self, data: bytes) -> bytes:
        """Take the request lines, as Werkzeug writes them; return the rest."""
        lines = data.splitlines(keepends=True)
        return b"".join(line for line in lines if b" - - [" not in line)


_NO_REQUEST_LINES = _NoRequestLines()

# The first two bytes of every TLS connection: a handshake record of version 3.
_TLS = b"\x16\x03"


class _BadTarget(Exception):
    """The target cannot be parsed as a URL, such as `//[`."""


class CapturingHandler(PersistentHandler):
    """Record each request of a connection."""

    recorder: Recorder  # set by `handler_for`, and
    handover: Handover
    _exchange: Exchange | None = None
    _chunked: Any = None
    _date: ClassVar[tuple[int, str]] = (0, "")

    def run_wsgi(self) -> None:
        """Answer one request whose head was read."""
        if self._waiting.cut:
            return  # we closed it in mid-head, so the head is incomplete
        self._waiting.end_head()
        fault = self.head_fault()  # of the stream that is replaced below
        if self.handover.answers(self):
            return
        if not fault:
            self.bound_body()
        self.rfile = Reader(self.body_stream, self._waiting)  # type: ignore[assignment]
        mark = self.recorder.take_mark(self.headers)
        exchange = self._begin(tuple(self.headers.items()), mark)
        token = request_context.request_id.set(exchange.id)
        try:
            if fault:
                self.send_error(400, fault)
            else:
                self.answer(self.make_environ())
            self.wfile.end()
            exchange.end_body(self.wfile.limit, self.wfile.left)
        except _BadTarget:
            self.send_error(400, "Bad target")
        except BaseException as error:
            # SystemExit in a view arrives here too. Werkzeug closes the connection silently.
            exchange.cut = exchange.cut or f"{type(error).__name__} ended the response"
            raise
        finally:
            self.close_connection = self.close_connection or bool(exchange.cut)
            exchange.request_body.unread = self._left_unread(exchange.request_body.size_bytes)
            exchange.finish()
            request_context.request_id.reset(token)
            self._exchange = self._chunked = None

    def make_environ(self) -> WSGIEnvironment:
        """Return Werkzeug's environ, with a recorded stream if there is a body."""
        try:
            environ = super().make_environ()
        except ValueError as error:
            raise _BadTarget from error
        assert self._exchange is not None
        environ["devtui.exchange"] = self._exchange
        stream, chunks = self.body_stream, bool(environ.get("wsgi.input_terminated"))
        length = environ.get("CONTENT_LENGTH", "")
        if chunks:
            environ.pop("CONTENT_LENGTH", None)  # it is not that of the body
        elif "," in length:
            environ["CONTENT_LENGTH"] = length.partition(",")[0].strip()  # all are the same
        if chunks or length not in ("", "0"):
            self._chunked = stream if chunks else None
            environ["wsgi.input"] = Reader(stream, self._waiting, self._exchange.request_body)
        return environ

    def before_waiting(self) -> None:
        """Send the end of the request that was answered."""
        self.recorder.send()

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
        """Send the head, together with the body that follows it."""
        if self._exchange is not None and (self._exchange.status or 0) >= 200:
            self.wfile.begin(None)
        super().end_headers()

    def send_head(self, status: int, message: str, fields: list[tuple[str, str]]) -> None:
        """Note the head of the app's response, then send it."""
        if self._exchange is not None:
            self._exchange.respond(status)
            self._exchange.response_head = fields
        super().send_head(status, message, fields)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer a malformed request, and record it like any other."""
        self.head = None  # so the connection is closed
        if self.request_version == "HTTP/0.9" and len(self.raw_requestline.split()) != 2:
            self.request_version = "HTTP/1.0"  # it has named a version, or nothing that we know
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
        """Note that the client disconnected during the response."""
        if self._exchange is not None and self._exchange.taken_over:
            self.close_connection = True  # no other request comes on it
        elif self._exchange is not None:
            self._exchange.cut = self._why_dropped()
        super().connection_dropped(error, environ)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return the time for the header `Date`, made at most once a second."""
        if timestamp is not None:
            return super().date_time_string(timestamp)
        second, text = CapturingHandler._date
        now = int(time.time())  # the app's own patch of it applies: the header is the app's
        if now != second:
            text = super().date_time_string(now)
            CapturingHandler._date = (now, text)
        return text

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log a line only for handlers that the app has added to Werkzeug's logger or above it.

        The request has its row already, so lines that such a handler writes to the standard streams
        are not recorded.
        """
        if not _has_handlers_of_the_app():
            return
        token = request_context.output.set(_NO_REQUEST_LINES)
        try:
            super().log_request(code, size)
        finally:
            request_context.output.reset(token)

    def _left_unread(self, size: int) -> bool:
        """Return whether the app has left a part of the request's body unread."""
        if self._chunked is not None:
            return not is_read(self._chunked)
        if self.head is not None:
            return self.head.length > size
        announced = self.headers.get("Content-Length", "")
        return announced.isdecimal() and int(announced[:20]) > size

    def _why_dropped(self) -> str:
        if self._waiting.cut:
            return "closed to make room: its client kept it waiting, and others waited"
        return CLIENT_LEFT

    def _begin(self, headers: Headers, mark: Mark | None = None) -> Exchange:
        # After an unreadable request line neither method nor path is set, and of a line that is too
        # long we have only the beginning.
        method, target = self.command, getattr(self, "path", None)
        if not method or not target:
            words = (self.requestline or self.raw_requestline.decode("latin-1")).split()
            if self.raw_requestline.startswith(_TLS):
                words = []
            method = method or (words[0] if words else "-")
            target = target or (words[1] if len(words) > 1 else "-")
        self._exchange = self.recorder.begin(
            method, target, self._client(), headers, self.began, mark
        )
        return self._exchange

    def _client(self) -> str:
        # A Unix socket's peer has no address. Werkzeug makes one up for the first request.
        address = self._waiting.address
        return str(address[0]) if isinstance(address, tuple) and address else "unix"


def handler_for(recorder: Recorder, handover: Handover) -> type[CapturingHandler]:
    """Return the handler class for one server; socketserver makes the instances."""
    return type("Handler", (CapturingHandler,), {"recorder": recorder, "handover": handover})
