"""All verbs by their names."""

from __future__ import annotations

from devtui.control.verbs import errors, outcome, rows
from devtui.control.verbs.status import status
from devtui.control.verbs.verb import Verb


def _evaluated(arguments: errors.Evaluate) -> str:
    return f"evaluated code in a frame of error {arguments.id}"


def _restarted(arguments: outcome.Restart) -> str:
    return "restarted the server" + (" from nothing" if arguments.fresh else "")


def _moved(arguments: outcome.MovePort) -> str:
    return f"moved the server to port {arguments.port}"


def _debugged(arguments: outcome.Debug) -> str:
    return f"turned debug mode {'on' if arguments.on else 'off'}"


def _held(arguments: outcome.BeginHold) -> str:
    return f"holds reloads for {arguments.seconds:g} s: r ends that"


VERBS: dict[str, Verb] = {
    "status": Verb(status),
    "wait": Verb(outcome.wait, outcome.Wait),
    "requests": Verb(rows.requests, rows.Requests),
    "request": Verb(rows.request, rows.OneRequest),
    "errors": Verb(errors.errors, errors.Errors),
    "logs": Verb(rows.logs, rows.Logs),
    "eval": Verb(errors.evaluate, errors.Evaluate, _evaluated),
    "stack": Verb(rows.stack, rows.OneRequest),
    "restart": Verb(outcome.restart, outcome.Restart, _restarted),
    "port": Verb(outcome.port, outcome.MovePort, _moved),
    "debug": Verb(outcome.debug, outcome.Debug, _debugged),
    "hold": Verb(outcome.hold, outcome.BeginHold, _held),
    "release": Verb(outcome.release, outcome.Wait, lambda arguments: "released the hold"),
}
