"""The connection of one open page, which the server process has handed over."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from typing import Any, TypeAlias
from urllib.parse import parse_qs, urlsplit

import msgspec

from devtui.session.live import websocket

# A page that reads nothing, as on a sleeping phone, is disconnected. One that reads slowly does not
# get what can wait.
_MAX_UNREAD_BYTES = 64 * 1024
_ROOM_BYTES = 16 * 1024

Version: TypeAlias = "tuple[int, int]"
"""The version of a page: its generation, and the number of saves that needed no new one."""

NO_VERSION: Version = (0, 0)

# A page may be connected to nobody, and not know it.
_IS_ANYBODY_THERE = b"?"

_MESSAGE_BYTES = 8 * 1024

_REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Asked(msgspec.Struct, frozen=True, array_like=True):
    """What the head of the request says."""

    key: str  # of the WebSocket
    origin: str
    host: str
    query: str
    may_read_log: bool = False

    def has(self, page_key: str) -> bool:
        """Whether the page comes from the session that has this key."""
        shown = parse_qs(self.query).get("key", [""])[0]
        from hmac import compare_digest  # the first load does not wait for it

        return compare_digest(shown.encode(), page_key.encode())

    def is_trusted(self, page_key: str) -> bool:
        """Whether this is a page of the app: it has the session's key, or the same host.

        A proxy in front may change the host, and a page may be older than this session.
        """
        if self.has(page_key):
            return True
        return bool(self.host) and urlsplit(self.origin).netloc.lower() == self.host.lower()


class PageConnection(asyncio.Protocol):
    """An open page: send it messages, until it disconnects.

    `on_open` is called once the page has said of which version it is, and what it has had of the
    log. `on_close` is called when it is gone. A page of another session is older than all of this
    one.
    """

    def __init__(
        self,
        asked: Asked,
        page_key: str,
        on_open: Callable[[PageConnection, Version, str], None],
        on_close: Callable[[PageConnection], None],
    ) -> None:
        self.port = 0
        """The port that the page was opened at; 0 if there is none."""
        self._asked = asked
        self._page_key = page_key
        self._on_open = on_open
        self._on_close = on_close
        self._frames = websocket.FrameReader()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Answer the request that was handed over."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        address = transport.get_extra_info("sockname")
        if isinstance(address, tuple):
            self.port = address[1]
        if not self._asked.is_trusted(self._page_key):
            transport.write(_REFUSED)
            transport.close()
            return
        transport.write(websocket.accept(self._asked.key))

    def data_received(self, data: bytes) -> None:
        """Read frames; close the connection at an invalid one."""
        assert self._transport is not None
        try:
            for kind, content in self._frames.take(data):
                if kind == websocket.TEXT and content == _IS_ANYBODY_THERE:
                    self.send({"do": "nothing"})
                elif kind == websocket.TEXT:
                    version, heard = _version(content)
                    if not self._asked.has(self._page_key):
                        version, heard = NO_VERSION, ""
                    self._on_open(self, version, heard)
                elif kind == websocket.PING:
                    self._transport.write(websocket.frame(websocket.PONG, content))
                elif kind == websocket.CLOSE:
                    self._transport.write(websocket.frame(websocket.CLOSE, content[:2]))
                    self._transport.close()
        except websocket.BadFrame:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        """Report that the page is gone."""
        self._on_close(self)

    @property
    def may_read_log(self) -> bool:
        """Whether this is the developer's own page."""
        return self._asked.may_read_log and self._asked.has(self._page_key)

    @property
    def has_room(self) -> bool:
        """Whether the page has read nearly all that was sent."""
        return self._transport is not None and (
            self._transport.get_write_buffer_size() < _ROOM_BYTES
        )

    def send(self, message: dict[str, Any]) -> None:
        """Send a message to the page."""
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(websocket.frame(websocket.TEXT, json.dumps(message).encode()))
        if self._transport.get_write_buffer_size() > _MAX_UNREAD_BYTES:
            self._transport.abort()

    def close(self) -> None:
        """Disconnect."""
        if self._transport is not None:
            self._transport.close()


def _version(content: bytes) -> tuple[Version, str]:
    """Return the version that a page sends, and how much of the log it has; empty if none."""
    version, _, heard = content.partition(b" ")
    generation, _, saves = version.partition(b".")
    if not (generation.isdigit() and saves.isdigit()):
        raise websocket.BadFrame("The page has to send its version.")
    return (int(generation), int(saves)), heard.decode("latin-1")


def written(version: Version) -> str:
    """Return a version as pages have it."""
    return ".".join(map(str, version))


def take_over(receiver: socket.socket) -> tuple[Asked, socket.socket] | None:
    """Return the next connection that comes over this socket; None if there is none."""
    while True:
        try:
            data, descriptors, _, _ = socket.recv_fds(receiver, _MESSAGE_BYTES, 1)
        except BlockingIOError:
            return None
        opened = [socket.socket(fileno=one) for one in descriptors]
        try:
            asked = msgspec.json.decode(data, type=Asked)
        except msgspec.DecodeError:
            for one in opened:
                one.close()
            continue  # the app has written to a descriptor that it found
        for one in opened:
            one.set_inheritable(False)
            one.setblocking(False)
            return asked, one
