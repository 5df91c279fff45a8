"""Decide which addresses conflict on one port, by the kernel's rules."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from devtui.events import Address, Holder

if TYPE_CHECKING:
    from devtui.config.settings import Settings

# Addresses to compare with; nothing is bound to them here.
_V4_ANY = "0.0.0.0"  # noqa: S104
_V6_ANY = "::"
# Addresses for documentation (RFC 5737 and 3849), which no machine has.
_OUTSIDE = {
    _V4_ANY: (socket.AF_INET, "192.0.2.1"),
    _V6_ANY: (socket.AF_INET6, "2001:db8::1"),
}
LOOPBACKS = (Address(ip="127.0.0.1"), Address(ip="::1"))
"""The addresses of `localhost`; each client tries them in an order that it chooses."""


def wanted(ip: str) -> Address:
    """Return the address as our server would bind it: `::` includes IPv4 if the system says so.

    The system sets the default of IPV6_V6ONLY: off on Linux (net.ipv6.bindv6only) and macOS,
    on for Windows.
    """
    plain = _plain(ip)
    return Address(ip=plain, v6_only=_v6_only_by_default() if plain == _V6_ANY else None)


def _v6_only_by_default() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            return bool(probe.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY))
    except OSError:
        return False  # this machine has no IPv6, so nothing binds to it


def _plain(ip: str) -> str:
    """Return the shortest form of an address; `::ffff:a.b.c.d` becomes IPv4."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return ip
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def url_elsewhere(settings: Settings) -> str:
    """Return the app's URL for other machines; empty if only this one can reach it.

    It is looked up each time, since a laptop changes its network.
    """
    address = of_this_machine(settings.host)
    return settings.with_host(address).url(settings.port) if address else ""


def of_this_machine(host: str) -> str:
    """Return the address at which other machines reach a server on all interfaces.

    It is the one that this machine would send from; nothing is sent to find out. Empty if `host`
    is not an address of all interfaces, or the machine has no network.
    """
    family, target = _OUTSIDE.get(host, (None, ""))
    if family is None:
        return ""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((target, 9))
            found: str = probe.getsockname()[0]
    except OSError:
        return ""
    return "" if ipaddress.ip_address(found.partition("%")[0]).is_loopback else found


def overlap(first: Address, second: Address) -> bool:
    """Whether two listeners on one port would conflict.

    SO_REUSEPORT does not count, because both programs have to agree to it. Nor does the BSDs'
    rule that a more specific address may be added. A `::` with an unknown IPV6_V6ONLY counts as
    one that accepts IPv4.
    """
    if _is_v6(first) == _is_v6(second):
        one, other = _plain(first.ip), _plain(second.ip)
        return one == other or bool({one, other} & {_V4_ANY, _V6_ANY})
    six = first if _is_v6(first) else second
    return _plain(six.ip) == _V6_ANY and not six.v6_only


def _is_v6(address: Address) -> bool:
    return ":" in _plain(address.ip)


def blocks(ours: Address, all_of_them: Sequence[Holder], holder: Holder) -> bool:
    """Whether this holder conflicts with `ours`.

    If another holder certainly conflicts, a `::` with an unknown IPV6_V6ONLY counts as one that
    does not accept IPv4: otherwise the two could not listen side by side.
    """
    if any(overlap(ours, address) and not _doubtful(ours, address) for address in holder.addresses):
        return True
    if not any(_doubtful(ours, address) for address in holder.addresses):
        return False
    return not any(
        overlap(ours, address) and not _doubtful(ours, address)
        for other in all_of_them
        for address in other.addresses
    )


def _doubtful(ours: Address, theirs: Address) -> bool:
    return theirs.ip == _V6_ANY and theirs.v6_only is None and not _is_v6(ours)


def answers(listener: Address, target: Address) -> bool:
    """Whether a listener receives connections to the address `target`."""
    if listener.ip in (_V4_ANY, _V6_ANY):
        return overlap(listener, target)
    return _plain(listener.ip) == _plain(target.ip)


def localhost_warning(ours: Address, port: int, others: Iterable[Holder]) -> str | None:
    """Return a warning if `localhost` may reach another program than the one on `ours`.

    Clients try ::1 and 127.0.0.1 in an order that they choose. If ours answers at neither,
    nobody expects the app at `localhost`, and there is no warning.
    """
    if not any(answers(ours, loopback) for loopback in LOOPBACKS):
        return None
    for loopback in LOOPBACKS:
        if answers(ours, loopback):
            continue
        for holder in others:
            if any(answers(address, loopback) for address in holder.addresses):
                who = f"{holder.name} (pid {holder.pid})" if holder.pid else f"{holder.user}'s"
                host = ours.ip if not answers(ours, LOOPBACKS[0]) else "127.0.0.1"
                host = f"[{'::1' if host == _V6_ANY else host}]" if ":" in host else host
                return (
                    f"http://localhost:{port} may reach {who} on {loopback} instead of the app: "
                    f"use http://{host}:{port}."
                )
    return None
