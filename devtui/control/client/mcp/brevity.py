"""Make results short for agents: leave out empty fields, and move long texts into files."""

from __future__ import annotations

import json
from typing import Any

from devtui.control.client import long_texts

LONGEST = 20_000
"""The longest result; a longer one is a file."""

_LONGEST_TEXT = 4_000
_BEGINNING = 800

# Fields for the screen, or ones that repeat others.
_LEFT_OUT = frozenset(
    {"context", "context_start", "marked", "exception", "own", "masked", "slowest"}
)
_DULL_HEADERS = frozenset({"date", "server", "connection", "content-length"})

# Their errors have frames, which say the same as a traceback in fewer words.
_WITH_FRAMES = frozenset({"send", "replay", "wait", "restart", "release"})
_TRACEBACK = "Traceback (most recent call last)"


def shorten(verb: str, result: Any) -> str:
    """Return a result as JSON."""
    told = verb in _WITH_FRAMES and bool(result.get("errors") or result.get("error"))
    short = _short(result, tracebacks=not told)
    text = json.dumps(short, ensure_ascii=False, separators=(",", ":"))
    if len(text) <= LONGEST:
        return text
    path = long_texts.write(json.dumps(result, indent=1).encode(), ".json")
    return json.dumps({"too_long": len(text), "whole": path, "beginning": text[:_BEGINNING]})


def _short(value: Any, *, tracebacks: bool) -> Any:
    if isinstance(value, dict):
        return _object(value, tracebacks)
    if isinstance(value, list):
        return [_short(item, tracebacks=tracebacks) for item in value]
    if not isinstance(value, str):
        return value
    if not tracebacks:
        value = value.partition(_TRACEBACK)[0].rstrip("\n") if _TRACEBACK in value else value
    if len(value) > _LONGEST_TEXT:
        path = long_texts.write(value.encode("utf-8", "replace"), ".txt")
        return f"{value[:_BEGINNING]}… ({len(value)} characters, whole in {path})"
    return value


def _origin(call: dict[str, Any]) -> tuple[object, ...]:
    return call["text"], call["file"], call["line"]


def _object(value: dict[str, Any], tracebacks: bool) -> dict[str, Any]:
    found = {}
    for name, item in value.items():
        if name in _LEFT_OUT or (name == "text" and value.get("frames")):
            continue
        if name == "frames" and "title" in value:
            item = [one for one in item if one.get("own")] or item[-1:]
        elif name in ("locals", "parts"):
            item = {one["name"]: one["value"] for one in item}
        elif name == "calls" and "repeated_calls" in value:
            told = {_origin(one) for one in value["repeated_calls"]}
            item = [one for one in item if _origin(one) not in told]
        elif name in ("headers", "response_headers"):
            item = {key: held for key, held in item if key.lower() not in _DULL_HEADERS}
        short = _short(item, tracebacks=tracebacks)
        if short not in (None, "", [], {}):
            found[name] = short
    return found
