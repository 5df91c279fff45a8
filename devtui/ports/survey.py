"""Survey one port: is it free, who holds it, what to warn of, and which other port is free."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future

import msgspec

from devtui.broken_library import blamed, sentence
from devtui.config.settings import Settings
from devtui.events import Address, Holder, PortBusy
from devtui.ports import addresses
from devtui.ports.bind import PortRefused, check_port, next_free_port
from devtui.ports.resolving import NotResolved, resolved

SECONDS = 10.0
"""How long a survey may take."""


class Survey(msgspec.Struct, frozen=True):
    """The result of a survey.

    `refusal` is None if the port is free. `holders` are all listeners on the port, conflicting
    ones first (`blocks`); if no listener conflicts, sockets that do not listen follow. `warnings`
    are sentences. `next_free_port` is None unless the port is refused.
    """

    host: str
    port: int
    refusal: PortRefused | None
    holders: tuple[Holder, ...]
    warnings: tuple[str, ...]
    next_free_port: int | None

    @property
    def blocking(self) -> tuple[Holder, ...]:
        """The holders that conflict with our address."""
        return tuple(holder for holder in self.holders if holder.blocks)

    @classmethod
    def of(cls, event: PortBusy) -> Survey:
        """Rebuild the survey that an event describes."""
        return cls(
            host=event.host,
            port=event.port,
            refusal=PortRefused(event.message, busy=event.reason == "busy", reason=event.reason),
            holders=event.holders,
            warnings=event.warnings,
            next_free_port=event.next_free_port,
        )

    def event(self) -> PortBusy:
        """Return the event for a refused port."""
        assert self.refusal is not None
        return PortBusy(
            host=self.host,
            port=self.port,
            message=str(self.refusal),
            reason=self.refusal.reason,
            holders=self.holders,
            warnings=self.warnings,
            next_free_port=self.next_free_port,
        )


def survey(settings: Settings, refusal: PortRefused | None = None) -> Survey:
    """Survey the port of the settings. Pass the `refusal` if binding has just failed.

    Blocks for some tens of milliseconds, and for up to a second if it asks a container engine.
    """
    refusal = refusal or check_port(settings)
    if settings.is_unix_socket:
        return Survey(settings.host, settings.port, refusal, (), (), None)
    ours = addresses.wanted(_resolved(settings.host))
    found, warnings = _look(settings)
    # Without a conflict no holder blocks us, whatever the addresses look like.
    busy = refusal is not None and refusal.busy
    marked = [
        msgspec.structs.replace(holder, blocks=busy and addresses.blocks(ours, found, holder))
        for holder in found
    ]
    if busy and not any(holder.blocks for holder in marked):
        silent = _silent_in_the_way(settings, ours)
        marked += silent
        if not silent:
            warnings.append(_unseen_holder(settings.port))
    bystanders = [holder for holder in marked if not holder.blocks]
    warning = addresses.localhost_warning(ours, settings.port, bystanders)
    if warning is not None:
        warnings.append(warning)
    return Survey(
        host=settings.host,
        port=settings.port,
        refusal=refusal,
        holders=tuple(sorted(marked, key=lambda holder: not holder.blocks)),
        warnings=tuple(warnings),
        next_free_port=next_free_port(settings) if refusal is not None else None,
    )


def _look(settings: Settings) -> tuple[tuple[Holder, ...], list[str]]:
    try:
        from devtui.ports import holders  # imports psutil: 15 ms that no start should wait for

        return holders.holders(settings.port, settings.folder), []
    except OSError as error:
        return (), [
            f"This system does not tell which program listens on port {settings.port}: {error}."
        ]
    except Exception as error:
        if blamed(error) != "psutil":
            raise
        return (), [sentence(error)]


def _silent_in_the_way(settings: Settings, ours: Address) -> list[Holder]:
    try:
        from devtui.ports import holders

        found = holders.silent_holders(settings.port, settings.folder)
    except Exception as error:
        if blamed(error) != "psutil":
            raise
        return []  # `_look` has reported it
    return [
        holder
        for holder in found
        if any(addresses.overlap(ours, address) for address in holder.addresses)
    ]


def _unseen_holder(port: int) -> str:
    return (
        f"devtui cannot see what holds port {port}: it may be a socket that is bound but does not "
        "listen, or a program of another user or in a container."
    )


def _resolved(host: str) -> str:
    """Return the address of a host as we bind it."""
    try:
        return str(resolved(host)[1][0])
    except NotResolved:
        return host  # binding fails too, and the refusal says why


class PendingSurvey:
    """A survey that runs in a daemon thread, which does not delay the exit.

    It starts at once and needs no event loop, so it can run while the screen is being imported.
    Pass the `refusal` if binding has just failed.
    """

    def __init__(self, settings: Settings, refusal: PortRefused | None = None) -> None:
        self.refusal = refusal
        self._settings = settings
        self._found: Future[Survey] = Future()
        self._found.set_running_or_notify_cancel()
        threading.Thread(target=self._look, name="port-look", daemon=True).start()

    async def result(self, seconds: float = SECONDS) -> Survey:
        """Wait for the survey; after `seconds` return one without holders.

        A folder on a dead network drive may block the thread for ever.
        """
        try:
            return await asyncio.wait_for(asyncio.wrap_future(self._found), seconds)
        except asyncio.TimeoutError:
            return self._given_up(seconds)

    def _given_up(self, seconds: float) -> Survey:
        settings = self._settings
        unknown = (
            f"devtui could not find out within {seconds:g} seconds what holds port {settings.port}."
        )
        refusal = self.refusal or PortRefused(unknown, busy=False)
        return Survey(settings.host, settings.port, refusal, (), (unknown,), None)

    def _look(self) -> None:
        try:
            self._found.set_result(survey(self._settings, self.refusal))
        except Exception as error:  # raised in `result`
            self._found.set_exception(error)


class SurveyQueue:
    """The session's surveys: each runs in a thread; the event loop reports them in order."""

    def __init__(self, tell: Callable[[PendingSurvey, Survey], None]) -> None:
        self._tell = tell
        self._begun: asyncio.Queue[PendingSurvey] = asyncio.Queue()

    def begin(self, settings: Settings, refusal: PortRefused | None = None) -> None:
        """Start a survey; this needs no event loop."""
        self._begun.put_nowait(PendingSurvey(settings, refusal))

    async def run(self) -> None:
        """Report the surveys until cancelled. Raises what a survey raises."""
        while True:
            look = await self._begun.get()
            self._tell(look, await look.result())


def another_at_localhost(listener: socket.socket) -> bool:
    """Whether another program listens on our port at a loopback address that we do not serve.

    This runs at every start and takes well under a millisecond: it binds that address briefly.
    """
    if listener.family not in (socket.AF_INET, socket.AF_INET6):
        return False
    ip, port = listener.getsockname()[:2]
    ours = addresses.wanted(ip)
    left_out = [there for there in addresses.LOOPBACKS if not addresses.answers(ours, there)]
    if len(left_out) == len(addresses.LOOPBACKS):
        return False  # nobody expects the app at localhost
    refusals = (check_port(Settings(host=there.ip, port=port)) for there in left_out)
    return any(refusal is not None and refusal.busy for refusal in refusals)
