"""Make one HTTP request to the served app, in a thread, with Python's own client."""

from __future__ import annotations

import asyncio
import http.client
import socket
import ssl
import threading
from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import urlsplit

import msgspec

MAX_BODY_BYTES = 2 * 1024 * 1024
"""How much of a response's body is read."""

MAX_THREADS = 16

_threads = threading.BoundedSemaphore(MAX_THREADS)


class Response(msgspec.Struct, frozen=True):
    """What the app has answered; `whole` is false if more followed."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    whole: bool


class TooMany(Exception):
    """Too many requests run already."""


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


async def fetch(
    url: str,
    method: str,
    target: str,
    headers: Sequence[tuple[str, str]],
    body: bytes,
    timeout: float,
) -> Response:
    """Send a request and read the response.

    Raises `OSError`, `http.client.HTTPException` or `TooMany`. The thread is no part of the loop's
    pool, where it would keep others waiting.
    """
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[Response] = loop.create_future()
    if not _threads.acquire(blocking=False):
        raise TooMany

    def settle(result: Response | Exception) -> None:
        if answered.done():
            return  # nobody waits for it any more
        if isinstance(result, Response):
            answered.set_result(result)
        else:
            answered.set_exception(result)

    connection = _connection(url, timeout)

    def work() -> None:
        result: Response | Exception
        try:
            result = _fetch(connection, method, target, headers, body)
        except (OSError, http.client.HTTPException, ValueError) as error:
            result = error
        finally:
            _threads.release()
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, result)

    threading.Thread(target=work, name="devtui-send", daemon=True).start()
    try:
        return await answered
    except asyncio.CancelledError:
        _hang_up(connection)
        raise


def _hang_up(connection: http.client.HTTPConnection) -> None:
    """End a response that nobody waits for any more; its thread ends too."""
    socket_in_use: socket.socket | None = connection.sock
    if socket_in_use is not None:
        with suppress(OSError):  # it has ended just now
            socket_in_use.shutdown(socket.SHUT_RDWR)


def _fetch(
    connection: http.client.HTTPConnection,
    method: str,
    target: str,
    headers: Sequence[tuple[str, str]],
    body: bytes,
) -> Response:
    try:
        given = {name.lower() for name, _ in headers}
        connection.putrequest(method, target, skip_host="host" in given, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value.encode("latin-1"))
        if body or method in ("POST", "PUT", "PATCH"):
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body or None)
        response = connection.getresponse()
        content = response.read(MAX_BODY_BYTES)
        whole = len(content) < MAX_BODY_BYTES or not response.read(1)
        return Response(
            response.status, response.reason, tuple(response.getheaders()), content, whole
        )
    finally:
        connection.close()


def _connection(url: str, timeout: float) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return _UnixConnection(parts.path, timeout)
    host = parts.hostname or "127.0.0.1"
    if parts.scheme == "https":
        # It is our own server, on an address of this machine; its certificate is often made up.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return http.client.HTTPSConnection(host, parts.port, timeout=timeout, context=context)
    return http.client.HTTPConnection(host, parts.port, timeout=timeout)
