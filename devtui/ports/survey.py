"""A look at one port: can it be had, who has it, what else is to be known, where else to go."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future

import msgspec

from devtui.config.settings import Settings
from devtui.events import Address, Holder, PortBusy
from devtui.ports import addresses
from devtui.ports.bind import PortRefused, check_port, next_free_port
from devtui.ports.resolving import NotResolved, resolved

SECONDS = 10.0
"""How long a look may take before it is given up."""


class Survey(msgspec.Struct, frozen=True):
    """What a look at a port found.

    `refusal` is None where the port can be had. `holders` are all who listen on the port, those
    in the way first (`blocks`); of sockets that do not listen only where they are all that there
    is. `warnings` are sentences. `next_free_port` is looked for only where the port is refused.
    """

    host: str
    port: int
    refusal: PortRefused | None
    holders: tuple[Holder, ...]
    warnings: tuple[str, ...]
    next_free_port: int | None

    @property
    def blocking(self) -> tuple[Holder, ...]:
        """The holders that are in the way."""
        return tuple(holder for holder in self.holders if holder.blocks)

    @classmethod
    def of(cls, event: PortBusy) -> Survey:
        """The survey that an event tells of."""
        return cls(
            host=event.host,
            port=event.port,
            refusal=PortRefused(event.message, busy=event.reason == "busy", reason=event.reason),
            holders=event.holders,
            warnings=event.warnings,
            next_free_port=event.next_free_port,
        )

    def event(self, generation: int = 0) -> PortBusy:
        """The event for a port that is refused."""
        assert self.refusal is not None
        return PortBusy(
            generation=generation,
            host=self.host,
            port=self.port,
            message=str(self.refusal),
            reason=self.refusal.reason,
            holders=self.holders,
            warnings=self.warnings,
            next_free_port=self.next_free_port,
        )


def survey(settings: Settings, refusal: PortRefused | None = None) -> Survey:
    """Look at the port of the settings; `refusal` is given where binding has just failed.

    Blocks for some tens of milliseconds, and for up to a second where a container engine is asked.
    """
    refusal = refusal or check_port(settings)
    if settings.is_unix_socket:
        return Survey(settings.host, settings.port, refusal, (), (), None)
    ours = addresses.wanted(_resolved(settings.host))
    found, warnings = _look(settings)
    # Without a conflict nobody is in the way, whatever the addresses look like.
    busy = refusal is not None and refusal.busy
    marked = [
        msgspec.structs.replace(holder, blocks=busy and addresses.blocks(ours, found, holder))
        for holder in found
    ]
    if busy and not any(holder.blocks for holder in marked):
        silent = _silent_in_the_way(settings, ours)
        marked += silent
        if not silent:
            warnings.append(_nobody(settings.port))
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
    from devtui.ports import holders  # psutil with it: 15 ms that no start should wait for

    try:
        return holders.holders(settings.port, settings.folder), []
    except OSError as error:
        return (), [f"This system does not tell who listens on port {settings.port}: {error}."]


def _silent_in_the_way(settings: Settings, ours: Address) -> list[Holder]:
    from devtui.ports import holders

    found = holders.silent_holders(settings.port, settings.folder)
    return [
        holder
        for holder in found
        if any(addresses.overlap(ours, address) for address in holder.addresses)
    ]


def _nobody(port: int) -> str:
    return (
        f"Nobody can be seen to hold port {port}: a socket may be bound to it that does not "
        "listen, or a program out of sight (another user's, a container's) may have it."
    )


def _resolved(host: str) -> str:
    """The address that a host stands for when we bind it."""
    try:
        return str(resolved(host)[1][0])
    except NotResolved:
        return host  # the refusal has told


class PendingSurvey:
    """One look at the port of the settings, begun at once in a thread of its own.

    It may begin before there is an event loop, and so while the screen is still being imported.
    `refusal` is given where binding has just failed. The thread does not keep us from leaving.
    """

    def __init__(self, settings: Settings, refusal: PortRefused | None = None) -> None:
        self.refusal = refusal
        self._settings = settings
        self._found: Future[Survey] = Future()
        self._found.set_running_or_notify_cancel()
        threading.Thread(target=self._look, name="port-look", daemon=True).start()

    async def result(self, seconds: float = SECONDS) -> Survey:
        """What the look has found, as soon as it has; without the holders if that takes too long.

        A folder on a dead network drive may keep the thread for ever. Nobody waits for that.
        """
        try:
            return await asyncio.wait_for(asyncio.wrap_future(self._found), seconds)
        except asyncio.TimeoutError:
            return self._given_up(seconds)

    def _given_up(self, seconds: float) -> Survey:
        settings = self._settings
        unknown = f"After {seconds:g} seconds it is not known who holds port {settings.port}."
        refusal = self.refusal or PortRefused(unknown, busy=False)
        return Survey(settings.host, settings.port, refusal, (), (unknown,), None)

    def _look(self) -> None:
        try:
            self._found.set_result(survey(self._settings, self.refusal))
        except Exception as error:  # whoever waits for it gets it
            self._found.set_exception(error)


class SurveyQueue:
    """The session's looks: each goes on in its thread, and is told in turn on the event loop."""

    def __init__(self, tell: Callable[[PendingSurvey, Survey], None]) -> None:
        self._tell = tell
        self._begun: asyncio.Queue[PendingSurvey] = asyncio.Queue()

    def begin(self, settings: Settings, refusal: PortRefused | None = None) -> None:
        """Begin to look; there may be no event loop yet."""
        self._begun.put_nowait(PendingSurvey(settings, refusal))

    async def run(self) -> None:
        """Tell what the looks find, for ever. Raises what a look raises."""
        while True:
            look = await self._begun.get()
            self._tell(look, await look.result())


def another_at_localhost(listener: socket.socket) -> bool:
    """Whether somebody else listens on our port at a loopback address that ours leaves out.

    Asked at every start, so it takes well under a millisecond: that address is bound and let go.
    """
    if listener.family not in (socket.AF_INET, socket.AF_INET6):
        return False
    ip, port = listener.getsockname()[:2]
    ours = addresses.wanted(ip)
    left_out = [there for there in addresses.LOOPBACKS if not addresses.answers(ours, there)]
    if len(left_out) == len(addresses.LOOPBACKS):
        return False  # nobody expects it at localhost
    refusals = (check_port(Settings(host=there.ip, port=port)) for there in left_out)
    return any(refusal is not None and refusal.busy for refusal in refusals)
