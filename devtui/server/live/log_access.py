"""Decide which pages may have the app's log in the browser's console: the developer's own."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

from devtui.config.trust import trusted_users
from devtui.server.debugger.debugger_access import owner_of


def may_read_log(client: Any, port: Any) -> bool:
    """Whether a connection to this port comes from a program of the developer's on this machine.

    `client` is the address of its other end, as `accept` returns it. The permissions of a Unix
    socket's file decide who may open it.
    """
    if not isinstance(client, tuple):
        return True
    owner = owner_of(client[0], client[1], port)
    if owner is not None:
        return owner in trusted_users()
    try:
        return ip_address(client[0].partition("%")[0]).is_loopback  # the system does not tell
    except ValueError:
        return False
