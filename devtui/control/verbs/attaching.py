"""The verbs of attached dashboards: follow the session, and carry out keys."""

from __future__ import annotations

import asyncio
import base64
from typing import Annotated, Any, Literal

import msgspec

from devtui.control.attached.session_facts import Greeting, differing_version
from devtui.control.protocol import UNKNOWN, USAGE, Refused
from devtui.control.verbs.verb import Arguments, Verb, VerbCall
from devtui.events import (
    CheckProfiler,
    Complete,
    Evaluate,
    Interrupt,
    ShowLocals,
    ShowStack,
)
from devtui.ports.bind import PortRefused
from devtui.session.replay.outgoing import CannotSend, Outgoing
from devtui.session.store.request_record import Request
from devtui.text import masking
from devtui.version import __version__

NO_EVALUATION = "DEVTUI_CONTROL_EVAL=0 refuses evaluation in this devtui from other terminals."

# How long a dashboard that has fallen behind waits: making a history blocks the session.
_REST_SECONDS = 1.0

Token = Annotated[str, msgspec.Meta(pattern=r"^d[0-9a-f]{8}$")]
Asked = ShowLocals | Evaluate | Complete | Interrupt | ShowStack | CheckProfiler
What = Literal["restart", "restart_fresh", "try_again", "debug", "live", "serve_app", "move"]


class Attach(Arguments, frozen=True):
    """Follow the session. `token` begins the ids of the dashboard's questions."""

    version: str
    token: Token


class Greet(Arguments, frozen=True):
    """Say what a dashboard needs before it can be drawn."""

    version: str


class Ask(Arguments, frozen=True):
    """Ask the server process; the answer is an event for the dashboard that follows."""

    order: Asked


class Act(Arguments, frozen=True):
    """Do what a key of the dashboard does."""

    what: What
    on: bool = False
    app: str = ""
    port: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 0


class SendRecorded(Arguments, frozen=True):
    """Send a request again, as it was or changed."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""  # in base64
    replay_of: str = ""
    profile: bool = False
    timeout: Annotated[float, msgspec.Meta(ge=0.1, le=600.0)] = 30.0


class Pin(Arguments, frozen=True):
    """Pin a request, or no longer."""

    id: str
    on: bool


async def greet(call: VerbCall) -> Greeting:
    """Return the facts and the preferences."""
    _same_version(call.arguments.version)
    return Greeting(call.dashboards.facts(), call.session.settings.preferences)


async def attach(call: VerbCall) -> None:
    """Send the history in parts, and then the events, until the client is gone."""
    arguments: Attach = call.arguments
    _same_version(arguments.version)
    with call.dashboards.following(arguments.token) as follower:
        while True:
            for part in follower.begin(call.session):
                await call.tell(part)
            while (item := await follower.next()) is not None:
                await call.tell(item)
            await asyncio.sleep(_REST_SECONDS)


def _same_version(version: str) -> None:
    if why := differing_version(version, __version__):
        raise Refused(why, UNKNOWN)


async def ask(call: VerbCall) -> dict[str, Any]:
    """Pass a question on, and return whether a server process got it."""
    order = call.arguments.order
    if isinstance(order, Evaluate) and not call.may_evaluate:
        raise Refused(NO_EVALUATION)
    if not order.ask_id.startswith("d"):  # the session's own begin with a q
        raise Refused("The id of a question begins with the dashboard's token.", USAGE)
    return {"sent": call.session.generations.send(order)}


async def act(call: VerbCall) -> dict[str, Any]:
    """Do it, and do not wait for the outcome: events report it."""
    arguments: Act = call.arguments
    session = call.session
    match arguments.what:
        case "restart":
            session.restart()
        case "restart_fresh":
            session.restart_from_nothing()
        case "try_again":
            session.try_again()
        case "debug":
            session.set_debug(arguments.on)
        case "live":
            session.set_live(arguments.on)
        case "serve_app":
            session.serve_app(arguments.app)
        case "move":
            try:
                await session.move(arguments.port)
            except PortRefused as refused:
                return {"refused": str(refused), "busy": refused.busy, "reason": refused.reason}
    return {}


async def send_recorded(call: VerbCall) -> dict[str, Any]:
    """Send the request, and return the id of its row, or why there is no response."""
    given: SendRecorded = call.arguments
    try:
        body = base64.b64decode(given.body, validate=True)
        sent = await call.session.sender.send(
            Outgoing(given.method, given.target, given.headers, body),
            timeout=given.timeout,
            replay_of=given.replay_of,
            profile=given.profile,
        )
    except ValueError as error:
        raise Refused(f"The body is not base64: {error}.", USAGE) from error
    except CannotSend as error:
        raise Refused(str(error)) from error
    return {
        "request_id": "" if sent.request is None else sent.request.id,
        "message": sent.message,
        "duration_ms": sent.duration_ms,
    }


async def pin(call: VerbCall) -> None:
    """Pin a request, or no longer."""
    arguments: Pin = call.arguments
    pins = call.session.replays.pins
    if not arguments.on:
        pinned = pins.get(arguments.id)
        if pinned is not None:
            pins.remove(pinned)
        return
    found: Request | None = call.session.store.request(arguments.id)
    if found is None:
        raise Refused(f"The request {arguments.id} is no longer kept.", UNKNOWN)
    try:
        call.session.replays.pin(found)
    except CannotSend as error:
        raise Refused(str(error)) from error


def _asked(arguments: Ask) -> str:
    order = arguments.order
    if isinstance(order, Evaluate):
        return f"evaluate code in a frame of error {order.error_id[:40]}"
    return ""


def _acted(arguments: Act) -> str:
    on = "on" if arguments.on else "off"
    return {
        "restart": "restart the server",
        "restart_fresh": "restart the server from nothing",
        "try_again": "try the port again",
        "debug": f"turn debug mode {on}",
        "live": f"turn the browser refresh {on}",
        "serve_app": f"serve {arguments.app[:200]}",
        "move": f"move the server to port {arguments.port}",
    }[arguments.what]


def _sent(arguments: SendRecorded) -> str:
    does = "profile" if arguments.profile else "send"
    return f"{does} {arguments.method[:20]} {masking.target(arguments.target)[:200]}"


def _pinned(arguments: Pin) -> str:
    return f"{'pin' if arguments.on else 'unpin'} request {arguments.id[:40]}"


OF_DASHBOARDS: dict[str, Verb] = {
    "greet": Verb(greet, Greet),
    "attach": Verb(attach, Attach),
    "ask": Verb(ask, Ask, _asked),
    "act": Verb(act, Act, _acted),
    "send_recorded": Verb(send_recorded, SendRecorded, _sent),
    "pin": Verb(pin, Pin, _pinned),
}
