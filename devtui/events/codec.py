"""Events and orders as lines of JSON, and back."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, TypeAlias, TypeVar, cast

import msgspec

from devtui.events.answers import (
    Completed,
    Evaluated,
    LocalsShown,
    ProfilerChecked,
    RoutesShown,
    StackShown,
    TerminalInterrupted,
    TerminalReleased,
    TerminalWanted,
)
from devtui.events.lifecycle import (
    AppFailed,
    AppLoaded,
    DebuggerReady,
    EventsDropped,
    FilesRead,
    HeadStartChecked,
    ImportsTraced,
    LiveSet,
    PageLeftAlone,
    PinAttempted,
    ProjectChecked,
    ServerContinued,
    ServerExited,
    ServerStarted,
    ServerSuspended,
    Serving,
    StandbyUnfit,
    TemplatesFound,
)
from devtui.events.orders import AnyOrder, Order
from devtui.events.requests import (
    ErrorRaised,
    LogWritten,
    RequestFinished,
    RequestProfiled,
    RequestStarted,
)
from devtui.events.supervision import (
    ControlUsed,
    DashboardsAttached,
    FilesChanged,
    HoldBegan,
    HoldEnded,
    PagesFollowing,
    PortBusy,
    Reloaded,
    StateChanged,
)

T = TypeVar("T")

AnyEvent: TypeAlias = (
    ServerStarted
    | AppLoaded
    | AppFailed
    | Serving
    | DebuggerReady
    | PinAttempted
    | ServerExited
    | ServerSuspended
    | ServerContinued
    | ImportsTraced
    | HeadStartChecked
    | StandbyUnfit
    | ProjectChecked
    | TemplatesFound
    | LiveSet
    | PageLeftAlone
    | EventsDropped
    | FilesRead
    | RequestStarted
    | RequestProfiled
    | RequestFinished
    | ErrorRaised
    | LogWritten
    | LocalsShown
    | Evaluated
    | Completed
    | StackShown
    | RoutesShown
    | ProfilerChecked
    | TerminalWanted
    | TerminalInterrupted
    | TerminalReleased
    | StateChanged
    | FilesChanged
    | Reloaded
    | PortBusy
    | ControlUsed
    | HoldBegan
    | HoldEnded
    | PagesFollowing
    | DashboardsAttached
)


def _plain_text(value: object) -> str:
    """Convert a subclass of str (markup, a logger's name), which msgspec does not encode."""
    if isinstance(value, str):
        return str.__str__(value)
    raise NotImplementedError(f"no event holds a {type(value).__name__}")


_NOT_PLAIN = re.compile(r"[^\n -~]")

# The beginning of an escaped surrogate in JSON. msgspec does not decode lone ones.
_SURROGATE = b"\\ud"

# Fields of events with names of files that the session looks at.
_NAMES = frozenset({"sources", "read", "written", "folders", "awaited"})

_encoder = msgspec.json.Encoder(enc_hook=_plain_text)


@cache
def _event_decoder() -> msgspec.json.Decoder[AnyEvent]:
    # Made on first use: it takes as long as all the rest, and server processes do not need it.
    return msgspec.json.Decoder(AnyEvent)


@cache
def _order_decoder() -> msgspec.json.Decoder[AnyOrder]:
    return msgspec.json.Decoder(AnyOrder)


def encode(message: msgspec.Struct) -> bytes:
    r"""Encode an event, an order or another such object as one line of JSON, with its newline.

    A lone surrogate in a string (an undecodable byte of a file name or header) has no UTF-8
    form. In an event, write it as the text of its escape (`\udc80`): otherwise the event would be
    lost. Keep it in orders, and in names of files that the session looks at.
    """
    try:
        return _encoder.encode(message) + b"\n"
    except UnicodeEncodeError:
        import json  # seldom needed

        plain = msgspec.to_builtins(message, enc_hook=_plain_text)
        kept = plain if isinstance(message, Order) else _without_surrogates(plain, _NAMES)
        return json.dumps(kept).encode() + b"\n"


def encode_printable(message: msgspec.Struct) -> bytes:
    r"""Encode a line for a program or a terminal: JSON in which no character acts on the terminal.

    JSON itself escapes only the oldest control characters. Escape those of C1 too, and those that
    are invisible or reorder the text around them (`\u009b`, `\u202e`). For a reader of JSON the
    text is the same.
    """
    try:
        line = _encoder.encode(message) + b"\n"
    except UnicodeEncodeError:
        plain = msgspec.to_builtins(message, enc_hook=_plain_text)
        line = _encoder.encode(_without_surrogates(plain)) + b"\n"
    if line.isascii() and b"\x7f" not in line:
        return line
    return _NOT_PLAIN.sub(_escaped, line.decode("utf-8")).encode("utf-8")


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    if character.isprintable():
        return character
    units = character.encode("utf-16-be").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))


def decode_event(line: bytes) -> AnyEvent:
    """Decode one line into an event. Raises `msgspec.DecodeError` for any other line."""
    return cast("AnyEvent", _decode_any(_event_decoder(), AnyEvent, line))


def decode_order(line: bytes) -> AnyOrder:
    """Decode one line into an order. Raises `msgspec.DecodeError` for any other line."""
    return cast("AnyOrder", _decode_any(_order_decoder(), AnyOrder, line))


def _decode_any(decoder: msgspec.json.Decoder[Any], kinds: Any, line: bytes) -> Any:
    try:
        return _decode(decoder, line)
    except msgspec.DecodeError:
        if _SURROGATE not in line:
            raise
    import json

    try:
        return msgspec.convert(json.loads(line), kinds)
    except (ValueError, RecursionError) as error:
        raise msgspec.DecodeError(str(error)) from error


def _decode(decoder: msgspec.json.Decoder[T], line: bytes) -> T:
    try:
        return decoder.decode(line)
    except (UnicodeDecodeError, RecursionError) as error:
        # msgspec makes no DecodeError of these two: a string that is not UTF-8, endless nesting.
        raise msgspec.DecodeError(str(error)) from error


def _without_surrogates(value: object, kept: frozenset[str] = frozenset()) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {
            key: item if key in kept else _without_surrogates(item, kept)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_without_surrogates(item, kept) for item in value]
    return value
