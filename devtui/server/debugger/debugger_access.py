"""Decide who may use the debugger in the browser: the developer's own pages and processes.

A cookie goes to every port of a host, and `SameSite` does not look at ports either. So another user
of the machine who serves a page on 127.0.0.1 can make the developer's browser send requests to the
debugger, and gets the cookie that unlocks it.
"""

from __future__ import annotations

import os
import sys
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from devtui.config.trust import trusted_users

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# The values of `Sec-Fetch-Site` in requests that no page of another origin has caused.
_OWN = (None, "same-origin", "none")

_ESTABLISHED = "01"


def refusal(environ: WSGIEnvironment) -> str | None:
    """Say why this request may not use the debugger; None if it may."""
    if environ.get("HTTP_SEC_FETCH_SITE") not in _OWN or not _is_own_origin(environ):
        return "devtui's debugger does not answer the pages of other sites and ports."
    owner = owner_of(
        environ.get("REMOTE_ADDR"), environ.get("REMOTE_PORT"), environ.get("SERVER_PORT")
    )
    if owner is None or owner in trusted_users():
        return None
    who = "nobody any more" if owner < 0 else f"the user with uid {owner}"
    return (
        "devtui's debugger answers only the user who has started devtui, and this connection "
        f"belongs to {who}. Open the page without a proxy, or examine the error in the terminal."
    )


def _is_own_origin(environ: WSGIEnvironment) -> bool:
    origin = environ.get("HTTP_ORIGIN")
    if not origin:
        return True
    try:
        return urlsplit(origin).netloc == environ.get("HTTP_HOST")
    except ValueError:
        return False


def owner_of(client: str | None, client_port: Any, port: Any) -> int | None:
    """Return the uid that owns the client's end of a connection to a port of this machine.

    Return None for a client elsewhere, and where the system does not tell; -1 if the client has
    closed its end, because the system forgets whose it was. See /proc/net/tcp in proc(5).
    """
    if not os.path.exists("/proc/net/tcp"):
        return None  # another system than Linux
    try:
        address = ip_address((client or "").partition("%")[0])
        ends = int(client_port), int(port)
    except (TypeError, ValueError):
        return None  # a Unix socket has no addresses
    mapped = getattr(address, "ipv4_mapped", None)
    address = mapped or address
    wanted = {_in_table(end, ends[0]) for end in _spellings(address)}
    found_table = False
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table, encoding="ascii") as file:
                found_table = True
                for line in file:
                    words = line.split()
                    if words[1] in wanted and words[2].endswith(f":{ends[1]:04X}"):
                        return int(words[7]) if words[3] == _ESTABLISHED else -1
        except (OSError, ValueError, IndexError):
            continue
    return -1 if found_table and address.is_loopback else None


def _spellings(address: IPv4Address | IPv6Address) -> list[bytes]:
    if isinstance(address, IPv4Address):
        return [address.packed, b"\0" * 10 + b"\xff\xff" + address.packed]
    return [address.packed]


def _in_table(packed: bytes, port: int) -> str:
    """Return an end as the tables have it: words of 32 bits, each in the machine's byte order."""
    words = [packed[start : start + 4] for start in range(0, len(packed), 4)]
    text = "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)
    return f"{text}:{port:04X}"
