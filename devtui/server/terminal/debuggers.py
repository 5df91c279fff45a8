"""Lend the terminal to debuggers and consoles that start without `breakpoint()`.

These are `import pdb; pdb.set_trace()`, post_mortem, ipdb, pudb, code.interact and IPython.embed.
Each has the terminal from its start until the user continues. Their classes are hooked when the
app imports them.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from functools import wraps
from types import ModuleType
from typing import Any

from devtui.server.guest.after_import import AfterImport
from devtui.server.terminal.loan import Terminal


def install(terminal: Terminal) -> None:
    """Install the hooks, without importing a debugger."""
    sessions = _Sessions(terminal)

    def interaction(module: ModuleType, owner: str) -> None:
        _wrap(module, owner, "interaction", sessions.stopping)

    def bdb(module: ModuleType) -> None:
        for name in ("set_continue", "set_quit"):
            _wrap(module, "Bdb", name, sessions.ending)

    def ipython(module: ModuleType) -> None:
        # Not around the whole function, which counts the frames up to its caller.
        _wrap(module, "TerminalInteractiveShell", "show_banner", sessions.near)
        _wrap(module, "TerminalInteractiveShell", "interact", sessions.near)

    AfterImport(
        {
            "bdb": bdb,
            "pdb": lambda module: interaction(module, "Pdb"),
            "pudb.debugger": lambda module: interaction(module, "Debugger"),
            "code": lambda module: _wrap(module, "InteractiveConsole", "interact", sessions.within),
            "IPython.terminal.interactiveshell": ipython,
        }
    ).install()


class _Sessions:
    """The debuggers' sessions, at most one per thread."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._here = threading.local()

    def stopping(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap a debugger's `interaction(frame, ...)`, which asks what to do at a stop."""

        @wraps(original)
        def interaction(debugger: Any, *arguments: Any, **options: Any) -> Any:
            if not self._asks_here(debugger):
                return original(debugger, *arguments, **options)
            self._terminal.acquire("breakpoint")
            outer = self._here.__dict__.get("ended")
            # Without a frame it is post mortem: nothing continues afterwards.
            self._here.ended = not arguments or arguments[0] is None
            try:
                return original(debugger, *arguments, **options)
            finally:
                # Not when the user continues: pudb restores the screen after that.
                ended, self._here.ended = self._here.ended, outer
                if ended and outer is None:
                    self._terminal.release()

        return interaction

    def ending(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap a debugger's commands that continue or quit."""

        @wraps(original)
        def end(debugger: Any, *arguments: Any, **options: Any) -> Any:
            result = original(debugger, *arguments, **options)
            if self._here.__dict__.get("ended") is None:
                if self._asks_here(debugger):
                    self._terminal.release()
            else:
                self._here.ended = True
            return result

        return end

    def within(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap a console, which has the terminal from start to end."""

        @wraps(original)
        def console(*arguments: Any, **options: Any) -> Any:
            if not self._is_ours(sys.stdin):
                return original(*arguments, **options)
            with self._terminal.held("console"):
                return original(*arguments, **options)

        return console

    def near(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap a part of a console: its greeting, or its loop."""

        @wraps(original)
        def part(*arguments: Any, **options: Any) -> Any:
            if not self._is_ours(sys.stdin):
                return original(*arguments, **options)
            with self._terminal.held("console", linger=True):
                return original(*arguments, **options)

        return part

    def _asks_here(self, debugger: Any) -> bool:
        """Whether it uses the terminal, and not a connection as remote debuggers do."""
        streams = (getattr(debugger, name, None) for name in ("stdin", "stdout"))
        return all(stream is None or self._is_ours(stream) for stream in streams)

    def _is_ours(self, stream: Any) -> bool:
        ours = (sys.__stdin__, sys.__stdout__, sys.__stderr__)
        if self._terminal.is_forked or stream is None:
            return False
        if any(stream is one for one in ours):
            return True
        try:
            return bool(stream.fileno() in (0, 1, 2) or stream.isatty())
        except (AttributeError, OSError, ValueError):
            return False  # the app has replaced it, as tests do


def _wrap(
    module: ModuleType,
    owner: str,
    name: str,
    around: Callable[[Callable[..., Any]], Callable[..., Any]],
) -> None:
    """Wrap a method. A module of the user's with the same name does not have it."""
    original = getattr(getattr(module, owner, None), name, None)
    if original is not None:
        setattr(getattr(module, owner), name, around(original))
