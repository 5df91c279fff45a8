"""Run a WSGI app for one request, and send its response."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any, Protocol

from werkzeug.exceptions import InternalServerError

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

    from devtui.server.keepalive.client_wait import Writer
    from devtui.server.keepalive.connections import Server

# Chunks up to this size are copied to be sent with their frame.
_MAX_COPIED = 64 * 1024

# The errors for which Werkzeug drops a connection. Its older versions have no name for them.
_DROPPED = (ConnectionError, TimeoutError, ssl.SSLEOFError)


def _is_dropped(name: str, value: str, code: int) -> bool:
    """Whether a field of the app's is not for the client.

    Whether the connection stays open is not the app's matter, but it may have it closed. A response
    with the status 204 must not have a length (RFC 9110, section 8.6).
    """
    name = name.lower()
    if name == "connection":
        return str(value).strip(" \t").lower() == "keep-alive"
    return name == "content-length" and code == 204


class Handler(Protocol):
    """What sends the response."""

    server: Server
    wfile: Writer
    command: str
    protocol_version: str
    request_version: str
    close_connection: bool
    is_broken: bool

    def send_head(self, status: int, message: str, fields: list[tuple[str, str]]) -> None: ...

    def connection_dropped(
        self, error: BaseException, environ: WSGIEnvironment | None = None
    ) -> None: ...

    def version_string(self) -> str: ...

    def date_time_string(self, timestamp: float | None = None) -> str: ...


class WsgiResponse:
    """One response, sent as by Werkzeug's handler, but its head is formatted in one go.

    Werkzeug formats and encodes each field separately, which takes longer than everything else for
    a small response.
    """

    def __init__(self, handler: Handler, environ: WSGIEnvironment) -> None:
        self._handler = handler
        self._environ = environ
        self._status: str | None = None
        self._fields: list[tuple[str, str]] | None = None
        self._is_begun = self._is_chunked = False

    def run(self, app: WSGIApplication) -> None:
        """Send what the app answers, or an error page in its place."""
        __traceback_hide__ = True  # Werkzeug's tracebacks leave out frames with this name
        handler = self._handler
        try:
            self._execute(app)
        except _DROPPED as error:
            handler.connection_dropped(error, self._environ)
        except Exception as error:
            if handler.server.passthrough_errors:
                raise
            handler.is_broken = self._is_begun
            handler.close_connection = handler.close_connection or self._is_begun
            if not self._is_begun:
                self._status = self._fields = None
                try:
                    self._execute(InternalServerError())
                except _DROPPED as dropped:
                    handler.connection_dropped(dropped, self._environ)
            from werkzeug.debug.tbtools import DebugTraceback  # needed for errors alone

            text = DebugTraceback(error).render_traceback_text()
            handler.server.log("error", f"Error on request:\n{text}")

    def _execute(self, app: WSGIApplication) -> None:
        __traceback_hide__ = True
        pieces: Any = app(self._environ, self.start)
        try:
            for piece in pieces:
                self.write(piece)
            if not self._is_begun:
                self.write(b"")
            if self._is_chunked:
                self._handler.wfile.write(b"0\r\n\r\n")
        finally:
            if hasattr(pieces, "close"):
                pieces.close()

    def start(
        self, status: str, fields: list[tuple[str, str]], exc_info: OptExcInfo | None = None
    ) -> Any:
        """Take the head, which is sent with the first piece of the body (PEP 3333)."""
        __traceback_hide__ = True
        if exc_info:
            try:
                if self._is_begun and exc_info[1] is not None:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None  # or it would refer to this frame
        elif self._fields:
            raise AssertionError("Headers already set")
        self._status, self._fields = status, fields
        return self.write

    def write(self, data: bytes) -> None:
        """Send a piece of the body."""
        __traceback_hide__ = True
        if not self._is_begun:
            self._send_head()
        assert isinstance(data, bytes), "applications must write bytes"
        stream = self._handler.wfile
        if data and self._is_chunked:
            if len(data) <= _MAX_COPIED:
                stream.write(b"%x\r\n%b\r\n" % (len(data), data))
            else:
                for part in (b"%x\r\n" % len(data), data, b"\r\n"):
                    stream.write(part)
        elif data:
            stream.write(data)
        stream.flush()

    def _send_head(self) -> None:
        status, fields, handler = self._status, self._fields, self._handler
        assert status is not None, "write() before start_response"
        assert fields is not None, "write() before start_response"
        self._is_begun = True
        code_text, _, message = status.partition(" ")
        code = int(code_text)
        given = {name.lower() for name, _ in fields}
        sent = []
        if "server" not in given:
            sent.append(("Server", handler.version_string()))
        if "date" not in given:
            sent.append(("Date", handler.date_time_string()))
        sent += [(name, str(value)) for name, value in fields if not _is_dropped(name, value, code)]
        has_no_body = handler.command == "HEAD" or code < 200 or code in (204, 304)
        if (
            not has_no_body
            and min(handler.protocol_version, handler.request_version) >= "HTTP/1.1"
            and "content-length" not in given
        ):
            self._is_chunked = True
            sent.append(("Transfer-Encoding", "chunked"))
        sent.append(("Connection", "close"))
        handler.send_head(code, message.lstrip(), sent)
