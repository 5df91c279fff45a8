"""Lends the terminal that lines are written to, and holds the lines back meanwhile."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

from devtui.terminal import CALLS, ControllingTerminal
from devtui.text.sanitize import visible

if TYPE_CHECKING:
    from devtui.events import TerminalWanted
    from devtui.session.terminal.app_tty import AppTty

# What is held back while somebody debugs; the oldest lines make room for the newest.
MAX_HELD = 10_000

_WHAT = {**CALLS, "breakpoint": "breakpoint(): the debugger"}


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
