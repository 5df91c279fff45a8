"""All verbs by their names."""

from __future__ import annotations

from devtui.control.verbs import errors, grouped_calls, listing, outcome, sending
from devtui.control.verbs.status import status
from devtui.control.verbs.verb import Verb
from devtui.text import masking


def _evaluated(arguments: errors.Evaluate) -> str:
    return f"evaluate code in a frame of error {arguments.id}"


def _restarted(arguments: outcome.Restart) -> str:
    return "restart the server" + (" from nothing" if arguments.fresh else "")


def _moved(arguments: outcome.MovePort) -> str:
    return f"move the server to port {arguments.port}"


def _debugged(arguments: outcome.Debug) -> str:
    return f"turn debug mode {'on' if arguments.on else 'off'}"


def _held(arguments: outcome.BeginHold) -> str:
    return f"hold reloads for {arguments.seconds:g} s"


def _sent(arguments: sending.Send) -> str:
    return f"send {arguments.method.upper()[:20]} {masking.target(arguments.target)[:200]}"


VERBS: dict[str, Verb] = {
    "status": Verb(status),
    "wait": Verb(outcome.wait, outcome.Wait),
    "requests": Verb(listing.requests, listing.Requests),
    "request": Verb(listing.request, listing.OneRequest),
    "errors": Verb(errors.errors, errors.Errors),
    "logs": Verb(listing.logs, listing.Logs),
    "send": Verb(sending.send, sending.Send, _sent),
    "replay": Verb(sending.replay, sending.Replay, lambda it: f"send request {it.id} again"),
    "routes": Verb(listing.routes),
    "calls": Verb(grouped_calls.calls, grouped_calls.Calls),
    "eval": Verb(errors.evaluate, errors.Evaluate, _evaluated),
    "stack": Verb(listing.stack, listing.OneRequest),
    "restart": Verb(outcome.restart, outcome.Restart, _restarted),
    "port": Verb(outcome.port, outcome.MovePort, _moved),
    "debug": Verb(outcome.debug, outcome.Debug, _debugged),
    "hold": Verb(outcome.hold, outcome.BeginHold, _held),
    "release": Verb(outcome.release, outcome.Wait, lambda arguments: "release the hold"),
}
