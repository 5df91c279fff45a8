"""The WSGI middleware around the user's app."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, cast

from werkzeug.http import parse_accept_header

from devtui.server.app import wsgi_rules
from devtui.server.debugger.debugger import Debugger
from devtui.server.errors.failed_app import FailedApp
from devtui.server.exchange import views
from devtui.server.guest import forks

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from devtui.events import Load
    from devtui.server.debugger.debugger import DebuggerNews
    from devtui.server.errors.reporter import Contexts, ErrorReporter
    from devtui.server.exchange.exchange import Exchange

_PRESERVE = "werkzeug.debug.preserve_context"

_HTML = ("text/html", "application/xhtml+xml")

# The default path of Werkzeug's console.
_CONSOLE = "/console"

MAX_HOST = 100  # characters of the host in our answer

_END = object()


def around(
    app: WSGIApplication, load: Load, reporter: ErrorReporter, news: DebuggerNews
) -> tuple[WSGIApplication, Debugger | None]:
    """Put all middleware around an app; return the whole, and the debugger if it is on.

    From the outside in: record the exchange, answer in plain text instead of by the debugger, the
    debugger itself, report errors. The debugger catches all errors, so they are reported inside.
    The error of an app that failed to load was reported with the load.
    """
    reported = app if isinstance(app, FailedApp) else ReportErrors(app, reporter)
    if not load.debugger:
        return RecordExchange(reported, app), None
    debugger = Debugger(reported, app, load, news)
    return RecordExchange(PlainTraceback(debugger), app), debugger


class RecordExchange:
    """Record the pieces of the response's body; the handler records all else."""

    def __init__(self, app: WSGIApplication, users_app: WSGIApplication) -> None:
        self._app = app
        self._users_app = users_app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as the app does."""
        exchange: Exchange = environ["devtui.exchange"]
        body = exchange.response_body

        def checked_start_response(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Any:
            __traceback_hide__ = True  # Werkzeug's tracebacks leave out frames with this name
            listed = wsgi_rules.listed_headers(headers)
            wsgi_rules.check_start(status, listed)
            write = start_response(status, listed, exc_info)
            exchange.has_head = True
            exchange.saw_view(views.of_environ(environ, self._users_app))

            def recorded_write(data: bytes) -> Any:
                body.take(data)
                return write(data)

            return recorded_write

        return RecordedBody(self._app(environ, checked_start_response), exchange)


class RecordedBody:
    """A response's body, each piece of which is recorded before it is sent."""

    def __init__(self, response: Iterable[bytes], exchange: Exchange) -> None:
        self._response = response
        self._iterator = iter(response)
        self._exchange = exchange

    def __iter__(self) -> RecordedBody:
        return self

    def __next__(self) -> bytes:
        __traceback_hide__ = True  # Werkzeug's debugger leaves out frames with this name
        try:
            piece = next(self._iterator)
        except StopIteration:
            self._exchange.end_taken_over()
            raise
        self._exchange.response_body.take(piece)
        return piece

    def close(self) -> None:
        """Close the response, as PEP 3333 demands, whether it was read or not."""
        __traceback_hide__ = True
        close: Any = getattr(self._response, "close", None)
        if close is not None:
            close()


