"""What the open pages need of the session."""

from __future__ import annotations

import socket
from collections.abc import Callable

import msgspec

from devtui.events import SetLive


class SessionAccess(msgspec.Struct, frozen=True):
    """What the pages need of the session.

    `on` says whether pages follow the saves. `set_live` gives this and each later server process an
    order with a socket. `waits` says whether no page can load now: a reload is about to come, saves
    are held, or no process answers. `fails` says whether an error is served.
    """

    on: Callable[[], bool]
    set_live: Callable[[Callable[[], SetLive], socket.socket], None]
    waits: Callable[[], bool]
    fails: Callable[[], bool]
    port: Callable[[], int]
    url: Callable[[], str]
