"""The WSGI middleware around the user's app."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, cast

from werkzeug.http import parse_accept_header

from devtui.server.errors.reporter import Contexts, ErrorReporter
from devtui.server.guest import forks
from devtui.server.serving import wsgi_rules
from devtui.server.serving.exchange import Exchange

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from devtui.server.serving.debugger import Debugger

_PRESERVE = "werkzeug.debug.preserve_context"

_HTML = ("text/html", "application/xhtml+xml")

# Where Werkzeug's debugger has its console, when it is not told otherwise.
_CONSOLE = "/console"

MAX_HOST = 100  # characters of it that are sent back


_END = object()


def _ignore(_: object) -> None:
    """Nobody watches."""


def _do_nothing() -> None:
    """Nobody waits for the end."""


class TappedResponse:
    """A response's iterable that shows each chunk and each exception on its way through.

    `close` is passed on, as WSGI demands (PEP 3333), whether the app's iterable was read or not.
    """

    def __init__(
        self,
        response: Iterable[bytes],
        on_error: Callable[[BaseException], None] = _ignore,
        on_close_error: Callable[[BaseException], None] = _ignore,
        check_head: Callable[[], None] = _do_nothing,
    ) -> None:
        self.on_chunk: Callable[[bytes], None] = _ignore
        self.on_end: Callable[[], None] = _do_nothing
        self._response = response
        self._on_error = on_error
        self._on_close_error = on_close_error
        self._check_head = check_head  # called when the body begins, goes on or ends
        self._iterator: Iterator[bytes] | None = None

    def __iter__(self) -> TappedResponse:
        return self

    def __next__(self) -> bytes:
        __traceback_hide__ = True
        try:
            if self._iterator is None:
                self._iterator = wsgi_rules.pieces(self._response)
            chunk: Any = next(self._iterator, _END)
            if type(chunk) is not bytes and chunk is not _END:
                wsgi_rules.check_piece(chunk)
            self._check_head()
        except BaseException as error:
            forks.end_if_forked(error)
            self._on_error(error)
            raise
        forks.end_if_forked()
        if chunk is _END:
            self.on_end()
            raise StopIteration
        self.on_chunk(chunk)
        return cast("bytes", chunk)

    def close(self) -> None:
        """Close the app's iterable, where it can be closed."""
        close: Any = getattr(self._response, "close", None)
        if close is not None:
            try:
                close()
            except BaseException as error:
                self._on_close_error(error)
                raise


class ResponseTap:
    """WSGI middleware around everything: shows the exchange each piece of the body."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as the app does."""
        exchange: Exchange = environ["devtui.exchange"]
        body = exchange.response_body

        def tapped_start_response(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None, /
        ) -> Any:
            listed = wsgi_rules.listed_headers(headers)
            wsgi_rules.check_start(status, listed)
            write = start_response(status, listed, exc_info)
            exchange.has_head = True

            def tapped_write(data: bytes) -> Any:
                body.take(data)
                return write(data)

            return tapped_write

        response = self._app(environ, tapped_start_response)
        if not isinstance(response, TappedResponse):
            response = TappedResponse(response)
        response.on_chunk = body.take
        response.on_end = exchange.end_taken_over
        return response


