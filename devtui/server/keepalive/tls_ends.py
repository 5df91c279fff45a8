"""Begin an encrypted connection, and end it so that its client can tell the end from a cut."""

from __future__ import annotations

import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from devtui.server.keepalive.client_wait import Waiting


def shake_hands(connection: Any, waiting: Waiting) -> bool:
    """Carry out TLS's handshake; return false if the client has left in the middle.

    The client sends its request only then, so its time for the head begins again. Do nothing if the
    connection is not encrypted.
    """
    shake = getattr(connection, "do_handshake", None)
    if shake is not None:
        try:
            shake()
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            return False
        waiting.begin_head()
    return True


def end_tls(connection: Any) -> None:
    """Send TLS's alert that no more data comes, and do not wait for the client's.

    Without it a client cannot know that it has all of a response that only the end of the
    connection ends (RFC 9112, section 9.8). Do nothing if the connection is not encrypted.
    """
    unwrap = getattr(connection, "unwrap", None)
    if unwrap is None:
        return
    # The client has ended it, the handshake is not over, or the client's alert has not come yet.
    with suppress(OSError, ValueError):
        patience = connection.gettimeout()
        connection.settimeout(0)
        try:
            unwrap()
        finally:
            connection.settimeout(patience)
