"""Say why the server process does not answer, and what to do."""

from __future__ import annotations

from devtui.session.session import Session
from devtui.session.state import State


def why_silent(session: Session) -> str:
    """Return one sentence for a client whose question had no answer in time."""
    pid = session.generations.pid
    which = "The server process" if pid is None else f"Server process {pid}"
    if session.state is State.SUSPENDED:
        continues = "" if pid is None else f"kill -CONT {pid} continues it, "
        return (
            f"{which} does not answer, because a signal has suspended it: "
            f"{continues}devtui ctl restart restarts it."
        )
    return (
        f"{which} does not answer: it is busy in code that lets no other thread run, and "
        "devtui ctl restart restarts it."
    )
