"""Send requests again, find the one that each repeats, and compare the two."""

from __future__ import annotations

from functools import cached_property
from itertools import islice
from pathlib import Path

from devtui.config.state_file import ProjectFile
from devtui.events import CLIENT_LEFT, RequestFinished
from devtui.session.event_bus import EventBus
from devtui.session.replay.comparison import Answer, Comparison, compare
from devtui.session.replay.ignores import Ignores
from devtui.session.replay.outgoing import CannotSend, Outgoing, recorded
from devtui.session.replay.pins import Pin, Pins
from devtui.session.replay.sender import TIMEOUT, Sender, Sent
from devtui.session.store.request_record import Request
from devtui.session.store.store import Store
from devtui.text import masking
from devtui.text.sgr import plain

SEARCHED = 1_000
COMPARED_AGAIN = 50
"""How many of the SEARCHED newest rows to compare when the rules change: the key waits for it."""


class Replays:
    """Send requests again, and compare the answers. Each new row gets its verdict at once."""

    def __init__(
        self,
        bus: EventBus,
        store: Store,
        sender: Sender,
        folder: Path,
        pins: Pins | None = None,
    ) -> None:
        """`folder` is the project's, which keeps what comparisons ignore."""
        self._store = store
        self._sender = sender
        self._folder = folder
        self.pins = Pins(bus, sender) if pins is None else pins
        bus.listen(self._finished, RequestFinished)

    @cached_property
    def ignores(self) -> Ignores:
        """What comparisons in this project ignore."""
        return Ignores(ProjectFile(self._folder, "compared"))

    async def send(
        self, request: Request, changed: Outgoing | None = None, timeout: float = TIMEOUT
    ) -> Sent:
        """Send a request as it was recorded, or changed. Raises `CannotSend`."""
        outgoing = changed or recorded(request)
        return await self._sender.send(outgoing, timeout=timeout, replay_of=request.id)

    def pin(self, request: Request) -> None:
        """Send a request after every reload, as it was recorded. Raises `CannotSend`."""
        self.pins.add(self.pin_of(request))

    def pin_of(self, request: Request) -> Pin:
        """Make the pin of a request. Raises `CannotSend`."""
        answer = self._answer(request)
        outgoing = recorded(request)
        assert answer is not None, "a recorded request has an answer"
        finished = answer.finished
        if finished.cut and (finished.status is None or finished.cut == CLIENT_LEFT):
            raise CannotSend(
                f"Its response was cut ({finished.cut.removeprefix('cut ')}), so there is nothing "
                "to compare with: send it again, and pin the new row."
            )
        return Pin(request, outgoing, answer)

    def original_of(self, request: Request) -> Request | None:
        """Return the request that this one repeats, None if there is none or it is gone."""
        replay_of = request.row.replay_of
        pin = self.pins.get(replay_of)
        return self._store.request(replay_of or None) if pin is None else pin.request

    def comparison(self, request: Request) -> Comparison | None:
        """Compare a request with the one that it repeats; None if an answer is not known."""
        original = self.original_of(request)
        if original is None:
            return None
        pin = self.pins.get(original.id)
        before = self._answer(original) if pin is None else pin.answer
        after = self._answer(request)
        if before is None or after is None:
            return None
        return compare(before, after, self.ignores)

    def compare_again(self) -> None:
        """Update the verdicts of the newest rows after the rules have changed."""
        newest = reversed(list(self._store.requests)[-SEARCHED:])
        for request in islice((one for one in newest if one.verdict), COMPARED_AGAIN):
            self._compare(request)

    def _compare(self, request: Request) -> None:
        found = self.comparison(request)
        if found is not None:
            request.verdict = found.verdict

    def _answer(self, request: Request) -> Answer | None:
        finished = request.finished
        if finished is None or request.details_dropped:
            return None
        output = self._store.output_of(request)
        lines = (masking.in_log(plain(line)) for entry in output for line in entry.lines)
        return Answer(finished, tuple(lines), request.started.headers)

    def _finished(self, event: RequestFinished) -> None:
        request = self._store.request(event.id) if event.replay_of else None
        if request is not None:
            self._compare(request)
