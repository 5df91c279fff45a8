"""HTTP requests to a server under test: to an address of this machine, or to a Unix socket."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage
from urllib.parse import urlencode, urlsplit


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


def connection(url: str, timeout: float, socket_path: str | None = None) -> HTTPConnection:
    """A connection for the URL, such as `http://127.0.0.1:5000/` or `http://[::1]:5000/`."""
    if socket_path is not None:
        return UnixConnection(socket_path, timeout)
    parts = urlsplit(url)
    assert parts.hostname in ("127.0.0.1", "::1", "localhost"), f"{url} is not on this machine"
    return HTTPConnection(parts.hostname, parts.port, timeout=timeout)


def send(
    method: str,
    url: str,
    *,
    timeout: float = 10,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
    socket_path: str | None = None,
) -> Answer:
    """One request and its whole response; redirects are not followed.

    The part of the URL after the host is sent as it is.
    """
    conn = connection(url, timeout, socket_path)
    try:
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        conn.request(method, target, body=body, headers=headers or {})
        response = conn.getresponse()
        return Answer(response.status, response.msg, response.read())
    finally:
        conn.close()


def get(url: str, timeout: float = 10, **options: str) -> Answer:
    """GET the URL."""
    return send("GET", url, timeout=timeout, socket_path=options.get("socket_path"))


def post(url: str, fields: dict[str, str], cookie: str = "", timeout: float = 10) -> Answer:
    """POST a form to the URL."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if cookie:
        headers["Cookie"] = cookie
    return send("POST", url, timeout=timeout, body=urlencode(fields).encode(), headers=headers)


def send_raw(port: int, request: bytes, timeout: float = 10) -> bytes:
    """Send bytes that no honest client would, and read until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as conn:
        conn.sendall(request)
        answer = b""
        while chunk := conn.recv(65536):
            answer += chunk
    return answer
