"""Serve the control socket beside a session, without a cost at its start."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from devtui.session.session import Session

# Meanwhile the first frame is drawn, and the app loads. Nobody asks anything yet.
DELAY_SECONDS = 0.3


async def serve_beside(session: Session, delay: float = DELAY_SECONDS) -> None:
    """Serve until cancelled. If the socket cannot be made, that is a warning in the log."""
    await asyncio.sleep(delay)
    # These imports take a few milliseconds.
    from devtui.control.control_server import ControlServer
    from devtui.control.place import PlaceError

    try:
        await ControlServer(session).run()
    except PlaceError as error:
        session.warn(f"devtui ctl cannot reach this session: {error}")
    except Exception as error:  # the session goes on without it
        session.warn(f"devtui ctl has ended for this session: {type(error).__name__}: {error}")