class PlainTraceback:
    """Choose between Werkzeug's debugger and plain text.

    The debugger's page is useful only in a browser, whose Accept header names HTML. Other clients
    (`curl`, tests, scripts, `fetch`) get the traceback as `text/plain` with status 500.

    Tracebacks show source, and the debugger shows locals. A web page whose name leads to this
    machine could read them, so an untrusted `Host` gets neither.
    """

    def __init__(self, debugger: Debugger) -> None:
        self._debugger = debugger

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer with the debugger, or without it."""
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
        # Keep this error's contexts too, so its frames can be inspected in the terminal.
        environ[_PRESERVE] = contexts.append
        response: Any = None
        try:
            response = self._debugger.app(environ, start_response)
            yield from response
        except Exception as error:
            text = answer(error)
            # If a part of the response was sent, this raises the error again, and the server
            # closes the connection (PEP 3333).
            start_response("500 INTERNAL SERVER ERROR", _headers(text), sys.exc_info())
            environ["wsgi.errors"].write(_text_of(error).decode("utf-8"))
            yield text
        finally:
            if hasattr(response, "close"):
                response.close()


class ReportErrors:
    """Report what the user's app raises, and raise it on."""

    def __init__(self, app: WSGIApplication, reporter: ErrorReporter) -> None:
        self._app = app
        self._reporter = reporter

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as the app does, or raise what it raises."""
        __traceback_hide__ = True
        exchange: Exchange = environ["devtui.exchange"]
        contexts = _collect_contexts(environ)

        def report(error: BaseException) -> None:
            self._reporter.report(error, "request", contexts)

        try:
            response = self._app(environ, start_response)
        except BaseException as error:
            forks.end_if_forked(error)
            if wsgi_rules.ends_upgrade(error, environ):
                exchange.taken_over = True
                return []
            exchange.break_off(error)
            exchange.saw_view(views.of_contexts(environ, contexts))
            report(error)
            raise
        forks.end_if_forked()
        if exchange.lacks_view:
            exchange.saw_view(views.of_contexts(environ, contexts))
            exchange.saw_view(views.of_response(environ, response))
        is_plain = isinstance(response, (list, tuple)) and all(type(it) is bytes for it in response)
        if is_plain and exchange.has_head:
            return response
        return ReportedBody(response, exchange, report)


class ReportedBody:
    """The body of the app's answer. Check each piece, and report what is raised on the way."""

    def __init__(
        self,
        response: Iterable[bytes],
        exchange: Exchange,
        report: Callable[[BaseException], None],
    ) -> None:
        self._response = response
        self._exchange = exchange
        self._report = report
        self._iterator: Iterator[bytes] | None = None

    def __iter__(self) -> ReportedBody:
        return self

    def __next__(self) -> bytes:
        __traceback_hide__ = True
        try:
            if self._iterator is None:
                self._iterator = wsgi_rules.pieces(self._response)
            piece: Any = next(self._iterator, _END)
            if type(piece) is not bytes and piece is not _END:
                wsgi_rules.check_piece(piece)
            self._exchange.check_head()
        except BaseException as error:
            forks.end_if_forked(error)
            self._exchange.break_off(error)
            self._report(error)
            raise
        forks.end_if_forked()
        if piece is _END:
            raise StopIteration
        return cast("bytes", piece)

    def close(self) -> None:
        """Close the app's iterable, as PEP 3333 demands, whether it was read or not."""
        __traceback_hide__ = True
        close: Any = getattr(self._response, "close", None)
        if close is not None:
            try:
                close()
            except BaseException as error:
                self._report(error)
                raise


def _text_of(error: Exception) -> bytes:
    from devtui.server.errors import traceback_data  # needed for errors alone

    return traceback_data.describe(error).text.encode("utf-8", "backslashreplace")


def _hidden(host: str | None) -> bytes:
    """Return the text for a host that may not see errors or the debugger."""
    name = (host or "").rpartition(":")[0] if ":" in (host or "") else host or ""
    shown = "".join(c if c.isascii() and c.isprintable() else "?" for c in name[:MAX_HOST])
    return (
        f"devtui shows errors and the debugger to trusted hosts only, and {shown!r} is not one of "
        f"them. The terminal shows the error. To trust the host, start devtui with "
        f"--trusted-hosts {shown or 'NAME'}\n"
    ).encode()


def _headers(text: bytes) -> list[tuple[str, str]]:
    return [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(text)))]


def wants_html(accept: str) -> bool:
    """Whether an `Accept` header names HTML, as every browser's does."""
    accepted = parse_accept_header(accept)
    return any(kind.lower() in _HTML and quality > 0 for kind, quality in accepted)


def _collect_contexts(environ: WSGIEnvironment) -> Contexts:
    """Ask the framework for the contexts that code evaluated in a frame will need.

    Flask answers Werkzeug's question (`werkzeug.debug.preserve_context`). Werkzeug's debugger gets
    the same contexts.
    """
    contexts: Contexts = []
    others: Callable[[AbstractContextManager[Any]], object] | None = environ.get(_PRESERVE)
    if others is None:
        return contexts  # the debugger is off, so no frames are kept

    def preserve(context: AbstractContextManager[Any]) -> None:
        contexts.append(context)
        others(context)

    environ[_PRESERVE] = preserve
    return contexts
