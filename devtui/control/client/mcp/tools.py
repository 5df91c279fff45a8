"""The tools of the MCP server: the verbs that an agent needs, under their names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

Schema = dict[str, Any]
Arguments = dict[str, Any]


class Tool(NamedTuple):
    """A tool: its description, and how its arguments become those of the verb.

    `seconds` returns how long the verb itself may take.
    """

    description: str
    properties: Schema
    required: tuple[str, ...] = ()
    reads_only: bool = True
    seconds: Callable[[Arguments], float] = lambda arguments: 15.0
    convert: Callable[[Arguments], Arguments] = dict


def _timeout(default: float) -> Schema:
    return {"type": "number", "description": f"Seconds to wait, {default:g} if absent."}


def _filter(examples: str) -> Schema:
    words = f"Words of the dashboard's filters, combined with and: text, !text, {examples}."
    return {"type": "string", "description": words}


_LAST = {"type": "integer", "description": "How many of the newest.", "minimum": 1}
_REVEAL = {"type": "boolean", "description": "Do not mask passwords, tokens and keys."}


def _waits(default: float) -> Callable[[Arguments], float]:
    return lambda arguments: float(arguments.get("timeout") or default)


def _send(arguments: Arguments) -> Arguments:
    headers = [[name, str(value)] for name, value in (arguments.get("headers") or {}).items()]
    kept = {name: value for name, value in arguments.items() if name not in ("headers", "body")}
    body = str(arguments.get("body") or "")
    if body and not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(["Content-Type", content_type(body.encode())])
    return {**kept, "headers": headers, "data": body}


def content_type(body: bytes) -> str:
    """Return the type of a body that has none: JSON if it looks like it, else a form."""
    is_json = body.lstrip()[:1] in (b"{", b"[")
    return "application/json" if is_json else "application/x-www-form-urlencoded"


TOOLS: dict[str, Tool] = {
    "status": Tool(
        "The served app: url, state, generation (its number grows with each reload), last error.",
        {},
    ),
    "wait": Tool(
        "Wait until the newest save is served or has failed; call it after an edit. Returns at "
        "once if nothing has changed. outcome is served, unchanged, failed (with the error), "
        "held, outdated or timeout.",
        {
            "since": {"type": "integer", "description": "The generation before the edit."},
            "timeout": _timeout(30),
        },
        seconds=_waits(30),
    ),
    "errors": Tool(
        "Without id: the errors, repeated ones counted. With id (or last): one error with its "
        "frames and their local variables.",
        {
            "id": {"type": "string"},
            "filter": _filter("/regex/"),
            "last": _LAST,
            "reveal": _REVEAL,
        },
    ),
    "eval": Tool(
        "Run Python code in a frame of an error, while its process runs: the value of the last "
        "expression, and what was printed.",
        {
            "id": {"type": "string", "description": "The error's id, or last."},
            "code": {"type": "string"},
            "frame": {
                "type": "integer",
                "description": "The frame's number; the one that failed if absent.",
            },
            "timeout": _timeout(10),
        },
        ("id", "code"),
        reads_only=False,
        seconds=_waits(10),
    ),
    "send": Tool(
        "Send a request to the app: the response, what was logged meanwhile, errors with frames "
        "and variables, the duration, the request's id. Redirects are not followed.",
        {
            "method": {"type": "string"},
            "target": {"type": "string", "description": "Path and query, such as /search?q=a."},
            "headers": {"type": "object", "additionalProperties": {"type": "string"}},
            "body": {"type": "string"},
            "timeout": _timeout(30),
            "reveal": _REVEAL,
        },
        ("method", "target"),
        reads_only=False,
        seconds=lambda arguments: _waits(30)(arguments) + 20.0,
        convert=_send,
    ),
    "replay": Tool(
        "Send a recorded request again, with its cookies and body: what send tells, and "
        "differences, which says what has changed since the first time.",
        {
            "id": {"type": "string", "description": "The request's id, or last."},
            "timeout": _timeout(30),
            "reveal": _REVEAL,
        },
        ("id",),
        reads_only=False,
        seconds=lambda arguments: _waits(30)(arguments) + 20.0,
    ),
    "logs": Tool(
        "The newest entries of the log, oldest first.",
        {"filter": _filter("level:error, logger:name, out, err"), "last": _LAST},
    ),
    "requests": Tool(
        "The newest requests, oldest first.",
        {"filter": _filter("5xx, 404, post, >200ms"), "last": _LAST},
    ),
    "request": Tool(
        "Everything about one request: headers, bodies, log, errors, calls and repeats (N+1); "
        "for one that was sent again, what differs from the first.",
        {"id": {"type": "string", "description": "Its id, or last."}, "reveal": _REVEAL},
        ("id",),
    ),
    "calls": Tool(
        "What requests called (SQL, HTTP, templates, caches), grouped by text and line of code, "
        "the slowest first; with repeats those that one request made five times or more (N+1).",
        {
            "repeats": {"type": "boolean", "description": "The repeats alone, the worst first."},
            "last": {"type": "integer", "description": "How many.", "minimum": 1},
        },
    ),
    "routes": Tool("The app's routes with the files of their views (Flask, Django).", {}),
    "stack": Tool(
        "Where a request that still runs stands now.",
        {"id": {"type": "string", "description": "Its id, or last."}},
        ("id",),
    ),
    "restart": Tool(
        "Restart the server, and wait until it serves. A save does that by itself.",
        {
            "fresh": {"type": "boolean", "description": "Import everything again."},
            "timeout": _timeout(30),
        },
        reads_only=False,
        seconds=_waits(30),
    ),
    "hold": Tool(
        "Let saves wait, to edit several files as one reload; end it with release.",
        {"seconds": {"type": "number", "description": "It ends by itself, after 60 if absent."}},
        reads_only=False,
    ),
    "release": Tool(
        "End a hold, and wait until what was saved is served or has failed.",
        {"timeout": _timeout(30)},
        reads_only=False,
        seconds=_waits(30),
    ),
}


def listed() -> list[dict[str, Any]]:
    """Return the tools as the protocol lists them."""
    return [
        {
            "name": name,
            "description": tool.description,
            "inputSchema": {
                "type": "object",
                "properties": tool.properties,
                "required": list(tool.required),
                "additionalProperties": False,
            },
            "annotations": {"readOnlyHint": tool.reads_only, "openWorldHint": False},
        }
        for name, tool in TOOLS.items()
    ]
