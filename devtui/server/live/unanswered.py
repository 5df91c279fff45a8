"""Answer the browsers whose requests are cut before the app has begun to answer them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

_PAGE = b"""\
<!doctype html><html><head>%b<meta charset="utf-8"><title>The request was cut</title></head>
<body><p>devtui has cut this request: the app was reloaded or stopped before it answered.</p>
</body></html>
"""

_HEAD = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/html; charset=utf-8\r\n"
    b"Content-Length: %d\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
)


class Unanswered:
    """The documents that browsers wait for. Threads add them, and another one cuts them.

    Without an answer a browser shows an error of its own, and no script in it loads the page again.
    """

    def __init__(self) -> None:
        self._waiting: dict[object, tuple[Any, bytes]] = {}

    def add(self, document: object, connection: Any, tag: bytes) -> None:
        """Note that a browser waits for this document on this connection; `tag` is the script's."""
        self._waiting[document] = connection, tag

    def take(self, document: object) -> bool:
        """Take a document that the app answers from now on; return false if it was cut."""
        return self._waiting.pop(document, None) is not None

    def cut(self) -> None:
        """Answer all by a page with the script. The process is about to end."""
        with suppress(KeyError):  # none is left
            while True:
                _, (connection, tag) = self._waiting.popitem()
                body = _PAGE % tag
                with suppress(OSError, ValueError):  # the browser has left
                    connection.sendall(_HEAD % len(body) + body)
