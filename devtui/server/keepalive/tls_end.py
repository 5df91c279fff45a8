"""End an encrypted connection so that its client can tell the end from a cut."""

from __future__ import annotations

from contextlib import suppress
from typing import Any


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
