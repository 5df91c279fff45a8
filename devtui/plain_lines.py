"""Describe events in lines for people, for `--plain`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import PurePath

from devtui.config.settings import Settings
from devtui.events import (
    AnyEvent,
    AppFailed,
    AppLoaded,
    DebuggerReady,
    ErrorRaised,
    EventsDropped,
    HoldEnded,
    LogWritten,
    PinAttempted,
    PortBusy,
    Reloaded,
    RequestFinished,
    ServerContinued,
    ServerExited,
    ServerStarted,
    ServerSuspended,
    Serving,
)
from devtui.ports import holder_text
from devtui.ports.addresses import url_elsewhere
from devtui.session.calls.grouping import left_out, repeats_of
from devtui.session.debugger_pin import MAX_FAILED
from devtui.text import formats, masking
from devtui.text.headers import location_of
from devtui.text.sanitize import visible
from devtui.text.sgr import PLAIN, Look, coloured, undrawn

OPEN = "open to the network: every machine that reaches this one can use the app"
OPEN_WITH_DEBUGGER = f"{OPEN}, and with the PIN also the debugger, which runs any code"

# Lines for people are bounded; programs get everything.
MAX_TEXT = 2_000
MAX_TARGET = 500


class Colours:
    """The colours of the app's lines. Within a record they go on from line to line."""

    def __init__(self) -> None:
        self._looks: dict[str, Look] = {}

    def text(self, event: LogWritten) -> str:
        """Return the text of a line, safe and with its colours."""
        look = self._looks.get(event.stream, PLAIN) if event.continues else PLAIN
        text, self._looks[event.stream] = coloured(
            masking.in_log(undrawn(event.text)), MAX_TEXT, look
        )
        return text


def describe(event: AnyEvent, colours: Colours | None = None) -> Iterator[tuple[str, str]]:
    """Yield lines for people: a word for the kind of event, and a text that is safe to show."""
    match event:
        case ServerStarted():
            python = f", {visible(event.python, MAX_TARGET)}" if event.python else ""
            yield "starting", f"server process {event.pid}, generation {event.generation}{python}"
        case AppLoaded():
            took = formats.duration(event.duration_ms)
            yield "loaded", f"{_text(event.app)} ({_text(event.framework)}) in {took}"
        case AppFailed():
            yield "failed", f"{_text(event.message)}"
        case Serving():
            yield "serving", _text(event.url)
            yield "", "this is a development server, not for production"
        case DebuggerReady(pin=str(pin)):
            yield "debugger", f"in the browser, with the PIN {_text(pin)}"
        case PinAttempted(failed_count=count) if count:
            yield "debugger", f"somebody typed a wrong PIN ({count} of {MAX_FAILED})"
        case RequestFinished():
            yield "request", _request(event)
        case LogWritten():
            where = event.level.lower() if event.level else event.stream
            yield (
                visible(where, 8),
                colours.text(event) if colours else _text(masking.in_log(undrawn(event.text))),
            )
        case ErrorRaised():
            raised = event.error.exceptions[0]
            what = "logged" if event.origin == "logging" else "error"
            yield what, f"{_text(raised.type)}: {_text(raised.message)}"
        case Reloaded():
            names = ", ".join(visible(PurePath(path).name, 100) for path in event.paths[:5])
            more = f" and {len(event.paths) - 5} more" if len(event.paths) > 5 else ""
            cause = f"{event.cause}: {names}{more}" if names else event.cause
            end = "serves the error" if event.failed else "serves again"
            yield "reload", f"{cause}; {end} after {formats.duration(event.duration_ms)}"
        case HoldEnded():
            reason = f"{_text(event.holder)} held them: {_text(event.reason)}"
            yield "hold", f"saves cause reloads again, {reason}"
        case ServerExited(expected=False):
            how = f"by {event.signal}" if event.signal else f"with exit status {event.exit_code}"
            yield "exited", f"server process {event.pid} ended {how}"
        case ServerSuspended():
            yield (
                "stopped",
                f"{event.signal} stopped server process {event.pid}: it answers nothing",
            )
            yield "", f"kill -CONT {event.pid} continues it, kill -HUP {os.getpid()} restarts it"
        case ServerContinued():
            yield "goes on", f"server process {event.pid}"
        case PortBusy():
            yield from _port_busy(event)
        case EventsDropped():
            yield "dropped", formats.count(event.count, "event") + " that came too fast to send"


def warn(event: AnyEvent, settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield warnings to go with an event, in the form of `describe`."""
    if isinstance(event, Serving) and not settings.is_loopback:
        yield "warning", OPEN_WITH_DEBUGGER if settings.debugger else OPEN
        if url := url_elsewhere(settings):
            yield "", f"other machines reach it at {url}"


def _port_busy(event: PortBusy) -> Iterator[tuple[str, str]]:
    yield "port", _text(event.message)
    for holder in event.holders:
        yield "holder", holder_text.title(holder)
        for label, text in holder_text.details(holder):
            yield "", f"{label:<14}  {text}"
    for warning in event.warnings:
        yield "note", _text(warning)
    for advice in holder_text.advice(
        event.host, event.port, event.reason, event.holders, event.next_free_port
    ):
        yield "", advice


def _request(event: RequestFinished) -> str:
    status = "-" if event.status is None else str(event.status)
    cut = f"  ({_text(event.cut)})" if event.cut else ""
    return (
        f"{visible(event.method, 20):<6} {status:>3} "
        f"{formats.duration(event.duration_ms):>{formats.DURATION_WIDTH}} "
        f"{formats.size(event.size_bytes):>{formats.SIZE_WIDTH}}  "
        f"{visible(masking.target(event.target), MAX_TARGET)}{_leads_to(event)}{cut}"
        f"{_calls(event)}"
    )


def _leads_to(event: RequestFinished) -> str:
    location = masking.target(location_of(event.status, event.response_headers))
    return f" -> {visible(location, MAX_TARGET)}" if location else ""


def _calls(event: RequestFinished) -> str:
    """Say how many calls there were, and which one was repeated most."""
    told = [f"{one.count:,} {one.kind}" for one in event.call_totals if one.kind != "template"]
    worst = next(iter(repeats_of(event.calls)), None)
    if worst is not None:
        where = visible(PurePath(worst.first.file).name, 100)
        times = f"{worst.count:,}{'+' if left_out(event) else ''}×"
        told.append(f"{times} {where}:{worst.first.line}" if where else times)
    return f"  ({', '.join(told)})" if told else ""


def _text(text: str) -> str:
    return visible(text, MAX_TEXT)
