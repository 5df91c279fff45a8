"""Send recorded requests again under a profiler, and keep the newest profiles."""

from __future__ import annotations

import asyncio

import msgspec

from devtui.events import RequestProfiled
from devtui.session.event_bus import EventBus
from devtui.session.inspection import Questions
from devtui.session.replay.outgoing import CannotSend, recorded
from devtui.session.replay.sender import Sender
from devtui.session.store.request_record import Request
from devtui.session.store.store import Store

MAX_KEPT = 20
"""How many profiles are kept."""

CHECK_SECONDS = 10.0
"""How long the server process may take to import the profiler."""

TIMEOUT = 120.0
"""How long a profiled request may take, in seconds."""

NO_ANSWER = "The server process does not answer, so nothing was sent."
OLD = "The app has answered, but not as a part of this session: there is no profile."


class Profile(msgspec.Struct, frozen=True, eq=False):
    """A request that was profiled, and where its time went.

    `plain_ms` is how long the repeated request took without the profiler, if that is known.
    """

    request: Request
    event: RequestProfiled
    plain_ms: float | None = None


class Profiler:
    """Profile requests; several may run at once."""

    def __init__(self, bus: EventBus, store: Store, sender: Sender, questions: Questions) -> None:
        self._store = store
        self._sender = sender
        self._questions = questions
        self._kept: dict[str, RequestProfiled] = {}
        bus.listen(self._profiled, RequestProfiled)

    async def profile(self, request: Request) -> Profile:
        """Send a request again, and return its profile.

        Raises `CannotSend` with a sentence if nothing was sent, or if there is no profile.
        """
        outgoing = recorded(request)
        question = self._questions.check_profiler()
        try:
            checked = await asyncio.wait_for(question.answer, CHECK_SECONDS)
        except (TimeoutError, asyncio.TimeoutError):
            self._questions.forget(question.ask_id)
            raise CannotSend(NO_ANSWER) from None
        if checked.reason:
            raise CannotSend(checked.reason)
        sent = await self._sender.send(
            outgoing, timeout=TIMEOUT, replay_of=request.id, profile=True
        )
        if sent.message:
            raise CannotSend(sent.message)
        found = None if sent.request is None else self.of(sent.request)
        if found is None:
            cut = "" if sent.request is None else sent.request.row.cut
            how = f"Its response was cut ({cut.removeprefix('cut ')}), so there is no profile."
            raise CannotSend(how if cut else OLD)
        if not found.event.lines:
            raise CannotSend(found.event.reason)
        return found

    def of(self, request: Request) -> Profile | None:
        """Return the profile of a request, None if there is none or it is no longer kept."""
        event = self._kept.get(request.id)
        if event is None:
            return None
        before: Request | None = request
        while before is not None and before.id in self._kept:
            before = self._store.request(before.row.replay_of or None)
        if before is None or before.running:
            return Profile(request, event)
        return Profile(request, event, before.row.duration_ms)

    def _profiled(self, event: RequestProfiled) -> None:
        self._kept[event.request_id] = event
        while len(self._kept) > MAX_KEPT:
            del self._kept[next(iter(self._kept))]