class PlainTraceback:
    """WSGI middleware that stands before Werkzeug's debugger, and past it for some clients.

    The debugger's page is of use in a browser only, and a browser's Accept header names HTML. What
    `curl` (`*/*`), a test client, a script or a `fetch` for JSON gets is the traceback as
    `text/plain` with status 500.

    Tracebacks hold source, and the debugger locals. A web page that has its own name lead here
    could read them, so for a `Host` that is not trusted there are neither.
    """

    def __init__(self, debugger: Debugger) -> None:
        self._debugger = debugger

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer by way of the debugger, or without it."""
        asks_debugger = "__debugger__=yes" in environ.get("QUERY_STRING", "")
        is_console = environ.get("PATH_INFO") == _CONSOLE
        if not self._debugger.trusts(environ.get("HTTP_HOST")):
            hidden = _hidden(environ.get("HTTP_HOST"))
            if asks_debugger or is_console:
                start_response("400 BAD REQUEST", _headers(hidden))
                return [hidden]
            return self._plainly(environ, start_response, lambda error: hidden)
        if asks_debugger or is_console or wants_html(environ.get("HTTP_ACCEPT", "")):
            return self._debugger.ready()(environ, start_response)
        return self._plainly(environ, start_response, _text_of)

    def _plainly(
        self,
        environ: WSGIEnvironment,
        start_response: StartResponse,
        answer: Callable[[Exception], bytes],
    ) -> Iterator[bytes]:
        __traceback_hide__ = True
        contexts: list[Any] = []
        # The frames of this error can be asked about in the terminal as those of any other.
        environ["werkzeug.debug.preserve_context"] = contexts.append
        response: Any = None
        try:
            response = self._debugger.app(environ, start_response)
            yield from response
        except Exception as error:
            text = answer(error)
            # Where a part of the response was sent already, this raises the error once more, and
            # the server breaks the connection off (PEP 3333).
            start_response("500 INTERNAL SERVER ERROR", _headers(text), sys.exc_info())
            environ["wsgi.errors"].write(_text_of(error).decode("utf-8"))
            yield text
        finally:
            if hasattr(response, "close"):
                response.close()


class ErrorTap:
    """WSGI middleware around the user's app: reports what it raises, and raises it on.

    It stands inside Werkzeug's debugger, which catches everything that comes further.
    """

    def __init__(self, app: WSGIApplication, reporter: ErrorReporter) -> None:
        self.app = app
        self._reporter = reporter

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as the app does, or raise what it raises."""
        __traceback_hide__ = True  # Werkzeug's debugger leaves out frames with this name
        exchange: Exchange = environ["devtui.exchange"]

        contexts = _collect_contexts(environ)

        def report(error: BaseException) -> None:
            self._reporter.report(error, "request", contexts)

        def break_off(error: BaseException) -> None:
            exchange.break_off(f"the app raised {type(error).__name__}")
            report(error)

        try:
            response = self.app(environ, start_response)
        except BaseException as error:
            forks.end_if_forked(error)
            if wsgi_rules.ends_upgrade(error, environ):
                exchange.taken_over = True
                return []
            break_off(error)
            raise
        forks.end_if_forked()
        is_plain = isinstance(response, (list, tuple)) and all(type(it) is bytes for it in response)
        if is_plain and exchange.has_head:
            return response
        return TappedResponse(
            response, on_error=break_off, on_close_error=report, check_head=exchange.check_head
        )


def _text_of(error: Exception) -> bytes:
    from devtui.server.errors import traceback_data  # needed for errors alone

    return traceback_data.describe(error).text.encode("utf-8", "backslashreplace")


def _hidden(host: str | None) -> bytes:
    """Say that there is an error or a debugger that this host is not shown."""
    name = (host or "").rpartition(":")[0] if ":" in (host or "") else host or ""
    shown = "".join(c if c.isascii() and c.isprintable() else "?" for c in name[:MAX_HOST])
    return (
        f"devtui shows errors and the debugger to trusted hosts only, and {shown!r} is none of "
        f"them. The terminal shows the error. To trust the host, start devtui with "
        f"--trusted-hosts {shown or 'NAME'}\n"
    ).encode()


def _headers(text: bytes) -> list[tuple[str, str]]:
    return [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(text)))]


def wants_html(accept: str) -> bool:
    """Whether the value of an `Accept` header names HTML, as that of every browser does."""
    accepted = parse_accept_header(accept)
    return any(kind.lower() in _HTML and quality > 0 for kind, quality in accepted)


def _collect_contexts(environ: WSGIEnvironment) -> Contexts:
    """Ask the framework for what is to be entered around code that is run in a frame later.

    It is Werkzeug's way to ask (`werkzeug.debug.preserve_context`), which Flask knows; Werkzeug's
    debugger, where it is on, gets the same.
    """
    contexts: Contexts = []
    others: Callable[[AbstractContextManager[Any]], object] | None = environ.get(_PRESERVE)
    if others is None:
        return contexts  # the debugger is off: nothing is kept

    def preserve(context: AbstractContextManager[Any]) -> None:
        contexts.append(context)
        others(context)

    environ[_PRESERVE] = preserve
    return contexts
