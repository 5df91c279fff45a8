"""A session that another process runs, with all parts that a dashboard uses."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable

import msgspec

from devtui.control import place
from devtui.control.attached.dashboards import Item
from devtui.control.attached.session_facts import (
    Greeting,
    SessionFacts,
    differing_version,
)
from devtui.control.place import Found
from devtui.control.protocol import Refused
from devtui.control.remote.remote_keys import CONNECT_SECONDS, GONE, NOT_YET, RemoteKeys
from devtui.control.remote.remote_link import RemoteLink
from devtui.control.remote.remote_parts import NoTerminal, RemotePins, RemoteQuestions, RemoteSender
from devtui.control.remote.remote_values import Values
from devtui.events import StateChanged, decode_event
from devtui.ports import addresses
from devtui.session.event_bus import EventBus
from devtui.session.profiles.profiler import Profiler
from devtui.session.replay.outgoing import CannotSend
from devtui.session.replay.pins import Pin
from devtui.session.replay.replays import Replays
from devtui.session.served_app import ServedApp
from devtui.session.state import State
from devtui.session.store.store import Store
from devtui.version import __version__

RETRY_SECONDS = 0.5
"""How long to wait before looking for a session again."""

NO_STOP = "it must not be stopped from other terminals (DEVTUI_CONTROL_EVAL=0)"

_decode_item = msgspec.json.Decoder(Item).decode
_decode_facts = msgspec.json.Decoder(SessionFacts).decode


class RemoteSession(RemoteKeys):
    """Follow a session, carry out keys in it, and wait for the next one when it ends.

    It has the parts of `ShownSession`. The store takes in the events of the session.
    `on_begin` is called when the history begins again; its argument says whether it is that of
    another session.
    """

    def __init__(self, found: Found, greeting: Greeting) -> None:
        facts = greeting.facts
        self.on_begin: Callable[[bool], None] = lambda another: None
        self.may_evaluate = facts.may_evaluate
        self.session_pid = facts.pid
        super().__init__(EventBus(lambda: self.generation), found)
        self.store = Store()
        self.served = ServedApp(in_code=facts.in_code)
        self.terminal = NoTerminal()
        self.questions = RemoteQuestions(self, lambda: self.generation)
        self.generation = 0
        self.state = State.STARTING
        self.settings = facts.settings(greeting.preferences)
        self._values = Values()
        self._preferences = greeting.preferences
        self._identity = facts.identity
        self._terminal_for = ""
        self._others: set[tuple[str, int]] = set()
        self._closing = asyncio.Event()
        self.store.subscribe_to(self.bus)
        self.questions.subscribe_to(self.bus)
        sender = RemoteSender(self.bus, self.store, self)
        self._pins = RemotePins(self.bus, sender, self)
        self.replays = Replays(self.bus, self.store, sender, self.settings.folder, self._pins)
        self.profiler = Profiler(self.bus, self.store, sender, self.questions)
        self._take_facts(facts)

    # -- what a dashboard reads ----------------------------------------------------------------

    @property
    def attachment(self) -> RemoteSession:
        """The connection to the session; see `Attachment`."""
        return self

    @property
    def notice(self) -> str:
        """What is unusual, for the header."""
        if self._problem and self._problem is not NOT_YET:
            return self._problem
        if self._terminal_for:
            return f"{self._terminal_for} has the terminal of process {self.session_pid}"
        return ""

    @property
    def why_not_stop(self) -> str:
        """Why the holders of a port cannot be stopped from here."""
        return "" if self.may_evaluate else NO_STOP

    @property
    def url(self) -> str:
        """The URL of the app."""
        return self.settings.url(self.settings.port)

    @property
    def url_elsewhere(self) -> str:
        """See `Session.url_elsewhere`."""
        return addresses.url_elsewhere(self.settings)

    @property
    def generations(self) -> Values:
        """The server process."""
        return self._values

    @property
    def listener(self) -> Values:
        """The listening socket."""
        return self._values

    @property
    def live(self) -> Values:
        """The pages in browsers."""
        return self._values

    @property
    def hold(self) -> Values:
        """The hold of reloads."""
        return self._values

    # -- life ----------------------------------------------------------------------------------

    async def run(self) -> None:
        """Follow one session after another until `close` is called."""
        following = asyncio.create_task(self._follow_all())
        closing = asyncio.create_task(self._closing.wait())
        try:
            await asyncio.wait({following, closing}, return_when=asyncio.FIRST_COMPLETED)
            if following.done():
                following.result()  # it ends only with an error
        finally:
            for task in (following, closing):
                task.cancel()
            await asyncio.gather(following, closing, return_exceptions=True)

    def close(self) -> None:
        """Make `run` return; the session goes on."""
        self._closing.set()

    def kill(self) -> None:
        """End nothing: no process is ours."""

    async def _follow_all(self) -> None:
        while True:
            link = await RemoteLink.made(self._connect)
            if link is not None and await self._follow(link):
                continue  # it may live, and have dropped us because we did not read
            self._lost()
            await asyncio.sleep(RETRY_SECONDS)

    def _connect(self) -> socket.socket | None:
        """Connect to the session, or to the one that has replaced it."""
        near = self._of_the_folder()
        near.sort(key=lambda one: one.path != self._found.path)
        for one in near:
            if _key(one) in self._others:
                continue
            connection = place.connect(one.path, CONNECT_SECONDS)
            if connection is not None:
                self._found = one
                return connection
        return None

    def _of_the_folder(self) -> list[Found]:
        folder = self._found.record["folder"]
        return [one for one in place.records() if one.record["folder"] == folder]

    async def _follow(self, link: RemoteLink) -> bool:
        """Follow a session until it drops the connection; return whether it sent anything."""
        if why := differing_version(__version__, self._found.record["version"]):
            self._problem = why
            link.close()
            return False
        heard = False
        arguments = {"version": __version__, "token": self.questions.token}
        self._link = link
        try:
            async for item in link.read(link.begin("attach", arguments)):
                heard, began = True, time.monotonic()
                self._take(_decode_item(item))
                # The screen gets as much time as the events have taken.
                await asyncio.sleep(time.monotonic() - began)
        except Refused as refused:
            heard, self._problem = False, str(refused)
        finally:
            self._link, self._problem = None, self._problem or NOT_YET
            link.close()
            self.questions.lost()
        if heard:
            self._note_others()
        return heard

    def _note_others(self) -> None:
        """Note the sessions that run beside this one: they will not take its place."""
        self._others = {_key(one) for one in self._of_the_folder()} - {_key(self._found)}

    def _lost(self) -> None:
        if not self._problem or self._problem is NOT_YET:
            self._problem = GONE
        previous, self.state = self.state, State.STOPPED
        self._values.clear()
        self.served.loading_since = self.served.serving_since = None
        self.store.dashboards_attached = 0
        if previous is not State.STOPPED:
            self.bus.publish(StateChanged(state="stopped", previous=previous.value))

    def _take(self, item: Item) -> None:
        facts = None if item.facts is msgspec.UNSET else _decode_facts(item.facts)
        if facts is not None:
            # When the events are published, the session has the facts from after them.
            self._take_facts(facts)
        if facts is not None and item.begins:
            self._problem = ""
            self.store.forget_all()
            another, self._identity = facts.identity != self._identity, facts.identity
            self.on_begin(another)
        for line in item.events:
            self.bus.publish(decode_event(bytes(line)))
        for request_id in item.without_details:
            request = self.store.request(request_id)
            if request is not None:
                self.store.details_bytes -= request.details_bytes
                request.drop_details()
        if item.old:
            self.store.pulse.clear()  # its requests did not end just now
        if facts is not None:  # these counters include the events above
            self.store.control_uses = facts.control_uses
            self.store.events_dropped = facts.events_dropped
            self.store.dashboards_attached = facts.dashboards_attached
        if facts is not None or item.old:
            self._pins.take(self._pinned, self._pin)

    def _take_facts(self, facts: SessionFacts) -> None:
        previous, self.state = self.state, State(facts.state)
        self.generation = facts.generation
        self.session_pid, self.may_evaluate = facts.pid, facts.may_evaluate
        self.settings = facts.settings(self._preferences)
        self._values.take(facts)
        self._terminal_for, self._pinned = facts.terminal, facts.pinned
        served = self.served
        served.loaded, served.failure, served.crash = facts.loaded, facts.failure, facts.crash
        served.outdated_by = facts.outdated_by
        served.loading_since, served.serving_since = facts.loading_since, facts.serving_since
        self.store.ignored = dict(facts.ignored)
        if previous is State.STOPPED and self.state is not previous:
            self.bus.publish(StateChanged(state=facts.state, previous=previous.value))

    def _pin(self, request_id: str) -> Pin | None:
        request = self.store.request(request_id)
        if request is None:
            return None
        try:
            return self.replays.pin_of(request)
        except CannotSend:
            return None  # its details are no longer kept; the session still compares them


def _key(found: Found) -> tuple[str, int]:
    return found.path, found.record["pid"]
