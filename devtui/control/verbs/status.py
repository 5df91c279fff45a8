"""The verb `status`: what runs, and in which state."""

from __future__ import annotations

import os
from typing import Any

from devtui.control.place import Record
from devtui.control.verbs.verb import VerbCall
from devtui.session.session import Session
from devtui.session.state import State
from devtui.version import __version__


async def status(call: VerbCall) -> dict[str, Any]:
    """Describe the session in one flat object."""
    session = call.session
    loaded, failure = session.served.loaded, session.served.failure
    groups = session.store.error_groups.ring
    newest = max(groups, key=lambda group: group.newest.at).newest if groups else None
    last = newest.error.exceptions[0] if newest is not None and newest.error.exceptions else None
    hold = session.hold
    return {
        "app": loaded.app if loaded is not None else session.settings.app,
        "framework": loaded.framework if loaded is not None else None,
        "url": session.url,
        "port": session.settings.port,
        "folder": _folder(session),
        "state": session.state.value,
        "generation": session.generation,
        "pid": session.generations.pid,
        "session_pid": os.getpid(),
        "debug": session.settings.debug,
        "reload": session.settings.reload,
        "held_by": hold.holder if hold.active else None,
        "load_error": None if failure is None else failure.message,
        "last_error": None if last is None else f"{last.type}: {last.message}"[:500],
        "requests": session.store.requests.end,
        "errors": session.store.errors.end,
        "version": __version__,
    }


def _folder(session: Session) -> str:
    return os.path.realpath(session.settings.folder)


def record(session: Session, machine: str) -> Record:
    """Return the record to put beside the socket; the port is 0 while another program has it."""
    busy = session.state is State.PORT_BUSY
    loaded = session.served.loaded
    return {
        "devtui": 1,
        "version": __version__,
        "folder": _folder(session),
        "app": (loaded.app if loaded is not None else session.settings.app) or "",
        "port": 0 if busy else session.settings.port,
        "url": "" if busy else session.url,
        "pid": os.getpid(),
        "machine": machine,
    }
