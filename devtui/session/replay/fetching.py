"""Make one HTTP request to the served app, in a thread, with Python's own client."""

from __future__ import annotations

import asyncio
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import urlsplit

import msgspec

MAX_BODY_BYTES = 2 * 1024 * 1024
"""How much of a response's body is kept. The rest is read: the app must not see it cut."""

MAX_READ_BYTES = 256 * 1024 * 1024
"""How much is read: an endless response may be fast."""

_PIECE = 256 * 1024

MAX_THREADS = 16

_threads = threading.BoundedSemaphore(MAX_THREADS)


class Response(msgspec.Struct, frozen=True):
    """The app's response; `whole` is false if there was more."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    whole: bool


class TooMany(Exception):
    """Too many requests run already."""


class Endless(Exception):
    """A response has begun, and has not ended in time."""


class _Connection(http.client.HTTPConnection):
    def _encode_request(self, request: str) -> bytes:
        # Some clients send targets that are not ASCII.
        return request.encode("latin-1")


class _SecureConnection(_Connection, http.client.HTTPSConnection):
    pass


class _UnixConnection(_Connection):
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

    Raises `OSError`, `http.client.HTTPException`, `Endless` or `TooMany`. The thread is not
    one of the loop's pool, where it would keep other work waiting.
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

    fetching = _Fetching(_connection(url, timeout), time.monotonic() + timeout)

    def work() -> None:
        result: Response | Exception
        try:
            result = fetching.fetch(method, target, headers, body)
        except (OSError, http.client.HTTPException, ValueError, Endless) as error:
            result = error
        finally:
            _threads.release()
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, result)

    threading.Thread(target=work, name="devtui-send", daemon=True).start()
    try:
        return await answered
    except asyncio.CancelledError:
        fetching.hang_up()
        raise


class _Fetching:
    """One request on its way. Only `hang_up` is for another thread."""

    def __init__(self, connection: http.client.HTTPConnection, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline
        # A response that closes the connection takes the socket away from it.
        self._socket: socket.socket | None = None

    def fetch(
        self, method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes
    ) -> Response:
        """Send the request and read the response."""
        connection = self._connection
        try:
            connection.connect()
            self._socket = connection.sock
            given = {name.lower() for name, _ in headers}
            skip_host = "host" in given
            connection.putrequest(method, target, skip_host=skip_host, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value.encode("latin-1"))
            if body or method in ("POST", "PUT", "PATCH"):
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            with connection.getresponse() as response:
                content, whole = self._read(response)
            found = tuple(response.getheaders())
            return Response(response.status, response.reason, found, content, whole)
        finally:
            connection.close()

    def _read(self, response: http.client.HTTPResponse) -> tuple[bytes, bool]:
        """Read to the end; return the beginning of the body, and whether that is all of it."""
        content, size = bytearray(), 0
        while size < MAX_READ_BYTES:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise Endless
            assert self._socket is not None, "it is connected"
            self._socket.settimeout(left)
            try:
                piece = response.read1(_PIECE)
            except TimeoutError:
                raise Endless from None
            except (http.client.IncompleteRead, ConnectionError):
                return bytes(content), False
            if not piece:
                return bytes(content), size == len(content) and not response.length
            size += len(piece)
            content += piece[: MAX_BODY_BYTES - len(content)]
        return bytes(content), False

    def hang_up(self) -> None:
        """End a response that nobody waits for any more; its thread ends too."""
        in_use = self._socket
        if in_use is not None:
            with suppress(OSError):  # it has ended just now
                in_use.shutdown(socket.SHUT_RDWR)


def _connection(url: str, timeout: float) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return _UnixConnection(parts.path, timeout)
    host = parts.hostname or "127.0.0.1"
    if parts.scheme == "https":
        # It is our own server, on an address of this machine; its certificate is often made up.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return _SecureConnection(host, parts.port, timeout=timeout, context=context)
    return _Connection(host, parts.port, timeout=timeout)
