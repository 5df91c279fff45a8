"""Requests that the session sends again after every reload."""

from __future__ import annotations

import asyncio

from devtui.events import Reloaded, StateChanged
from devtui.session.event_bus import EventBus
from devtui.session.replay.comparison import Answer
from devtui.session.replay.outgoing import CannotSend, Outgoing
from devtui.session.replay.sender import Sender
from devtui.session.state import State
from devtui.session.store.request_record import Request

MAX_PINS = 20


class Pin:
    """A pinned request, and the answer that later ones are compared with.

    The store may forget both.
    """

    def __init__(self, request: Request, outgoing: Outgoing, answer: Answer) -> None:
        self.request = request
        self.outgoing = outgoing
        self.answer = answer


class Pins:
    """Send the pinned requests after every reload, one after the other.

    A reload that comes meanwhile begins again. Nothing is sent to a generation that serves only its
    load's error. Pins end with the session: they contain cookies, which do not belong in a file.
    """

    def __init__(self, bus: EventBus, sender: Sender) -> None:
        self._bus = bus
        self._sender = sender
        self._by_id: dict[str, Pin] = {}
        self._sending: asyncio.Task[None] | None = None
        self._reloading = False
        bus.listen(self._reloaded, Reloaded)
        bus.listen(self._state_changed, StateChanged)

    def __len__(self) -> int:
        return len(self._by_id)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the pinned requests."""
        return tuple(self._by_id)

    def of(self, request: Request) -> Pin | None:
        """Return the pin of a request, or of the request that it repeats."""
        return self._by_id.get(request.id) or self._by_id.get(request.row.replay_of)

    def get(self, request_id: str) -> Pin | None:
        """Return the pin of the request with this id."""
        return self._by_id.get(request_id)

    def add(self, pin: Pin) -> None:
        """Send a request after every reload. Raises `CannotSend` if there are too many."""
        if len(self._by_id) >= MAX_PINS:
            raise CannotSend(f"{MAX_PINS} requests are pinned already: unpin another one first.")
        self._by_id[pin.request.id] = pin
        pin.request.pinned = True

    def remove(self, pin: Pin) -> None:
        """Stop sending a request."""
        self._by_id.pop(pin.request.id, None)
        pin.request.pinned = False

    def close(self) -> None:
        """Send nothing more."""
        if self._sending is not None:
            self._sending.cancel()

    def _reloaded(self, event: Reloaded) -> None:
        self.close()
        if self._by_id and not event.failed:
            self._sending = asyncio.get_running_loop().create_task(self._send_all())

    def _state_changed(self, event: StateChanged) -> None:
        self._reloading = event.state == State.RELOADING.value

    async def _send_all(self) -> None:
        for pin in list(self._by_id.values()):
            what = f"The pinned {pin.request.row.method} request {pin.request.id}"
            try:
                sent = await self._sender.send(pin.outgoing, replay_of=pin.request.id)
            except CannotSend as error:
                self._bus.warn(f"{what} was not sent: {error}")
                continue
            if self._reloading:
                return  # the next generation gets them all, and this one could be cut
            if sent.message:
                self._bus.warn(f"{what}: {sent.message}")
