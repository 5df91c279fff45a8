"""Tell whether a browser opens a document with a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.http import parse_accept_header

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_DOCUMENTS = ("document", "frame", "iframe")

# What libraries send with a request for a part of a page.
_OF_PARTS = (
    "HTTP_DATASTAR_REQUEST",
    "HTTP_HX_REQUEST",
    "HTTP_TURBO_FRAME",
    "HTTP_X_ALPINE_REQUEST",
    "HTTP_X_BARBA",
    "HTTP_X_IC_REQUEST",
    "HTTP_X_INERTIA",
    "HTTP_X_PJAX",
    "HTTP_X_REQUESTED_WITH",
    "HTTP_X_TURBO_REQUEST_ID",
    "HTTP_X_UP_VERSION",
)


def is_navigation(environ: WSGIEnvironment) -> bool:
    """Return whether a browser asks for a document, to show it in a window or a frame.

    Browsers say so themselves (`Sec-Fetch-Dest`), but only to this machine and over https. If a
    service worker fetches the document for the browser, only `Sec-Fetch-Mode` says so. A link with
    `download` has the same mode, but does not ask for HTML. Otherwise a client that names HTML in
    `Accept` asks for a document, unless a library asks for a part.
    """
    if environ["REQUEST_METHOD"] not in ("GET", "POST"):
        return False
    if destination := environ.get("HTTP_SEC_FETCH_DEST"):
        if destination != "empty":
            return destination in _DOCUMENTS
        return environ.get("HTTP_SEC_FETCH_MODE") == "navigate" and _accepts_html(environ)
    return _accepts_html(environ) and not any(name in environ for name in _OF_PARTS)


def _accepts_html(environ: WSGIEnvironment) -> bool:
    accept = environ.get("HTTP_ACCEPT", "")
    if "html" not in accept.lower():
        return False
    accepted = parse_accept_header(accept)
    return any(kind.lower() == "text/html" and quality > 0 for kind, quality in accepted)
