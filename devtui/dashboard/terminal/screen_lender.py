"""Lend the dashboard's terminal to the app, for `breakpoint()`, `input()` and `getpass()`."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from textual.app import App, SuspendNotSupported

from devtui.dashboard.terminal.suspended import suspended
from devtui.events import CALLS
from devtui.terminal import ControllingTerminal, no_terminal
from devtui.text import masking
from devtui.text.sanitize import visible

if TYPE_CHECKING:
    from devtui.events import TerminalWanted
    from devtui.session.store.store import Store
    from devtui.session.terminal.app_tty import AppTty


class ScreenLender:
    """Take the dashboard off the screen while the app has the terminal; see `Lender`.

    Meanwhile the session and the dashboard go on; only nothing is drawn.
    """

    def __init__(self, app: App[int], store: Store, fd: int) -> None:
        """`fd` is the terminal's descriptor."""
        self._app = app
        self._store = store
        self._tty = ControllingTerminal(fd, self._interrupt, reads_keys=True)
        self._suspended: ExitStack | None = None
        self._aside = False
        self._fd = fd

    @contextmanager
    def step_aside(self) -> Iterator[int]:
        """Take the dashboard off the screen for a command of the user's; yield the terminal.

        Raises `OSError` if devtui does not run in a terminal, or has lent it.
        """
        if self._aside or self._suspended is not None:  # by a key that was typed ahead
            raise OSError(errno.EBUSY, "the terminal is in use")
        self._tty.check()
        self._aside = True
        try:
            with self._app.batch_update(), suspended(self._app):  # see `hand_over`
                yield self._fd
        except SuspendNotSupported as error:
            raise no_terminal() from error
        finally:
            self._aside = False

    def hand_over(self, tty: AppTty, wanted: TerminalWanted) -> None:
        """See `session.terminal.terminal_loan.Lender`."""
        if self._suspended is not None:
            return
        if self._aside:
            raise OSError(errno.EBUSY, "a command of the config has it")
        self._tty.check()
        leaving = ExitStack()
        try:
            # Draw nothing: the thread that writes to the terminal has ended by then, and its queue
            # would block us once it is full.
            leaving.enter_context(self._app.batch_update())
            leaving.enter_context(suspended(self._app))
        except SuspendNotSupported as error:
            leaving.close()
            raise no_terminal() from error
        self._suspended = leaving
        self._tty.lend(tty, wanted, self._announcement(wanted))

    def take_back(self) -> None:
        """See `session.terminal.terminal_loan.Lender`."""
        left, self._suspended = self._suspended, None
        if left is not None:
            self._tty.take_back()
            left.close()

    def _interrupt(self) -> None:
        """Take a ctrl+c that came after the app was done: it is for us."""
        self._app.simulate_key("ctrl+c")

    def _announcement(self, wanted: TerminalWanted) -> str:
        request = self._store.request(wanted.request_id)
        where = ""
        if request is not None:
            target = visible(masking.target(request.started.target), 200)
            where = f" in {visible(request.started.method, 20)} {target}"
        who = f"{visible(wanted.program, 80)} asks on the terminal; ctrl+c ends it"
        if wanted.purpose != "program":
            who = f"{CALLS[wanted.purpose]}{where} has the terminal"
        text = f"--- {who}; the dashboard comes back when it is done"
        encoding = getattr(sys.__stdout__, "encoding", None) or "ascii"
        return text.encode(encoding, "backslashreplace").decode(encoding)
