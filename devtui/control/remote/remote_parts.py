"""The parts of a remote session that ask the other process: frames, requests, pins."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol

import msgspec

from devtui.control.protocol import Refused
from devtui.control.remote.remote_link import LinkLost
from devtui.control.verbs.attaching import NO_EVALUATION
from devtui.events import Evaluated, ExceptionPath, Order, RequestFinished
from devtui.session.event_bus import EventBus
from devtui.session.inspection import Question, Questions, Raised
from devtui.session.replay.outgoing import CannotSend, Outgoing
from devtui.session.replay.pins import Pin, Pins
from devtui.session.replay.sender import TIMEOUT, Sender, Sent
from devtui.session.store.request_record import Request
from devtui.session.store.store import Store
from devtui.session.terminal.terminal_loan import Lender

# How long after its response the row of a request may take to arrive.
_ROW_SECONDS = 3.0


class Asks(Protocol):
    """The methods of the session that these parts use."""

    may_evaluate: bool

    @property
    def why_not(self) -> str:
        """Why nothing can be asked now; empty if it can."""

    def post(self, verb: str, refused: Callable[[str], None], **arguments: Any) -> None:
        """Ask without waiting; `refused` gets the reason if that fails."""

    async def ask_apart(self, verb: str, **arguments: Any) -> Any:
        """Ask over a connection of its own. Raises `Refused` or `LinkLost`."""


class RemoteQuestions(Questions):
    """Ask the server process by way of its session. The answers come as events, as usual."""

    def __init__(self, session: Asks, generation: Callable[[], int]) -> None:
        super().__init__(self._pass_on, generation)
        self.token = f"d{os.urandom(4).hex()}"
        self._session = session

    def evaluate(
        self, error: Raised, exception: ExceptionPath, frame: int, source: str
    ) -> Question[Evaluated]:
        """Run code in a frame, unless the session forbids that."""
        if self._session.may_evaluate:
            return super().evaluate(error, exception, frame, source)
        answer: asyncio.Future[Evaluated] = asyncio.get_running_loop().create_future()
        ask_id, error_id = self._new_id(), error.error_id
        answer.set_result(
            Evaluated(ask_id=ask_id, error_id=error_id, gone=True, reason=NO_EVALUATION)
        )
        return Question(ask_id, answer)

    def why_gone(self, error: Raised) -> str:
        """Return why an error's frames cannot be asked for."""
        return self._session.why_not or super().why_gone(error)

    def lost(self) -> None:
        """Answer all open questions: the session is gone."""
        for ask_id in list(self._open):
            self._give_up(ask_id)

    def _new_id(self) -> str:
        return f"{self.token}-{super()._new_id()}"

    def _pass_on(self, order: Order) -> bool:
        if self._session.why_not:
            return False
        ask_id: str = getattr(order, "ask_id", "")
        self._session.post(
            "ask", lambda why: self._give_up(ask_id), order=msgspec.to_builtins(order)
        )
        return True

    def _give_up(self, ask_id: str) -> None:
        question = self._open.pop(ask_id, None)
        if question is not None and not question.answer.done():
            question.answer.set_result(question.in_place)  # type: ignore[arg-type]


class RemoteSender(Sender):
    """Have the session send requests."""

    def __init__(self, bus: EventBus, store: Store, session: Asks) -> None:
        super().__init__(bus, store, "", lambda: None)
        self._session = session
        self._finished = asyncio.Event()
        bus.listen(lambda event: self._finished.set(), RequestFinished)

    async def send(
        self,
        outgoing: Outgoing,
        *,
        timeout: float = TIMEOUT,
        replay_of: str = "",
        profile: bool = False,
    ) -> Sent:
        """Have a request sent, and wait for its end. Raises `CannotSend`."""
        if why := self._session.why_not:
            raise CannotSend(why)
        try:
            found = await self._session.ask_apart(
                "send_recorded",
                method=outgoing.method,
                target=outgoing.target,
                headers=outgoing.headers,
                body=base64.b64encode(outgoing.body).decode(),
                replay_of=replay_of,
                profile=profile,
                timeout=timeout,
            )
        except Refused as refused:
            raise CannotSend(str(refused)) from refused
        except LinkLost:
            raise CannotSend("The session has ended, so there is no response.") from None
        row = await self._row(found["request_id"])
        return Sent(found["duration_ms"], None, found["message"], row)

    async def _row(self, request_id: str) -> Request | None:
        """Return the row of a request, which comes over another connection."""

        async def come() -> Request:
            while (found := self._store.request(request_id)) is None or found.running:
                self._finished.clear()
                await self._finished.wait()
            return found

        if not request_id:
            return None
        return await _within(come(), _ROW_SECONDS)


async def _within(waiting: Awaitable[Request], seconds: float) -> Request | None:
    try:
        return await asyncio.wait_for(waiting, seconds)
    except asyncio.TimeoutError:
        return None  # it has not ended, or its row is gone


class RemotePins(Pins):
    """The pins of the session, which sends the requests."""

    def __init__(self, bus: EventBus, sender: Sender, session: Asks) -> None:
        super().__init__(bus, sender)
        self._session = session

    def add(self, pin: Pin) -> None:
        """Have a request sent after every reload. Raises `CannotSend`."""
        if why := self._session.why_not:
            raise CannotSend(why)
        super().add(pin)
        self._session.post("pin", self._bus.warn, id=pin.request.id, on=True)

    def remove(self, pin: Pin) -> None:
        """Have a request no longer sent."""
        super().remove(pin)
        self._session.post("pin", self._bus.warn, id=pin.request.id, on=False)

    def take(self, ids: Iterable[str], make: Callable[[str], Pin | None]) -> None:
        """Take over the session's pins."""
        wanted = set(ids)
        for pin in [pin for pin in self._by_id.values() if pin.request.id not in wanted]:
            super().remove(pin)
        for request_id in wanted - set(self._by_id):
            made = make(request_id)
            if made is not None:
                super().add(made)

    def _reloaded(self, event: object) -> None:
        """Send nothing: the session does."""


class NoTerminal:
    """Stands for `TerminalLoan`: only the session's own terminal is lent to the app."""

    def lend_by(self, lender: Lender | None) -> None:
        """Lend nothing."""
