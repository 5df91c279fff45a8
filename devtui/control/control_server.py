"""The control socket's server, on the session's event loop."""

from __future__ import annotations

import asyncio
import os
import socket
from functools import partial

import msgspec

from devtui.config import yes_or_no
from devtui.control.attached.dashboards import Dashboards
from devtui.control.connection import ClientRequest, Connection, Tell
from devtui.control.listening import BACKLOG, Listening, machine
from devtui.control.news import News
from devtui.control.peer import user_of
from devtui.control.place import PlaceError, Record
from devtui.control.protocol import INTERNAL, MAX_REQUEST_BYTES, UNKNOWN, USAGE, Refused
from devtui.control.verbs.attaching import OF_DASHBOARDS
from devtui.control.verbs.every import VERBS
from devtui.control.verbs.status import record
from devtui.control.verbs.verb import VerbCall
from devtui.events import AppLoaded, ControlUsed, LogWritten, StateChanged
from devtui.session.made_aside import made_aside
from devtui.session.session import Session
from devtui.text.sanitize import visible

MAX_CONNECTIONS = 32
"""How many clients may be connected. A further one takes the place of one that asks nothing."""

_MAX_NAME = 40


class ControlServer:
    """Answers clients for one session, from `run` until that is cancelled."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._connections: dict[Connection, asyncio.Task[None]] = {}
        self._news = News(session.bus)
        said = yes_or_no.parse(os.environ.get("DEVTUI_CONTROL_EVAL") or "yes")
        self._may_evaluate = said is not False
        self._dashboards = Dashboards(session, may_evaluate=self._may_evaluate)

    async def run(self) -> None:
        """Listen and answer. Raises `PlaceError` if there is no place for the socket."""
        listening = await made_aside(partial(Listening, self._record()), Listening.close)
        server = None
        try:
            server = await asyncio.start_unix_server(
                self._connected,
                sock=listening.socket,
                limit=MAX_REQUEST_BYTES,
                backlog=BACKLOG,
            )
            changed = asyncio.Event()
            with self._news.listening(lambda event: changed.set(), StateChanged, AppLoaded):
                written = self._record()
                complained = False
                while True:
                    await changed.wait()
                    changed.clear()
                    if (now := self._record()) == written:
                        continue
                    try:
                        await asyncio.to_thread(listening.write, now)
                    except PlaceError as error:
                        # The old record leads here too, and the next write may work.
                        if not complained:
                            self._session.warn(f"devtui ctl may show an old address: {error}")
                        complained = True
                    else:
                        written, complained = now, False
        finally:
            if server is not None:
                server.close()
            for connection in self._connections:
                connection.close()
            await asyncio.gather(*self._connections.values())
            listening.close()

    def _record(self) -> Record:
        return record(self._session, machine())

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected: socket.socket = writer.get_extra_info("socket")
        if user_of(connected) not in (None, os.geteuid()) or not self._make_room():
            writer.transport.abort()
            return
        connection = Connection(reader, writer, self._carry)
        task = asyncio.current_task()
        assert task is not None
        self._connections[connection] = task
        try:
            await connection.run()
        finally:
            del self._connections[connection]

    def _make_room(self) -> bool:
        """Close a client that asks nothing if there are too many; return whether there is room."""
        if len(self._connections) < MAX_CONNECTIONS:
            return True
        idle = [one for one in self._connections if one.idle]
        if not idle:
            return False
        oldest = min(idle, key=lambda one: one.last_heard)
        oldest.close()
        return True

    def _report(self, used: ControlUsed) -> None:
        """Report what a client does, also in the log, so that nobody wonders about a restart."""
        bus, text = self._session.bus, f"{used.client}: {used.text}"
        bus.tell(used)
        bus.tell(LogWritten(stream="log", logger="devtui", level="INFO", text=text))

    async def _carry(self, request: ClientRequest, tell: Tell) -> object:
        """Carry out a request, and report it if it did something."""
        verb = VERBS.get(request.verb) or OF_DASHBOARDS.get(request.verb)
        if verb is None:
            named = visible(request.verb, _MAX_NAME)
            raise Refused(f"There is no verb {named}: use {', '.join(VERBS)}.", UNKNOWN)
        try:
            arguments = msgspec.convert(request.arguments, verb.arguments)
        except msgspec.ValidationError as error:
            raise Refused(f"{request.verb}: {error}", USAGE) from error
        client = visible(request.client, _MAX_NAME) or "agent"
        if acts := verb.acts(arguments):
            self._report(ControlUsed(client=client, verb=request.verb, text=acts))
        call = VerbCall(
            self._session,
            self._news,
            arguments,
            client,
            tell,
            self._dashboards,
            self._may_evaluate,
        )
        try:
            return await verb.answer(call)
        except (Refused, ConnectionError):
            raise
        except Exception as error:
            what = f"devtui ctl {request.verb} failed: {type(error).__name__}: {error}"
            self._session.warn(visible(what, 500))
            raise Refused(what, INTERNAL) from error
