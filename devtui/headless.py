"""The front ends without a screen: lines for people (--plain), JSON for programs (--json)."""

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
    CALLS,
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
from devtui.terminal import ControllingTerminal, HangUp
from devtui.text import formats, masking
from devtui.text.sanitize import visible

if TYPE_CHECKING:
    from devtui.events import TerminalWanted
    from devtui.session.terminal.app_tty import AppTty

OPEN = "open to the network: every machine that reaches this one can use the app"
OPEN_WITH_DEBUGGER = f"{OPEN}, and with the PIN also the debugger, which runs any code"

# Lines for people are bounded; programs get everything.
MAX_TEXT = 2_000
MAX_TARGET = 500

# How many lines to hold back while the app has the terminal; older lines are dropped.
MAX_HELD = 10_000

_WHAT = {**CALLS, "breakpoint": "breakpoint(): the debugger"}

_ENDING = (signal.SIGINT, signal.SIGTERM)


def run_plain(session: Session) -> int:
    """Run the session and write lines for people to stdout; returns the exit status."""

    def lines(event: AnyEvent) -> Iterator[bytes]:
        for what, text in chain(describe(event), warn(event, session.settings)):
            line = f"{formats.clock_time(event.at)}  {what:<8}  {text}\n"
            yield line.encode("utf-8", "backslashreplace")

    lends = sys.stdin.isatty() and sys.stdout.isatty()
    return asyncio.run(_run(session, lines, lends=lends))


def run_json(session: Session) -> int:
    """Run the session and write each event to stdout as a line of JSON; returns the exit status."""

    def lines(event: Event) -> Iterator[bytes]:
        yield encode_printable(event)

    return asyncio.run(_run(session, lines))


async def _run(
    session: Session, lines: Callable[[AnyEvent], Iterator[bytes]], *, lends: bool = False
) -> int:
    """Run the session and write lines; `lends` allows the app to borrow the terminal."""
    status, reader_gone, hang_up = 0, False, HangUp()
    flushes = False  # at the end of this turn of the loop
    out = LineLender(sys.stdout.buffer, sys.stdout.fileno())
    if lends:
        session.terminal.lend_by(out)

    def leave(with_status: int) -> None:
        nonlocal status
        status = status or with_status
        session.close()

    def interrupted(number: int) -> None:
        if status:  # the second signal: do not wait
            session.kill()
        elif session.generations.running:
            session.bus.warn(
                f"devtui waits {session.settings.grace:g} s for running requests "
                f"({session.generations.running}), then exits. Press ctrl+c again to exit at once."
            )
        leave(128 + number)

    def hung_up() -> None:
        if hang_up.terminal_gone():
            leave(128 + signal.SIGHUP)
        else:
            session.restart("restarted by SIGHUP")

    def flush() -> None:
        nonlocal flushes, reader_gone
        flushes = False
        try:
            out.flush()
        except BrokenPipeError:
            # The reader of our output has exited, as `head` does.
            reader_gone = True
            leave(128 + signal.SIGPIPE)

    def write(event: AnyEvent) -> None:
        nonlocal flushes, reader_gone
        try:
            if not reader_gone:
                out.write(lines(event))
                if not flushes:
                    flushes = True
                    loop.call_soon(flush)
        except BrokenPipeError:  # the buffer was full
            reader_gone = True
            leave(128 + signal.SIGPIPE)
        if isinstance(event, PortBusy) or (isinstance(event, AppFailed) and not event.reload):
            # Nobody is there to press a key, or to save a fix and see the result.
            leave(1)
        elif (
            isinstance(event, ServerExited) and not event.expected and session.served.loaded is None
        ):
            leave(1)  # it crashed during the first load

    loop = asyncio.get_running_loop()
    loop.set_debug(False)  # `python -X dev` is meant for the app
    for number in _ENDING:
        loop.add_signal_handler(number, interrupted, number)
    loop.add_signal_handler(signal.SIGHUP, hung_up)
    session.bus.subscribe(write)
    await session.run()
    if not reader_gone:
        flush()
    return status


def describe(event: AnyEvent) -> Iterator[tuple[str, str]]:
    """Yield lines for people: a word for the kind of event, and a text that is safe to show."""
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
            yield "", "this is a development server, not for production"
        case DebuggerReady(pin=str(pin)):
            yield "debugger", f"in the browser, with the PIN {_text(pin)}"
        case PinAttempted(failed_count=count) if count:
            yield "debugger", f"somebody typed a wrong PIN ({count} of {MAX_FAILED})"
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
    """Writes lines to `out`, and holds them back while the app has the terminal `fd`."""

    def __init__(self, out: BinaryIO, fd: int) -> None:
        self._out = out
        self._tty = ControllingTerminal(
            fd, partial(os.kill, os.getpid(), signal.SIGINT), reads_keys=False
        )
        self._lent = False
        self._held: deque[bytes] = deque(maxlen=MAX_HELD)
        self._dropped = 0

    def write(self, lines: Iterable[bytes]) -> None:
        """Buffer lines for `flush`, or until the terminal is back. Raises `OSError`."""
        if not self._lent:
            self._out.writelines(lines)
            return
        for line in lines:
            self._dropped += len(self._held) == MAX_HELD
            self._held.append(line)

    def flush(self) -> None:
        """Write what was buffered. Raises `OSError` as the file does."""
        self._out.flush()

    def hand_over(self, tty: AppTty, wanted: TerminalWanted) -> None:
        """See `session.terminal.terminal_loan.Lender`."""
        self._tty.check()
        self.flush()
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
        missing = [f"... {dropped:,} lines were dropped\n".encode()] if dropped else []
        self.write([b"--- devtui has the terminal again\n", *missing, *held])
        self.flush()
