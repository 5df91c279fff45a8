"""What clients get instead of the debugger's page: the traceback as text, or that it is hidden."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from werkzeug.http import parse_accept_header

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from devtui.server.serving.debugger import Debugger

_HTML = ("text/html", "application/xhtml+xml")

# Where Werkzeug's debugger has its console, when it is not told otherwise.
_CONSOLE = "/console"

MAX_HOST = 100  # characters of it that are sent back


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
