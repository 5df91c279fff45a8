"""HTTP requests to a server under test: to an address of this machine, or to a Unix socket."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage, HTTPSConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.support.processes import DEADLINE


@dataclass(frozen=True)
class Answer:
    """A response that was read to its end."""

    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        """The body as UTF-8."""
        return self.body.decode()


class UnixConnection(HTTPConnection):
    """A connection to a Unix socket by its path."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def connection(url: str, timeout: float) -> HTTPConnection:
    """A connection for the URL, such as `http://127.0.0.1:5000`, `https://[::1]:5000` or `unix:…`.

    It accepts any certificate.
    """
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return UnixConnection(parts.path, timeout)
    assert parts.hostname in ("127.0.0.1", "::1", "localhost"), f"{url} is not on this machine"
    if parts.scheme == "https":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return HTTPSConnection(parts.hostname, parts.port, timeout=timeout, context=context)
    return HTTPConnection(parts.hostname, parts.port, timeout=timeout)


def request(
    server: str,
    method: str = "GET",
    target: str = "/",
    body: Any = None,
    headers: Mapping[str, str] | None = None,
    timeout: float = DEADLINE,
    **options: Any,
) -> Answer:
    """One request to a server by its URL, and its whole response; redirects are not followed.

    The target is sent as it is.
    """
    conn = connection(server, timeout)
    try:
        conn.request(method, target, body, dict(headers or {}), **options)
        response = conn.getresponse()
        return Answer(response.status, response.msg, response.read())
    finally:
        conn.close()


def get(url: str, cookie: str = "", timeout: float = DEADLINE) -> Answer:
    """GET the URL. Its path and query are sent as they are."""
    return request(url, "GET", _target(url), headers=_cookie(cookie), timeout=timeout)


def post(url: str, fields: dict[str, str], cookie: str = "", timeout: float = DEADLINE) -> Answer:
    """POST a form to the URL."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", **_cookie(cookie)}
    return request(url, "POST", _target(url), urlencode(fields).encode(), headers, timeout)


def send_raw(port: int, data: bytes, host: str = "127.0.0.1") -> bytes:
    """Send bytes that no honest client would, and read until the server closes."""
    with socket.create_connection((host, port), timeout=DEADLINE) as conn:
        conn.sendall(data)
        return b"".join(iter(lambda: conn.recv(65536), b""))


def _target(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _cookie(cookie: str) -> dict[str, str]:
    return {"Cookie": cookie} if cookie else {}


class Visit:
    """A request in its own thread, for an answer that waits for the person at the terminal."""

    def __init__(self, url: str) -> None:
        self._answers: list[Answer] = []
        self._thread = threading.Thread(target=self._get, args=(url,), daemon=True)
        self._thread.start()

    def _get(self, url: str) -> None:
        with suppress(OSError):  # the server may exit during the request
            self._answers.append(get(url, timeout=40))

    def text(self) -> str:
        """Wait for the answer, and return its body."""
        self._thread.join(40)
        assert self._answers, "no answer"
        return self._answers[0].text
