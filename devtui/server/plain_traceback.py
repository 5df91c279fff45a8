"""For clients that ask for no HTML: the traceback as text instead of the debugger's page."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from werkzeug.http import parse_accept_header

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from devtui.server.debugger import Debugger

_HTML = ("text/html", "application/xhtml+xml")

# Where Werkzeug's debugger has its console, when it is not told otherwise.
_CONSOLE = "/console"


class PlainTraceback:
    """WSGI middleware that stands before Werkzeug's debugger, and past it for some clients.

    The debugger's page is of use in a browser only, and a browser's Accept header names HTML. What
    `curl` (`*/*`), a test client, a script or a `fetch` for JSON gets is the traceback as
    `text/plain` with status 500.
    """

    def __init__(self, debugger: Debugger) -> None:
        self._debugger = debugger

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer by way of the debugger, or without it."""
        asks_debugger = "__debugger__=yes" in environ.get("QUERY_STRING", "")
        is_console = environ.get("PATH_INFO") == _CONSOLE
        if asks_debugger or is_console or _wants_html(environ):
            return self._debugger.ready()(environ, start_response)
        return self._plainly(environ, start_response)

    def _plainly(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        __traceback_hide__ = True
        contexts: list[Any] = []
        # The frames of this error can be asked about in the terminal as those of any other.
        environ["werkzeug.debug.preserve_context"] = contexts.append
        response: Any = None
        try:
            response = self._debugger.app(environ, start_response)
            yield from response
        except Exception as error:
            from devtui.server import tracebacks  # needed for errors alone

            text = tracebacks.describe(error).text.encode("utf-8", "backslashreplace")
            headers = [
                ("Content-Type", "text/plain; charset=utf-8"),
                ("Content-Length", str(len(text))),
            ]
            # Where a part of the response was sent already, this raises the error once more, and
            # the server breaks the connection off (PEP 3333).
            start_response("500 INTERNAL SERVER ERROR", headers, sys.exc_info())
            environ["wsgi.errors"].write(text.decode("utf-8"))
            yield text
        finally:
            if hasattr(response, "close"):
                response.close()


def _wants_html(environ: WSGIEnvironment) -> bool:
    accepted = parse_accept_header(environ.get("HTTP_ACCEPT", ""))
    return any(kind.lower() in _HTML and quality > 0 for kind, quality in accepted)
