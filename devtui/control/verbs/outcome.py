"""The outcome of the newest save, and the verbs that end in one: `wait`, `restart`, `port`, ..."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Any

import msgspec

from devtui.control.protocol import UNKNOWN, Refused
from devtui.control.verbs.errors import described_load
from devtui.control.verbs.verb import Arguments, VerbCall
from devtui.events import Reloaded
from devtui.ports.bind import PortRefused
from devtui.session.reload.hold import MAX_SECONDS
from devtui.session.session import Session
from devtui.session.state import State
from devtui.text import formats

MAX_TIMEOUT = 600.0

# How long the watcher may take to notice a save before the request itself reports it.
_NOTICE_SECONDS = 0.25
_LOOK_SECONDS = 1.0

Seconds = Annotated[float, msgspec.Meta(ge=0, le=MAX_TIMEOUT)]


class Wait(Arguments, frozen=True):
    """Wait until the newest save is served or has failed. `since` is a generation."""

    since: int | None = None
    timeout: Seconds = 30.0


class Restart(Arguments, frozen=True):
    """Replace the server process; `fresh` takes one that imports everything again."""

    fresh: bool = False
    timeout: Seconds = 30.0


class MovePort(Arguments, frozen=True):
    """Serve on another port."""

    port: Annotated[int, msgspec.Meta(ge=0, le=65_535)]
    timeout: Seconds = 30.0


class Debug(Arguments, frozen=True):
    """Turn debug mode on or off."""

    on: bool
    timeout: Seconds = 30.0


class BeginHold(Arguments, frozen=True):
    """Hold reloads for this time."""

    seconds: Annotated[float, msgspec.Meta(ge=1, le=MAX_SECONDS)] = 60.0


async def wait(call: VerbCall) -> dict[str, Any]:
    """Return the outcome of what was saved before this call."""
    arguments: Wait = call.arguments
    newest = call.session.generation
    if arguments.since is not None and arguments.since > newest:
        raise Refused(
            f"There is no generation {arguments.since} yet, the newest is {newest}: "
            f"type --since {newest}, or the number from before your edit.",
            UNKNOWN,
        )
    return await _outcome(call, arguments.timeout, arguments.since, look=True)


async def restart(call: VerbCall) -> dict[str, Any]:
    """Restart the server, and return the outcome."""
    arguments: Restart = call.arguments
    session = call.session
    if arguments.fresh:
        session.restart_from_nothing()
    else:
        session.restart(f"restarted by {call.client}")
    return await _outcome(call, arguments.timeout)


async def port(call: VerbCall) -> dict[str, Any]:
    """Serve on another port, and return the outcome."""
    arguments: MovePort = call.arguments
    try:
        await call.session.move(arguments.port)
    except PortRefused as refusal:
        raise Refused(str(refusal)) from refusal
    return await _outcome(call, arguments.timeout)


async def debug(call: VerbCall) -> dict[str, Any]:
    """Turn debug mode on or off, and return the outcome."""
    arguments: Debug = call.arguments
    call.session.set_debug(arguments.on)
    return await _outcome(call, arguments.timeout)


async def hold(call: VerbCall) -> dict[str, Any]:
    """Hold reloads."""
    arguments: BeginHold = call.arguments
    until = call.session.hold.begin(call.client, arguments.seconds)
    return {"held_by": call.client, "until": until, "generation": call.session.generation}


async def release(call: VerbCall) -> dict[str, Any]:
    """End the hold, and return the outcome of what was saved meanwhile."""
    arguments: Wait = call.arguments
    if not call.session.hold.active:
        raise Refused("There is no hold: it may have ended by itself.")
    since = call.session.generation
    # What was saved just now must be part of the one reload.
    await _look(call.session)
    call.session.hold.end(f"{call.client} released it")
    return await _outcome(call, arguments.timeout, since, look=True)


async def _outcome(
    call: VerbCall, timeout: float, since: int | None = None, *, look: bool = False
) -> dict[str, Any]:
    session = call.session
    ends = time.monotonic() + timeout
    if look:
        await _look(session)
    reported: list[str] = []
    while True:
        turn = call.news.of_reloads
        patience = ends - time.monotonic()
        if not session.reloading:
            saves = await session.unloaded_saves(look=False)
            if turn.is_set() or session.reloading:
                continue
            if not saves:
                return _ended(session, since)
            if why := _why_not_loaded(session, saves, again=saves == reported):
                return _result(session, *why) | {"unloaded": saves}
            patience = min(patience, _NOTICE_SECONDS)
        if await _happens(turn, patience):
            continue
        if time.monotonic() >= ends:
            return _result(session, "timeout", _still(session, timeout))
        session.take_saves(saves)  # a network drive, for example, reports no changes
        reported = saves


async def _look(session: Session) -> None:
    """Let the watcher report what it has not noticed yet."""
    try:
        await asyncio.wait_for(session.unloaded_saves(look=True), _LOOK_SECONDS)
    except asyncio.TimeoutError:
        return  # it is busy with a large folder; the loaded files are compared anyway


async def _happens(turn: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(turn.wait(), max(seconds, 0.0))
    except asyncio.TimeoutError:
        return False
    return True


def _why_not_loaded(session: Session, saves: list[str], *, again: bool) -> tuple[str, str] | None:
    """Return the outcome of saves that no reload will load, and a sentence."""
    if session.hold.active:
        return "held", f"{session.hold.holder} holds reloads: devtui ctl release ends that."
    if not session.settings.reload:
        return "outdated", f"The reloader is off: devtui ctl restart loads {saves[0]}."
    if session.state is State.PORT_BUSY:
        return "failed", f"Port {session.settings.port} is busy, so nothing is loaded."
    if again:  # reporting them has caused no reload
        return "outdated", f"devtui has not loaded {saves[0]}: devtui ctl restart does."
    return None


def _ended(session: Session, since: int | None) -> dict[str, Any]:
    """Return the outcome now that nothing is underway."""
    state, failure = session.state, session.served.failure
    if state is not State.SERVING:
        why = failure.message if failure is not None else session.served.crash
        if state is State.PORT_BUSY:
            why = f"Port {session.settings.port} is busy."
        return _result(session, "failed", why or f"The server is {state.value}.")
    if since == session.generation:
        return _result(session, "unchanged", f"Nothing has changed since generation {since}.")
    return _result(session, "served", f"Generation {session.generation} serves.")


def _result(session: Session, outcome: str, message: str) -> dict[str, Any]:
    reload = next(
        (
            one
            for one in reversed(list(session.store.reloads)[-20:])
            if isinstance(one, Reloaded) and one.generation == session.generation
        ),
        None,
    )
    failure = session.served.failure
    return {
        "outcome": outcome,
        "message": message,
        "generation": session.generation,
        "state": session.state.value,
        "url": session.url,
        "reload": reload,
        "error": None if failure is None else described_load(failure),
    }


def _still(session: Session, timeout: float) -> str:
    since = session.served.loading_since
    if since is None:
        return f"The reload did not begin within {timeout:g} s."
    took = formats.running_time((time.monotonic() - since) * 1000)
    return f"Generation {session.generation} is still loading after {took}."
