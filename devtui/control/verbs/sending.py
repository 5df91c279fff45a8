"""The verbs `send` and `replay`: a request to the app, and everything that happened."""

from __future__ import annotations

import asyncio
import base64
import http.client
import secrets as random
import time
from typing import Annotated, Any

import msgspec

from devtui.control.protocol import USAGE, Refused
from devtui.control.verbs import fetching as client
from devtui.control.verbs.differences import differences
from devtui.control.verbs.errors import described, find
from devtui.control.verbs.fetching import Response
from devtui.control.verbs.listing import everything, find_request
from devtui.control.verbs.verb import Arguments, Call
from devtui.events import Headers, RequestFinished, RequestStarted
from devtui.session.store.request_record import Request
from devtui.text import masking, secrets
from devtui.version import __version__

# How long after its response the end of a request, and what it logged, may take to arrive.
_END_SECONDS = 2.0
_REST_SECONDS = 0.03
_MAX_ERRORS = 5

# What belongs to a connection and not to the request.
_OF_CONNECTION = frozenset(
    {
        "connection", "content-length", "expect", "keep-alive", "trailer",
        "transfer-encoding", "upgrade",
    }
)  # fmt: skip

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


async def send(call: Call) -> dict[str, Any]:
    """Send a request, and return the response and everything that happened."""
    arguments: Send = call.arguments
    try:
        body = base64.b64decode(arguments.data_base64, validate=True) or arguments.data.encode()
    except ValueError as error:
        raise Refused(f"data_base64 is not base64: {error}.", USAGE) from error
    result, _ = await _exchange(
        call,
        arguments.method.upper(),
        arguments.target,
        arguments.headers,
        body,
        timeout=arguments.timeout,
        reveal=arguments.reveal,
    )
    return result


async def replay(call: Call) -> dict[str, Any]:
    """Send a recorded request again, and return what differs from the first time."""
    arguments: Replay = call.arguments
    found = find_request(call, arguments.id)
    started, finished = found.started, found.finished
    headers, body = _recorded(found)
    result, again = await _exchange(
        call,
        started.method,
        started.target,
        headers,
        body,
        timeout=arguments.timeout,
        reveal=arguments.reveal,
    )
    second = None if again is None else again.finished
    if finished is not None and second is not None:
        result["differences"] = differences(finished, second, reveal=arguments.reveal)
    return {"replay_of": found.id, **result}


def _recorded(found: Request) -> tuple[Headers, bytes]:
    """Return the headers and the body of a request. Raises `Refused` unless they are complete."""
    started, finished = found.started, found.finished
    body = None if finished is None else finished.request_body
    if finished is None:
        raise Refused(f"The request {found.id} still runs.")
    cut = any(value.endswith("…") for _, value in started.headers)
    text = "" if body is None else body.text
    content = (text or "").encode()
    if (
        found.details_dropped
        or cut
        or text is None
        or len(content) != (body.size_bytes if body else 0)
    ):
        raise Refused(f"The request {found.id} was not recorded completely, so it is not sent.")
    kept = (pair for pair in started.headers if pair[0].lower() not in _OF_CONNECTION)
    return tuple(kept), content


async def _exchange(
    call: Call,
    method: str,
    target: str,
    headers: Headers,
    body: bytes,
    *,
    timeout: float,
    reveal: bool,
) -> tuple[dict[str, Any], Request | None]:
    _check(method, target, headers)
    session, mark = call.session, random.token_hex(8)
    # Nothing in the server process knows of this: the row is recognised by a header.
    name, value = "User-Agent", f"devtui-ctl/{__version__} ({mark})"
    if any(one.lower() == "user-agent" for one, _ in headers):
        name, value = "X-Devtui-Request", mark
    begun: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    ended = asyncio.Event()

    def hear(event: RequestStarted | RequestFinished) -> None:
        if (
            isinstance(event, RequestStarted)
            and not begun.done()
            and (name, value) in event.headers
        ):
            begun.set_result(event.id)
        if isinstance(event, RequestFinished) and begun.done() and event.id == begun.result():
            ended.set()

    began = time.monotonic()
    response: Response | None = None
    message = ""
    with call.news.listening(hear, RequestStarted, RequestFinished):
        try:
            response = await asyncio.wait_for(
                client.fetch(session.url, method, target, ((name, value), *headers), body, timeout),
                timeout + 1.0,
            )
        except (TimeoutError, asyncio.TimeoutError):
            message = f"The app has not answered after {timeout:g} s."
        except client.TooMany:
            raise Refused("Too many requests of devtui ctl run: wait for their ends.") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            message = f"There was no response ({type(error).__name__}: {error})."
        took = round((time.monotonic() - began) * 1000, 3)
        if response is not None:
            await _within(ended.wait(), _END_SECONDS)
            await asyncio.sleep(_REST_SECONDS)  # what was printed comes another way
    found = session.store.request(begun.result()) if begun.done() else None
    result: dict[str, Any] = {
        "message": message,
        "duration_ms": took,
        "response": None if response is None else _described(response, reveal),
        "request": None,
        "log": [],
        "errors": [],
    }
    if found is None:
        return result, None
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
    return result, found


async def _within(waiting: Any, seconds: float) -> None:
    try:
        await asyncio.wait_for(waiting, seconds)
    except asyncio.TimeoutError:
        return  # the row has no end yet, and says so


def _check(method: str, target: str, headers: Headers) -> None:
    """Raise `Refused` for what could not be sent as it is."""
    if not client.METHOD.fullmatch(method):
        raise Refused(f"{method[:40]!r} is no method: use GET, POST or another word.", USAGE)
    if not client.TARGET.fullmatch(target):
        raise Refused(
            "The target begins with / and has no spaces or other characters that URLs encode: "
            "/search?q=two%20words",
            USAGE,
        )
    for name, value in headers:
        if not client.NAME.fullmatch(name) or not client.VALUE.fullmatch(value):
            raise Refused(f"{name[:40]!r} is no header: use 'Name: value'.", USAGE)


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
