"""A look at one port: can it be had, who has it, what else is to be known, where else to go."""

from __future__ import annotations

import msgspec

from devtui.config.settings import Settings
from devtui.events import Address, Holder, PortBusy
from devtui.ports import addresses, holders
from devtui.ports.bind import PortRefused, check_port, next_free_port
from devtui.ports.resolving import NotResolved, resolved


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
    try:
        return holders.holders(settings.port, settings.folder), []
    except OSError as error:
        return (), [f"This system does not tell who listens on port {settings.port}: {error}."]


def _silent_in_the_way(settings: Settings, ours: Address) -> list[Holder]:
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
