"""The verbs `send` and `replay`: a request to the app, and everything that happened."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from devtui.control.protocol import USAGE, Refused
from devtui.control.verbs.differences import differences
from devtui.control.verbs.errors import described, find
from devtui.control.verbs.listing import everything, find_request
from devtui.control.verbs.verb import Arguments, VerbCall
from devtui.session.replay.outgoing import CannotSend, Outgoing, as_bytes, check_typed
from devtui.session.replay.sender import Sent
from devtui.text import masking, secrets
from devtui.version import __version__

if TYPE_CHECKING:
    from devtui.session.replay.fetching import Response

_MAX_ERRORS = 5

Timeout = Annotated[float, msgspec.Meta(ge=0.1, le=600.0)]


class Send(Arguments, frozen=True):
    """Send a request. The body is `data`, or bytes in `data_base64`."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    data: str = ""
    data_base64: str = ""
    timeout: Timeout = 30.0
    reveal: bool = False


class Replay(Arguments, frozen=True):
    """Send the request of that id again, or the newest for `last`."""

    id: str
    timeout: Timeout = 30.0
    reveal: bool = False


async def send(call: VerbCall) -> dict[str, Any]:
    """Send a request, and return the response and everything that happened."""
    arguments: Send = call.arguments
    try:
        body = base64.b64decode(arguments.data_base64, validate=True) or arguments.data.encode()
    except ValueError as error:
        raise Refused(f"data_base64 is not base64: {error}.", USAGE) from error
    headers = [(name, as_bytes(value)) for name, value in arguments.headers]
    if not any(name.lower() == "user-agent" for name, _ in headers):
        headers.append(("User-Agent", f"devtui-ctl/{__version__}"))
    outgoing = Outgoing(arguments.method.upper(), arguments.target, tuple(headers), body)
    try:
        check_typed(outgoing)
    except CannotSend as error:
        raise Refused(str(error), USAGE) from error
    try:
        sent = await call.session.sender.send(outgoing, timeout=arguments.timeout)
    except CannotSend as error:
        raise Refused(str(error)) from error
    return await _result(call, sent, arguments.reveal)


async def replay(call: VerbCall) -> dict[str, Any]:
    """Send a recorded request again, and return what differs from the first time."""
    arguments: Replay = call.arguments
    found = find_request(call, arguments.id)
    try:
        sent = await call.session.replays.send(found, timeout=arguments.timeout)
    except CannotSend as error:
        raise Refused(f"Request {found.id}: {error}") from error
    result = await _result(call, sent, arguments.reveal)
    compared = None
    if sent.request is not None:
        compared = differences(call, sent.request, reveal=arguments.reveal)
    if compared is not None:
        result["differences"] = compared
    return {"replay_of": found.id, **result}


async def _result(call: VerbCall, sent: Sent, reveal: bool) -> dict[str, Any]:
    response, found = sent.response, sent.request
    result: dict[str, Any] = {
        "message": sent.message,
        "duration_ms": sent.duration_ms,
        "response": None if response is None else _described(response, reveal),
        "request": None,
        "log": [],
        "errors": [],
    }
    if found is None:
        return result
    facts = everything(call, found, reveal=reveal)
    result["log"] = facts.pop("log")
    errors = facts.pop("errors")[:_MAX_ERRORS]
    result["errors"] = [
        await described(call, find(call, one["id"]), reveal=reveal) for one in errors
    ]
    # All calls would be long; the repeats and totals tell most, and `request` has the rest.
    del facts["response_headers"], facts["response_body"], facts["calls"]
    result["request"] = facts
    if response is None and found.running:
        result["message"] += f" Where it stands: devtui ctl stack {found.id}"
    return result


def _described(response: Response, reveal: bool) -> dict[str, Any]:
    kind = next((v for name, v in response.headers if name.lower() == "content-type"), "")
    found: dict[str, Any] = {
        "status": response.status,
        "reason": response.reason,
        "headers": [[name, secrets.shown(name, value, reveal)] for name, value in response.headers],
        "content_type": kind,
        "size_bytes": len(response.body),
        "truncated": not response.whole,
        "text": None,
    }
    try:
        found["text"] = masking.body(response.body.decode(), kind, reveal)
    except UnicodeDecodeError:
        found["base64"] = base64.b64encode(response.body).decode()
    return found
