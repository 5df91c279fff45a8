"""The front ends without a screen: lines for people, and JSON lines for programs."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain
from pathlib import PurePath
from typing import TYPE_CHECKING, BinaryIO

from devtui.config.settings import Settings
from devtui.events import (
    AnyEvent,
    AppFailed,
    AppLoaded,
    DebuggerReady,
    ErrorRaised,
    Event,
    EventsDropped,
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
    encode_printable,
)
from devtui.ports import holder_text
from devtui.session.debugger_pin import MAX_FAILED
from devtui.session.session import Session
from devtui.terminal import CALLS, ControllingTerminal, HangUp
from devtui.text import formats, masking
from devtui.text.sanitize import visible

if TYPE_CHECKING:
    from devtui.events import TerminalWanted
    from devtui.session.terminal.app_tty import AppTty

OPEN = "open to the network: every machine that reaches this one can use the app"
OPEN_WITH_DEBUGGER = f"{OPEN}, and its debugger too, which runs any code for whoever has the PIN"

# A person's line is bounded; a program gets all there is.
MAX_TEXT = 2_000
MAX_TARGET = 500

# What is held back while the app has the terminal; the oldest lines make room for the newest.
MAX_HELD = 10_000

_WHAT = {**CALLS, "breakpoint": "breakpoint(): the debugger"}

_ENDING = (signal.SIGINT, signal.SIGTERM)


def run_plain(session: Session) -> int:
    """Run the session and write lines for people to stdout. Returns the exit status."""

    def lines(event: AnyEvent) -> Iterator[bytes]:
        for what, text in chain(describe(event), warn(event, session.settings)):
            line = f"{formats.clock_time(event.at)}  {what:<8}  {text}\n"
            yield line.encode("utf-8", "backslashreplace")

    lends = sys.stdin.isatty() and sys.stdout.isatty()
    return asyncio.run(_run(session, lines, lends=lends))


def run_json(session: Session) -> int:
    """Run the session and write each event as a line of JSON to stdout. Returns the exit status."""

    def lines(event: Event) -> Iterator[bytes]:
        yield encode_printable(event)

    return asyncio.run(_run(session, lines))


async def _run(
    session: Session, lines: Callable[[AnyEvent], Iterator[bytes]], *, lends: bool = False
) -> int:
    """Supervise and write; `lends` means that the app may have the terminal for itself."""
    status, reader_gone, hang_up = 0, False, HangUp()
    out = LineLender(sys.stdout.buffer, sys.stdout.fileno())
    if lends:
        session.terminal.lend_by(out)

    def leave(with_status: int) -> None:
        nonlocal status
        status = status or with_status
        session.close()

    def interrupted(number: int) -> None:
        if status:  # a second time: not to wait for anything
            session.kill()
        elif session.store.running:
            session.warn(
                f"Leaving: {session.settings.grace:g} s for the requests that still run "
                f"({session.store.running}). ctrl+c again does not wait."
            )
        leave(128 + number)

    def hung_up() -> None:
        if hang_up.terminal_gone():
            leave(128 + signal.SIGHUP)
        else:
            session.restart("restarted by SIGHUP")

    def write(event: AnyEvent) -> None:
        nonlocal reader_gone
        try:
            if not reader_gone:
                out.write(lines(event))
        except BrokenPipeError:
            # Whoever read us has gone, as `head` does.
            reader_gone = True
            leave(128 + signal.SIGPIPE)
        if isinstance(event, PortBusy) or (isinstance(event, AppFailed) and not event.reload):
            # There is nobody who could press a key or save a fix and see what becomes of it.
            leave(1)
        elif (
            isinstance(event, ServerExited) and not event.expected and session.served.loaded is None
        ):
            leave(1)  # it died before anything was served: the same, in a harder way

    loop = asyncio.get_running_loop()
    loop.set_debug(False)  # `python -X dev` is meant for the app
    for number in _ENDING:
        loop.add_signal_handler(number, interrupted, number)
    loop.add_signal_handler(signal.SIGHUP, hung_up)
    session.subscribe(write)
    await session.run()
    return status


def describe(event: AnyEvent) -> Iterator[tuple[str, str]]:
    """What a person is told of an event: a word that says what it is, and a text safe to show."""
    match event:
        case ServerStarted():
            yield "starting", f"server process {event.pid}, generation {event.generation}"
        case AppLoaded():
            took = formats.duration(event.duration_ms)
            yield "loaded", f"{_text(event.app)} ({_text(event.framework)}) in {took}"
        case AppFailed():
            yield "failed", f"{_text(event.message)}"
        case Serving():
            yield "serving", _text(event.url)
            yield "", "a development server, not for production"
        case DebuggerReady(pin=str(pin)):
            yield "debugger", f"in the browser, with the PIN {_text(pin)}"
        case PinAttempted(failed_count=count) if count:
            yield "debugger", f"a wrong PIN was typed ({count} of {MAX_FAILED})"
        case RequestFinished():
            yield "request", _request(event)
        case LogWritten():
            where = event.level.lower() if event.level else event.stream
            yield visible(where, 8), _text(masking.in_log(event.text))
        case ErrorRaised():
            raised = event.error.exceptions[0]
            yield "error", f"{_text(raised.type)}: {_text(raised.message)}"
        case Reloaded():
            names = ", ".join(visible(PurePath(path).name, 100) for path in event.paths[:5])
            more = f" and {len(event.paths) - 5} more" if len(event.paths) > 5 else ""
            cause = f"{event.cause}: {names}{more}" if names else event.cause
            end = "serves the error" if event.failed else "serves again"
            yield "reload", f"{cause}; {end} after {formats.duration(event.duration_ms)}"
        case ServerExited(expected=False):
            how = f"by {event.signal}" if event.signal else f"with exit status {event.exit_code}"
            yield "exited", f"server process {event.pid} ended {how}"
        case ServerSuspended():
            yield "stopped", f"server process {event.pid} by {event.signal}: it answers nothing"
            yield "", f"kill -CONT {event.pid} lets it go on, kill -HUP {os.getpid()} restarts it"
        case ServerContinued():
            yield "goes on", f"server process {event.pid}"
        case PortBusy():
            yield from _port_busy(event)
        case EventsDropped():
            yield "dropped", formats.count(event.count, "event") + " that came too fast to be sent"


def warn(event: AnyEvent, settings: Settings) -> Iterator[tuple[str, str]]:
    """What a person is warned of beside the event itself, as `describe` does it."""
    if isinstance(event, Serving) and not settings.is_loopback:
        yield "warning", OPEN_WITH_DEBUGGER if settings.debugger else OPEN


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
        f"{visible(masking.target(event.target), MAX_TARGET)}{cut}"
    )


def _text(text: str) -> str:
    return visible(text, MAX_TEXT)


class LineLender:
    """Writes lines to `out`, but not while the app has the terminal behind the descriptor."""

    def __init__(self, out: BinaryIO, fd: int) -> None:
        self._out = out
        self._tty = ControllingTerminal(
            fd, partial(os.kill, os.getpid(), signal.SIGINT), reads_keys=False
        )
        self._lent = False
        self._held: deque[bytes] = deque(maxlen=MAX_HELD)
        self._dropped = 0

    def write(self, lines: Iterable[bytes]) -> None:
        """Write lines now, or when the terminal is back. Raises `OSError` as the file does."""
        if not self._lent:
            self._out.writelines(lines)
            self._out.flush()
            return
        for line in lines:
            self._dropped += len(self._held) == MAX_HELD
            self._held.append(line)

    def hand_over(self, tty: AppTty, wanted: TerminalWanted) -> None:
        """See `session.terminal.terminal_loan.Lender`."""
        self._tty.check()
        text = f"{visible(wanted.program, 80)} asks on the terminal; ctrl+c ends it"
        if wanted.purpose != "program":
            text = f"{_WHAT[wanted.purpose]} has the terminal"
        self._lent = True
        self._tty.lend(tty, wanted, f"--- {text}")

    def take_back(self) -> None:
        """See `session.terminal.terminal_loan.Lender`."""
        if not self._lent:
            return
        self._tty.take_back()
        self._lent = False
        held, self._held = self._held, deque(maxlen=MAX_HELD)
        dropped, self._dropped = self._dropped, 0
        missing = [f"... {dropped:,} lines are left out\n".encode()] if dropped else []
        self.write([b"--- devtui has the terminal again\n", *missing, *held])
