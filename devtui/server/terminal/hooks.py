"""Lend the terminal to `breakpoint()`, `input()` and `getpass()`."""

from __future__ import annotations

import builtins
import getpass
import os
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Literal, TextIO

from devtui.server.guest.plain_signal import signal
from devtui.server.terminal import debuggers
from devtui.server.terminal.loan import NoTerminal, Terminal
from devtui.server.terminal.plain_errors import in_place_of

_PDB = ("", "pdb.set_trace")

# Arguments for `setattr` that stop the tracing of two frames.
_F_TRACE = ("f_trace", "f_trace")
_NOTHING = (None, None)


def install(terminal: Terminal) -> None:
    """Install all hooks. Call this from the main thread."""
    originals = builtins.input, sys.breakpointhook, getpass.getpass

    def undo() -> None:
        builtins.input, sys.breakpointhook, getpass.getpass = originals

    builtins.input = _input(terminal, builtins.input)
    sys.breakpointhook = _breakpoint(terminal)
    getpass.getpass = _getpass(terminal, getpass.getpass)
    debuggers.install(terminal)
    # A fork has no channel to ask for the terminal, and would wait for ever.
    os.register_at_fork(after_in_child=undo)
    _handle_signals(terminal)


def _input(terminal: Terminal, original: Callable[..., str]) -> Callable[..., str]:
    def input(prompt: object = "", /) -> str:
        """Read a line like Python's own, in the terminal that devtui runs in."""
        if not any(sys.stdin is stdin for stdin in terminal.stdins):
            return original(prompt)  # the app has replaced it, as tests do
        return _read(terminal, "input", original, prompt)

    return in_place_of(original, input)


def _getpass(terminal: Terminal, original: Callable[..., str]) -> Callable[..., str]:
    def getpass(prompt: str = "Password: ", stream: TextIO | None = None, **options: Any) -> str:
        """Read a password like Python's own, in the terminal that devtui runs in."""
        return _read(terminal, "getpass", original, prompt, stream, **options)

    return in_place_of(original, getpass)


def _read(
    terminal: Terminal,
    purpose: Literal["input", "getpass"],
    original: Callable[..., str],
    *arguments: Any,
    **options: Any,
) -> str:
    try:
        with terminal.reading_line(purpose) as begun:
            if begun:
                arguments = (f"{begun}{arguments[0]}", *arguments[1:])
            return original(*arguments, **options)
    except NoTerminal as error:
        refused = str(error)
    raise EOFError(refused)  # what Python raises


def _breakpoint(terminal: Terminal) -> Callable[..., Any]:
    def breakpointhook(*arguments: Any, **options: Any) -> Any:
        """Start a debugger like Python (PEP 553), in devtui's terminal."""
        wanted = os.environ.get("PYTHONBREAKPOINT", "")
        if wanted == "0":
            return None
        terminal.acquire("breakpoint")
        if wanted in _PDB:
            # Imported here because few requests stop at a breakpoint.
            from devtui.server.terminal.terminal_pdb import TerminalPdb

            TerminalPdb(terminal).set_trace(sys._getframe(1))
            return None
        return _other_debugger(terminal, arguments, options)

    return breakpointhook


def _other_debugger(terminal: Terminal, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Call the debugger that PYTHONBREAKPOINT names.

    If it traces after the call, it has the terminal until the user continues or quits, or its
    thread ends. Since Python 3.13 pdb stops at the next instruction of its caller, which is ours
    here: one `s` leads to the view.
    """
    before = sys.gettrace()
    hook, ours = sys.__breakpointhook__, (sys._getframe(), sys._getframe(1))
    try:
        # On one line, and by a C function: a debugger that stops in its caller, or at its return,
        # must see no further line or call of ours.
        results = [hook(*arguments, **options), *map(setattr, ours, _F_TRACE, _NOTHING)]
    except BaseException:
        terminal.release()
        raise
    debugger = getattr(sys.gettrace(), "__self__", None)
    if getattr(debugger, "stopframe", None) in ours:  # like pudb, which stops in its caller
        debugger.stopframe = sys._getframe(2)  # type: ignore[union-attr]
    if sys.gettrace() is before:
        terminal.release()
    return results[0]


def _handle_signals(terminal: Terminal) -> None:
    """Handle ctrl+c and ctrl+z while the app has the terminal.

    ctrl+c interrupts the thread that has it. ctrl+z is ignored: nobody could wake a stopped server.
    """

    def on_interrupt(number: int, frame: FrameType | None) -> None:
        holder = terminal.holder
        if holder is None and terminal.is_being_returned:
            return  # it was typed for what has just ended, not to end the server
        if holder is None or holder is threading.main_thread():
            signal.default_int_handler(number, frame)
        elif terminal.reading:
            terminal.interrupt()
        else:
            from devtui.server.guest.deadline import raise_in_thread

            raise_in_thread(holder, KeyboardInterrupt)

    def on_suspend(number: int, frame: FrameType | None) -> None:
        """Ignore the signal. Child processes would inherit SIG_IGN."""

    def on_hang_up(number: int, frame: FrameType | None) -> None:
        """Ignore the loss of the terminal: the session takes it back, or has ended."""
        if _has_terminal():
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGHUP)

    signal.signal(signal.SIGINT, on_interrupt)
    signal.signal(signal.SIGTSTP, on_suspend)
    if _has_terminal() and signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, on_hang_up)


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC))
    except OSError:
        return False
    return True
