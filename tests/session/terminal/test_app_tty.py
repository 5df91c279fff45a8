"""The terminal that is lent to the app, where it cannot be."""

from __future__ import annotations

import errno
import os
import termios
from typing import Any, cast

import pytest

from devtui.events import TerminalWanted
from devtui.session.terminal.app_tty import AppTty
from devtui.terminal import ControllingTerminal

WANTED = TerminalWanted(ask_id="1-t1", purpose="breakpoint")


def test_a_terminal_that_has_gone_is_an_os_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """termios has an error of its own, which is none."""

    def gone(*arguments: Any) -> Any:
        raise termios.error(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "tcgetpgrp", lambda fd: os.getpgrp())
    monkeypatch.setattr(termios, "tcgetattr", gone)
    tty = ControllingTerminal(0, lambda: None, reads_keys=False)
    with pytest.raises(OSError, match="Input/output error"):
        tty.lend(cast(AppTty, object()), WANTED, "--- it is lent")
    tty.take_back()


def test_what_is_no_terminal_of_ours_is_an_os_error() -> None:
    read, write = os.pipe()
    try:
        with pytest.raises(OSError, match="does not run in a terminal"):
            ControllingTerminal(read, lambda: None, reads_keys=False).check()
    finally:
        os.close(read)
        os.close(write)
