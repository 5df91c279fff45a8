"""Send recorded requests again under a profiler, and keep the newest profiles."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import msgspec

from devtui.events import RequestFinished, RequestProfiled
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

END_SECONDS = 3.0
"""How long the app may take to notice that devtui no longer waits for the end of a response."""

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
        self._ends: dict[str, asyncio.Event] = {}
        bus.listen(self._profiled, RequestProfiled)
        bus.listen(self._ended, RequestFinished)

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
        found = None if sent.request is None else await self._profile_of(sent.request)
        if sent.message and (found is None or not found.event.lines):
            raise CannotSend(sent.message)
        if found is None:
            cut = "" if sent.request is None else sent.request.row.cut
            how = f"Its response was cut ({cut.removeprefix('cut ')}), so there is no profile."
            raise CannotSend(how if cut else OLD)
        if not found.event.lines:
            raise CannotSend(found.event.reason)
        return found

    async def _profile_of(self, request: Request) -> Profile | None:
        """Return the profile of a request; wait if devtui has just left, and the app will notice.

        So a response without an end has a profile as well.
        """
        if request.running:
            ended = self._ends[request.id] = asyncio.Event()
            try:
                # If the app hangs there is no profile.
                with suppress(TimeoutError, asyncio.TimeoutError):
                    await asyncio.wait_for(ended.wait(), END_SECONDS)
            finally:
                del self._ends[request.id]
        return self.of(request)

    def _ended(self, event: RequestFinished) -> None:
        waiting = self._ends.get(event.id) if self._ends else None
        if waiting is not None:
            waiting.set()

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
