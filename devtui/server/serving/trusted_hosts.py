"""The hosts whose pages may show an error: who asks for another may be a stranger's web page.

A page of evil.example can have its own name lead to this machine (DNS rebinding). Its scripts then
read whatever the server answers, but the browser still sends `Host: evil.example`.
"""

from __future__ import annotations

from collections.abc import Iterable

# As Werkzeug's debugger has it, and the other loopback address.
_ALWAYS = (".localhost", "127.0.0.1", "::1")

# No name is longer (RFC 1035). Python's IDNA codec takes ever longer for longer ones.
MAX_HOST = 255


class TrustedHosts:
    """Those of this machine, and `hosts`; one that begins with a dot stands for all below it."""

    def __init__(self, hosts: Iterable[str]) -> None:
        names, addresses = [], set()
        for host in (*_ALWAYS, *hosts):
            bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
            if ":" in bare:
                addresses.add(_normal(bare))
            else:
                names.append(bare.lower())
        self._names = tuple(names)
        self._addresses = frozenset(addresses)
        self._last: tuple[str, bool] = ("", False)  # nearly every request has the same

    def trusts(self, host: str | None) -> bool:
        """Whether the value of a `Host` header is one of them, with any port."""
        if host is None:
            return False
        last, trusted = self._last
        if host != last:
            trusted = len(host) <= MAX_HOST and self._finds(host)
            self._last = host, trusted
        return trusted

    def _finds(self, host: str) -> bool:
        if host.startswith("["):
            address, bracket, port = host[1:].partition("]")
            return bool(bracket) and _is_port(port) and _normal(address) in self._addresses
        from werkzeug.sansio.utils import host_is_trusted

        try:
            return host_is_trusted(host.lower(), self._names)
        except UnicodeError:  # a label is empty or too long
            return False


def _is_port(text: str) -> bool:
    return not text or (text[0] == ":" and text[1:].isdecimal() and len(text) <= 6)


def _normal(address: str) -> str:
    """One text for each IPv6 address, however it is written."""
    from ipaddress import IPv6Address  # few hosts are one

    try:
        return IPv6Address(address.partition("%")[0]).compressed
    except ValueError:
        return address
