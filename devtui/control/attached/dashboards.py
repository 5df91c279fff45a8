"""Pass the session's events on to the dashboards that are attached to it.

An event is encoded once for all of them. The events that wait for a dashboard have a bound.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import get_args

import msgspec

from devtui.control.attached.session_facts import SessionFacts, facts_of
from devtui.control.attached.session_history import MAX_EVENT_BYTES, history_of
from devtui.events import (
    AnyEvent,
    Completed,
    DebuggerReady,
    Evaluated,
    EventsDropped,
    FilesRead,
    HeadStartChecked,
    ImportsTraced,
    LiveSet,
    LocalsShown,
    LogWritten,
    PageLeftAlone,
    ProfilerChecked,
    ProjectChecked,
    RequestFinished,
    RequestStarted,
    RoutesShown,
    StackShown,
    StandbyUnfit,
    TemplatesFound,
    TerminalInterrupted,
    encode,
)
from devtui.events import DashboardsAttached as Attached
from devtui.session.session import Session

MAX_WAITING_BYTES = 4 * 1024 * 1024
"""How much may wait for a dashboard that does not read. After that it begins from the start."""

ITEM_BYTES = 256 * 1024
"""About how much is sent at a time."""

_FACTS_SECONDS = 0.5
"""How long a change of the facts without an event may stay unseen."""

_ANSWERS = (LocalsShown, Evaluated, Completed, StackShown, RoutesShown, ProfilerChecked)
_MANY = (LogWritten, RequestStarted, RequestFinished)
# Events for the session alone. The PIN is among the facts, for dashboards that may have it.
_KEPT_BACK = (
    *(DebuggerReady, FilesRead, HeadStartChecked, ImportsTraced, LiveSet, PageLeftAlone),
    *(ProjectChecked, StandbyUnfit, TemplatesFound, TerminalInterrupted),
)


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part of what a dashboard gets: encoded events, and the encoded `facts` after them.

    If it `begins`, the dashboard has to forget everything: the history follows, as `old` events
    and the ids of requests `without_details`.
    """

    begins: bool = False
    old: bool = False
    facts: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    events: tuple[msgspec.Raw, ...] = ()
    without_details: tuple[str, ...] = ()


class Follower:
    """One attached dashboard: the events that wait for it, with a bound."""

    def __init__(self, token: str, facts: Callable[[], SessionFacts]) -> None:
        """`token` begins the ids of its questions."""
        self.token = token
        self.behind = False
        """Whether too much waited for it, so that it has to begin from the start."""
        self._facts = facts
        self._told: SessionFacts | None = None
        self._told_at = 0.0
        self._waiting: deque[msgspec.Raw] = deque()
        self._bytes = 0
        self._news = asyncio.Event()

    def put(self, line: msgspec.Raw, size: int, *, urgent: bool) -> None:
        """Add an event; an `urgent` one may have changed the facts."""
        if self.behind:
            return
        self._waiting.append(line)
        self._bytes += size
        if urgent:
            self._told_at = 0.0
        if self._bytes > MAX_WAITING_BYTES:
            self.behind = True
            self._waiting.clear()
            self._bytes = 0
        self._news.set()

    def begin(self, session: Session) -> Iterator[Item]:
        """Return the history so far; the events from now on wait."""
        self.behind = False
        self._waiting.clear()
        self._bytes = 0
        history = history_of(session.store)
        self._told, self._told_at = self._facts(), time.monotonic()
        first = Item(begins=True, facts=_encoded(self._told))
        return self._history(first, history.events, history.without_details)

    def _history(
        self, first: Item, events: tuple[msgspec.Raw, ...], without_details: tuple[str, ...]
    ) -> Iterator[Item]:
        yield first
        waiting = deque(events)
        while waiting:
            yield Item(old=True, events=_some(waiting))
        yield Item(old=True, without_details=without_details)

    async def next(self) -> Item | None:
        """Wait for the next item; None if it has to begin from the start."""
        while True:
            try:
                await asyncio.wait_for(self._news.wait(), _FACTS_SECONDS)
            except asyncio.TimeoutError:
                self._told_at = 0.0
            self._news.clear()
            if self.behind:
                return None
            item = self._take()
            if item is not None:
                return item

    def _take(self) -> Item | None:
        events = _some(self._waiting)
        self._bytes -= sum(memoryview(event).nbytes for event in events)
        if self._waiting:
            self._news.set()
        now = time.monotonic()
        if now - self._told_at > _FACTS_SECONDS:
            found, self._told_at = self._facts(), now
            if found != self._told:
                self._told = found
                return Item(facts=_encoded(found), events=events)
        return Item(events=events) if events else None


def _encoded(facts: SessionFacts) -> msgspec.Raw:
    return msgspec.Raw(encode(facts)[:-1])


def _some(waiting: deque[msgspec.Raw]) -> tuple[msgspec.Raw, ...]:
    found, size = [], 0
    while waiting and size < ITEM_BYTES:
        line = waiting.popleft()
        size += memoryview(line).nbytes
        found.append(line)
    return tuple(found)


class Dashboards:
    """The dashboards that are attached to one session."""

    def __init__(self, session: Session, *, may_evaluate: bool) -> None:
        self.may_evaluate = may_evaluate
        self._session = session
        self._identity = os.urandom(8).hex()
        self._followers: list[Follower] = []
        # The bus keeps its listeners for ever, so this one listens for all followers.
        told = [kind for kind in get_args(AnyEvent) if kind not in _KEPT_BACK]
        session.bus.listen(self._heard, *told)

    def facts(self) -> SessionFacts:
        """Return the session's facts as of now."""
        return facts_of(self._session, self._identity, os.getpid(), may_evaluate=self.may_evaluate)

    @contextmanager
    def following(self, token: str) -> Iterator[Follower]:
        """Let a dashboard follow while the context lasts."""
        follower = Follower(token, self.facts)
        self._followers.append(follower)
        self._tell_count()
        try:
            yield follower
        finally:
            self._followers.remove(follower)
            self._tell_count()

    def _tell_count(self) -> None:
        self._session.bus.tell(Attached(count=len(self._followers)))

    def _heard(self, event: AnyEvent) -> None:
        if not self._followers:
            return
        followers = self._followers
        if isinstance(event, _ANSWERS):
            followers = [one for one in followers if event.ask_id.startswith(f"{one.token}-")]
            if not followers:
                return
        line = encode(event)[:-1]
        if len(line) > MAX_EVENT_BYTES:
            line = encode(EventsDropped(generation=event.generation, count=1))[:-1]
        for follower in followers:
            follower.put(msgspec.Raw(line), len(line), urgent=not isinstance(event, _MANY))
