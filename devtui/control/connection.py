"""One client of the control socket: its lines, its running requests, and their answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import msgspec

from devtui.control.protocol import (
    INTERNAL,
    MAX_ANSWER_BYTES,
    MAX_REQUEST_BYTES,
    UNKNOWN,
    USAGE,
    VERSION,
    Refused,
)
from devtui.events import encode_printable
from devtui.text.sanitize import visible

MAX_RUNNING = 16
"""How many requests of one client run at a time; the next ones wait in the socket."""

SILENT_SECONDS = 60.0
"""How long a client may say nothing while none of its requests runs."""

_WRITE_SECONDS = 10.0
_MAX_ERROR = 500


class ClientRequest(msgspec.Struct, frozen=True):
    """One line of a client."""

    devtui: int
    verb: str
    id: int | str | None = None
    arguments: dict[str, Any] = {}
    client: str = ""


class Fault(msgspec.Struct, frozen=True):
    """Why a request gets no result."""

    code: str
    message: str


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line to a client: a result, an item of several, or a fault."""

    devtui: int
    id: int | str | None
    result: object = msgspec.UNSET
    item: object = msgspec.UNSET
    error: Fault | msgspec.UnsetType = msgspec.UNSET


Tell: TypeAlias = Callable[[object], Awaitable[None]]
Carry: TypeAlias = Callable[[ClientRequest, Tell], Awaitable[object]]

_decode = msgspec.json.Decoder(ClientRequest).decode


class Connection:
    """Read requests and write answers. `carry` carries out a request and returns its result."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, carry: Carry
    ) -> None:
        self.last_heard = time.monotonic()
        self._reader = reader
        self._writer = writer
        self._carry = carry
        self._running: set[asyncio.Task[None]] = set()
        self._following: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(MAX_RUNNING)
        self._writing = asyncio.Lock()

    @property
    def idle(self) -> bool:
        """Whether none of its requests runs."""
        return not self._running

    def close(self) -> None:
        """Abort the connection, and cancel its requests."""
        self._writer.transport.abort()
        for task in self._running:
            task.cancel()

    async def run(self) -> None:
        """Answer until the client is gone, or has been silent for too long."""
        try:
            while (line := await self._next_line()) is not None:
                await self._room.acquire()
                self.last_heard = time.monotonic()
                task = asyncio.create_task(self._answer(line))
                self._running.add(task)
                task.add_done_callback(self._done)
            # The client may have closed only its half, and still read.
            for task in self._following:
                task.cancel()
            while self._running:
                await asyncio.wait(self._running)
        except ConnectionError:
            pass  # the client is gone, and nobody is left to answer
        finally:
            for task in self._running:
                task.cancel()
            self._writer.close()

    async def _next_line(self) -> bytes | None:
        """Return the next line; None at the end."""
        while True:
            read = asyncio.ensure_future(self._reader.readuntil(b"\n"))
            try:
                return await asyncio.wait_for(read, SILENT_SECONDS)
            except asyncio.TimeoutError:
                if self.idle:
                    return None
            except asyncio.IncompleteReadError:
                return None
            except asyncio.LimitOverrunError:
                most = MAX_REQUEST_BYTES
                await self._fault(None, USAGE, f"A request has at most {most:,} bytes.")
                return None

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._following.discard(task)
        self._room.release()
        self.last_heard = time.monotonic()

    async def _answer(self, line: bytes) -> None:
        try:
            await self._respond(line)
        except ConnectionError:
            self.close()

    async def _respond(self, line: bytes) -> None:
        try:
            request = _decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            await self._fault(None, USAGE, f"This is not a request: {error}.")
            return
        request_id = request.id

        async def tell(item: object) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._following.add(task)
            await self._write(Answer(VERSION, request_id, item=item))

        try:
            if request.devtui != VERSION:
                raise Refused(
                    f"This devtui speaks version {VERSION} of the protocol, not {request.devtui}: "
                    "use the ctl of the same devtui.",
                    UNKNOWN,
                )
            result = await self._carry(request, tell)
            await self._write(Answer(VERSION, request_id, result=result))
        except Refused as refused:
            await self._fault(request_id, refused.code, str(refused))
        except ConnectionError:
            raise
        except Exception as error:  # the client waits for an answer, whatever happens
            what = visible(f"{type(error).__name__}: {error}", _MAX_ERROR)
            await self._fault(request_id, INTERNAL, f"devtui could not answer this ({what}).")

    async def _fault(self, request_id: int | str | None, code: str, message: str) -> None:
        await self._write(Answer(VERSION, request_id, error=Fault(code, message)))

    async def _write(self, answer: Answer) -> None:
        line = encode_printable(answer)
        if len(line) > MAX_ANSWER_BYTES:
            text = f"The answer has more than {MAX_ANSWER_BYTES:,} bytes: ask for less."
            line = encode_printable(Answer(VERSION, answer.id, error=Fault(INTERNAL, text)))
        async with self._writing:
            self._writer.write(line)
            try:
                await asyncio.wait_for(self._writer.drain(), _WRITE_SECONDS)
            except asyncio.TimeoutError:
                self.close()  # it does not read
