"""The front ends without a screen: lines for people (--plain), JSON for programs (--json)."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from devtui.events import (
    CALLS,
    AnyEvent,
    AppFailed,
    Event,
    EventsDropped,
    PortBusy,
    ServerExited,
    encode_printable,
)
from devtui.patient_output import PatientOutput
from devtui.plain_lines import Colours, describe, warn
from devtui.session.session import Session
from devtui.session.terminal.window import window
from devtui.terminal import ControllingTerminal, HangUp
from devtui.text import formats
from devtui.text.sanitize import visible
from devtui.text.terminal_name import takes_colours

if TYPE_CHECKING:
    from devtui.events import TerminalWanted
    from devtui.session.terminal.app_tty import AppTty

# How many lines to hold back while the app has the terminal; older lines are dropped.
MAX_HELD = 10_000

_NAMES = {**CALLS, "breakpoint": "breakpoint(): the debugger"}

_ENDING = (signal.SIGINT, signal.SIGTERM)


def run_plain(session: Session) -> int:
    """Run the session and write lines for people to stdout; returns the exit status."""
    colours = Colours() if _shows_colours() else None

    def lines(event: AnyEvent) -> Iterator[bytes]:
        for what, text in chain(describe(event, colours), warn(event, session.settings)):
            line = f"{formats.clock_time(event.at)}  {what:<8}  {text}\n"
            yield line.encode("utf-8", "backslashreplace")

    lends = sys.stdin.isatty() and sys.stdout.isatty()
    out = PatientOutput(sys.stdout.fileno(), _dropped)
    return asyncio.run(_run(session, lines, out, lends=lends))


def run_json(session: Session) -> int:
    """Run the session and write each event to stdout as a line of JSON; returns the exit status."""

    def lines(event: Event) -> Iterator[bytes]:
        yield encode_printable(event)

    def dropped(count: int) -> bytes:
        return encode_printable(EventsDropped(generation=session.generation, count=count))

    return asyncio.run(_run(session, lines, PatientOutput(sys.stdout.fileno(), dropped)))


def _dropped(count: int) -> bytes:
    return f"... {count:,} lines were dropped\n".encode()


def _shows_colours() -> bool:
    return sys.stdout.isatty() and takes_colours(os.environ)


async def _run(
    session: Session,
    lines: Callable[[AnyEvent], Iterator[bytes]],
    output: PatientOutput,
    *,
    lends: bool = False,
) -> int:
    """Run the session and write lines; `lends` allows the app to borrow the terminal."""
    sys.stdout.flush()  # what was written before comes first
    out = LineLender(output, sys.stdout.fileno())
    if lends:
        session.terminal.lend_by(out)
    asyncio.get_running_loop().set_debug(False)  # `python -X dev` is meant for the app
    if window.size is not None:
        out.follow_size()
    front_end = _FrontEnd(session, lines, output, out)
    session.bus.subscribe(front_end.write)
    await session.run()
    await front_end.drain()
    return front_end.status


class _FrontEnd:
    """Writes a session's lines, and ends the session if nobody else would."""

    def __init__(
        self,
        session: Session,
        lines: Callable[[AnyEvent], Iterator[bytes]],
        output: PatientOutput,
        out: LineLender,
    ) -> None:
        """Handle the signals too. `out` holds lines back while the app has the terminal."""
        self.status = 0
        self._session = session
        self._lines = lines
        self._output = output
        self._out = out
        self._hang_up = HangUp()
        self._reader_gone = False
        self._flushes = False  # at the end of this turn of the loop
        self._loop = asyncio.get_running_loop()
        output.on_gone = lambda: self._loop.call_soon_threadsafe(self._flush)
        for number in _ENDING:
            self._loop.add_signal_handler(number, self._interrupted, number)
        self._loop.add_signal_handler(signal.SIGHUP, self._hung_up)

    def write(self, event: AnyEvent) -> None:
        """Write the lines of an event; leave if nobody is there to repair what it reports."""
        try:
            if not self._reader_gone:
                self._out.write(self._lines(event))
                if not self._flushes:
                    self._flushes = True
                    self._loop.call_soon(self._flush)
        except BrokenPipeError:
            self._reader_gone = True
            self._leave(128 + signal.SIGPIPE)
        if isinstance(event, PortBusy) or (isinstance(event, AppFailed) and not event.reload):
            # Without a screen nobody presses a key, or saves a fix to see the result.
            self._leave(1)
        elif (
            isinstance(event, ServerExited)
            and not event.expected
            and self._session.served.loaded is None
        ):
            self._leave(1)  # it crashed during the first load

    async def drain(self) -> None:
        """Wait until everything is written, as long as somebody reads."""
        if not self._reader_gone:
            await asyncio.to_thread(self._output.drain)
            self._flush()

    def _flush(self) -> None:
        self._flushes = False
        if self._reader_gone:
            return
        try:
            self._out.flush()
        except BrokenPipeError:
            # The reader of our output has exited, as `head` does.
            self._reader_gone = True
            self._leave(128 + signal.SIGPIPE)
        except OSError:
            self._reader_gone = True
            raise

    def _leave(self, status: int) -> None:
        self.status = self.status or status
        self._session.close()

    def _interrupted(self, number: int) -> None:
        session = self._session
        if self.status:  # the second signal: do not wait
            session.kill()
        elif session.generations.running:
            session.bus.warn(
                f"devtui waits {session.settings.grace:g} s for running requests "
                f"({session.generations.running}), then exits. Press ctrl+c again to exit at once."
            )
        self._leave(128 + number)

    def _hung_up(self) -> None:
        if self._hang_up.terminal_gone():
            self._leave(128 + signal.SIGHUP)
        else:
            self._session.restart("restarted by SIGHUP")


class LineLender:
    """Writes lines to `out`, and holds them back while the app has the terminal `fd`."""

    def __init__(self, out: PatientOutput, fd: int) -> None:
        self._out = out
        self._fd = fd
        self._follows_size = False
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
        """Write the buffered lines. Raises `OSError` as the file does."""
        self._out.flush()

    def follow_size(self) -> None:
        """From now on give the app's output the width that the terminal has for it."""
        self._follows_size = True
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGWINCH, self._resized)
        self._resized()

    def _resized(self) -> None:
        with suppress(OSError):  # the terminal is gone, which SIGHUP handles
            columns, lines = os.get_terminal_size(self._fd)
            window.show(columns - formats.BESIDE_LINE, lines)

    def hand_over(self, tty: AppTty, wanted: TerminalWanted) -> None:
        """See `session.terminal.terminal_loan.Lender`."""
        self._tty.check()
        self._out.drain()
        self.flush()
        text = f"{visible(wanted.program, 80)} asks on the terminal; ctrl+c ends it"
        if wanted.purpose != "program":
            text = f"{_NAMES[wanted.purpose]} has the terminal"
        self._lent = True
        self._tty.lend(tty, wanted, f"--- {text}")

    def take_back(self) -> None:
        """See `session.terminal.terminal_loan.Lender`."""
        if not self._lent:
            return
        self._tty.take_back()
        self._lent = False
        if self._follows_size:
            self.follow_size()  # it followed the app's own terminal meanwhile
        held, self._held = self._held, deque(maxlen=MAX_HELD)
        dropped, self._dropped = self._dropped, 0
        missing = [_dropped(dropped)] if dropped else []
        self.write([b"--- devtui has the terminal again\n", *missing, *held])
        self.flush()
