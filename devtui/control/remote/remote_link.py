"""A connection to the control socket of another process, on an event loop."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec

from devtui.control.protocol import MAX_ANSWER_BYTES, MAX_REQUEST_BYTES, VERSION, Refused
from devtui.session.made_aside import made_aside
from devtui.session.store.store import DASHBOARD

_encode = msgspec.json.Encoder().encode


class _Fault(msgspec.Struct, frozen=True):
    code: str
    message: str


class _Answer(msgspec.Struct, frozen=True):
    """One line of the session; see `protocol`."""

    devtui: int
    id: int | None = None
    result: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    item: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    error: _Fault | None = None


_decode = msgspec.json.Decoder(_Answer).decode


class LinkLost(ConnectionError):
    """The session has ended, or has dropped this connection."""


def _close(connection: socket.socket | None) -> None:
    if connection is not None:
        connection.close()


class RemoteLink:
    """Use verbs, and follow one of them. `read` has to run meanwhile."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._numbers = itertools.count(1)
        self._open: dict[int, asyncio.Future[msgspec.Raw]] = {}
        self._lost = False

    @classmethod
    async def made(cls, connect: Callable[[], socket.socket | None]) -> RemoteLink | None:
        """Connect in a thread. A socket that comes after this was cancelled is closed."""
        connection = await made_aside(connect, _close)
        if connection is None:
            return None
        connection.setblocking(False)
        return cls(*await asyncio.open_unix_connection(sock=connection, limit=2 * MAX_ANSWER_BYTES))

    def begin(self, verb: str, arguments: dict[str, Any]) -> int:
        """Send a request, and return its number. If the session is gone, nothing is sent."""
        number = next(self._numbers)
        request = {
            "devtui": VERSION,
            "id": number,
            "verb": verb,
            "arguments": arguments,
            "client": DASHBOARD,
        }
        line = _encode(request)
        if len(line) >= MAX_REQUEST_BYTES:
            raise Refused("It is too large to be sent from an attached dashboard.")
        if not self._lost:
            self._writer.write(line + b"\n")
        return number

    async def ask(self, verb: str, **arguments: Any) -> Any:
        """Return the result of a verb. Raises `Refused` or `LinkLost`."""
        number = self.begin(verb, arguments)
        if self._lost:
            raise LinkLost
        answer: asyncio.Future[msgspec.Raw] = asyncio.get_running_loop().create_future()
        self._open[number] = answer
        try:
            return msgspec.json.decode(await answer)
        finally:
            self._open.pop(number, None)

    async def read(self, followed: int | None = None) -> AsyncIterator[msgspec.Raw]:
        """Yield the items of the request `followed`, and settle the other requests.

        It ends with the connection. Raises `Refused` if the session refuses that request.
        """
        try:
            while True:
                answer = _decode(await self._reader.readuntil(b"\n"))
                if answer.id == followed and followed is not None:
                    if answer.error is not None:
                        raise Refused(answer.error.message, answer.error.code)
                    if isinstance(answer.item, msgspec.Raw):
                        yield answer.item
                elif answer.id is not None:
                    self._settle(answer.id, answer)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, OSError):
            return  # the session has ended, or has dropped the connection
        finally:
            self.close()

    def _settle(self, number: int, answer: _Answer) -> None:
        waiting = self._open.get(number)
        if waiting is None or waiting.done():
            return
        if answer.error is not None:
            waiting.set_exception(Refused(answer.error.message, answer.error.code))
        elif isinstance(answer.result, msgspec.Raw):
            waiting.set_result(answer.result)

    def close(self) -> None:
        """Close the connection; open requests get no answer."""
        self._lost = True
        self._writer.close()
        for waiting in self._open.values():
            if not waiting.done():
                waiting.set_exception(LinkLost("the session is gone"))
