"""Extend Werkzeug's request handler to answer several requests on one connection (RFC 9112).

Werkzeug closes the connection after each response, because it does not know where the request
ended. Here a connection stays open only if the ends of the request and of the response are beyond
doubt.
"""

from __future__ import annotations

import contextvars
import socket
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from werkzeug.serving import WSGIRequestHandler

from devtui.server.guest import forks
from devtui.server.guest.clocks import clock
from devtui.server.keepalive import head as heads
from devtui.server.keepalive.client_wait import Writer
from devtui.server.keepalive.head import Head, ReadAgain
from devtui.server.keepalive.idle import LINGER_MS
from devtui.server.keepalive.request_body import PAUSE_MS, ClientInput, RequestBody, receive_now
from devtui.server.keepalive.response_end import UnknownEnd, body_limit, has_body
from devtui.server.keepalive.tls_ends import end_tls, shake_hands
from devtui.server.keepalive.wsgi_response import WsgiResponse

# Taken before the app can patch it. A socket of gevent's, or one with TLS, always waits.
_Socket = socket.socket

# How long a client may take to notice the end of a connection that it wanted to use again.
LAST_MS = 1000

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from devtui.server.keepalive.connections import Server


class PersistentHandler(WSGIRequestHandler):
    """Answer the requests of one connection until its client is silent, or it has to be closed."""

    server: Server
    wfile: Writer  # type: ignore[assignment]
    environ: WSGIEnvironment | None = None  # type: ignore[assignment]
    head: Head | None = None
    """The head of the request; None if only the standard parser could read it."""
    began = 0.0
    """When the request began to arrive."""
    is_broken = False
    """Whether the end of the response is missing."""
    body_stream: Any
    """The body of the request. If the head is None, it has no end before `bound_body`."""
    _body: RequestBody | None = None
    _is_idle = False

    def setup(self) -> None:
        """Note when the connection waits for its client."""
        super().setup()
        self._waiting = self.server.connections.waiting(self.connection)
        self._waiting.is_untouched = False
        send = receive = None
        if type(self.connection) is _Socket:
            if (held := self.server.connections.held) is not None:
                send, receive = partial(held.send, self.connection), held.receiver(self.connection)
            elif self.connection.gettimeout() is None:  # else Python waits for that long before
                receive = partial(receive_now, self.connection)
        self._input = ClientInput(self.connection, cast(Any, self.rfile).detach(), receive)
        self.wfile = Writer(self.wfile, self._waiting, send)

    def finish(self) -> None:
        """Leave the connection open if its client may send another request."""
        self.before_waiting()
        self.rfile = self._input.stream
        super().finish()
        self._waiting.idle = self._is_idle

    def handle_one_request(self) -> None:
        """Answer one request, and wait a moment for the next one.

        A context variable that the app sets must not reach the next request.
        """
        contextvars.copy_context().run(self._answer)
        if self.close_connection:
            self.before_waiting()
            has_answered = bool(self.raw_requestline) and not self._waiting.cut
            if has_answered and not self._waiting.given_away and self.connection.fileno() >= 0:
                self._close_gently(self.head)
            return
        self._waiting.begin_head()
        if not self._has_more():
            self.close_connection = self._is_idle = True

    def _has_more(self) -> bool:
        """Wait a moment for the next request; return whether it is for this process."""
        if self._is_left():
            return bool(self._input.buffered())
        if b"\r\n\r\n" in self._input.received():
            return True
        self.before_waiting()
        idle = self.server.idle
        others = () if idle is None or idle.stopped is None else (idle.stopped,)
        more = self._input.has_more(LINGER_MS, others)
        forks.stay_out()
        return more and (not self._is_left() or bool(self._input.buffered()))

    def _is_left(self) -> bool:
        """Whether what the client sends from now on is for the next server process."""
        idle = self.server.idle
        return idle is not None and idle.stops and idle.leaves_used

    def before_waiting(self) -> None:
        """Do what must not wait until the client sends again."""

    def send_head(self, status: int, message: str, fields: list[tuple[str, str]]) -> None:
        """Send the head of the app's response, whose last field is `Connection: close`.

        Take that field out again if the connection stays open.
        """
        self.log_request(status)
        limit = None if has_body(self.command, status) else 0
        with suppress(UnknownEnd):
            limit = body_limit(self.command, status, fields)
            idle = self.server.idle
            if (
                self.head is not None
                and self.head.stays_open
                and idle is not None
                and not (idle.stops and not idle.leaves_used)
                and self._body is not None
                and self._body.is_short
            ):
                del fields[-1]
                self.close_connection = False
        lines = [f"{self.protocol_version} {status} {message}\r\n"]
        lines += [f"{name}: {value}\r\n" for name, value in fields]
        lines.append("\r\n")
        if status >= 200:
            self.wfile.begin(limit)
        # A client of HTTP/0.9 knows no head.
        head = "" if self.request_version == "HTTP/0.9" else "".join(lines)
        self.wfile.write(head.encode("latin-1"))

    def answer(self, environ: WSGIEnvironment) -> None:
        """Have the app answer a request."""
        expected = self.headers.get("Expect", "").lower().strip(" \t")
        # An older client would take it for the answer (RFC 9110, section 10.1.1).
        if expected == "100-continue" and self.request_version >= "HTTP/1.1":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.environ = environ
        WsgiResponse(self, environ).run(self.server.app)

    def handle_expect_100(self) -> bool:
        """Leave it to `answer` to tell the client that it may send the body."""
        return True

    def head_fault(self) -> str:
        """Say why the app must not get a request whose head only the standard parser could read."""
        if self.head is not None:
            return ""
        if isinstance(self.rfile, ReadAgain):
            if self.rfile.is_cut:
                return "The head is incomplete"
            if self.rfile.is_unclear:
                return "No carriage return and no NUL may stand within a line"
        return heads.fault(self.headers, self.request_version)

    def bound_body(self) -> None:
        """End `body_stream` with the body, if only the standard parser could read the head."""
        if self.head is None:
            self._body = RequestBody(self._input, heads.body_length(self.headers))
            self.body_stream = self._body.stream

    def _answer(self) -> None:
        self.close_connection, self.is_broken = True, False
        self.head = self._body = self.environ = None
        self.raw_requestline = b""
        if self._waiting.is_new and not shake_hands(self.connection, self._waiting):
            return
        line = self._input.stream.readline(heads.MAX_LINE + 1)
        while line == b"\r\n":
            # Some clients send an empty line after a body; ignore it (RFC 9112, section 2.2).
            if not self._input.buffered():
                self.close_connection = False
                return
            line = self._input.stream.readline(heads.MAX_LINE + 1)
        self.raw_requestline = line
        self.began = clock.perf_counter()
        head, lines = heads.read(line, self._input.stream.readline)
        self.rfile = self.body_stream = self._input.stream
        if head is None:
            for name in ("path", "headers", "requestline"):  # those of the request before
                self.__dict__.pop(name, None)
            self.rfile = ReadAgain([line, *lines], self._input.stream)  # type: ignore[assignment]
            super().handle_one_request()
            self.close_connection = True
            return
        self.head = head
        self._body = RequestBody(self._input, head.length)
        self.body_stream = self._body.stream
        self.requestline = line.decode("latin-1").rstrip("\r\n")
        self.command, self.path, self.request_version = head.method, head.target, head.version
        self.headers = head  # type: ignore[assignment]
        try:
            self.run_wsgi()
        except TimeoutError as error:  # as http.server does
            self.log_error("Request timed out: %r", error)
            self.close_connection = True
        if not self.close_connection and head.length:
            self.before_waiting()
            self.close_connection = not self._body.skip(self._waiting)

    def _close_gently(self, head: Head | None) -> None:
        """Let the client have its response, even if it sends more before it sees the end.

        A connection that is closed with unread bytes is reset, and loses what the client has not
        read (RFC 9112, section 9.6).
        """
        idle = self.server.idle
        # Nobody knows where a request ends whose head only the standard parser could read.
        pause = PAUSE_MS if head is None or head.length else 0
        if head is not None and head.stays_open and idle is not None and not idle.stops:
            # It may have sent another request already.
            self._waiting.begin_head()
            pause = LAST_MS
        if not self.is_broken:
            end_tls(self.connection)
        if pause:
            with suppress(OSError):  # the client has ended it
                self.connection.shutdown(socket.SHUT_WR)
        self._waiting.during(self._input.discard, pause)
