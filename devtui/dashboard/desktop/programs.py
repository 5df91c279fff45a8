"""Start programs beyond the terminal: browser, clipboard, editor."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from textual.app import App
from textual.notifications import SeverityLevel

from devtui.dashboard.desktop.clipboard import copy
from devtui.dashboard.desktop.editor import EditorCommand, NoEditor, editor_command
from devtui.dashboard.terminal.suspended import suspended
from devtui.events import Frame

STARTED_SECONDS = 2.0
"""A browser that still runs after this long has started; some run until they are closed."""

_OPEN = "import sys, webbrowser; sys.exit(not webbrowser.open(sys.argv[1]))"


class Tell(Protocol):
    """Say something to the user in a toast."""

    def __call__(self, text: str, severity: SeverityLevel = "information") -> None:
        """`text` may contain control characters."""


class Programs:
    """Start programs for the dashboard, and report the outcome in a toast."""

    def __init__(self, app: App[int], tell: Tell) -> None:
        self._app = app
        self._tell = tell

    def browse(self, url: str) -> None:
        """Open the URL in a browser."""
        self._app.run_worker(lambda: self._browse(url), thread=True)

    def _browse(self, url: str) -> None:
        if open_url(url):
            self._app.call_from_thread(self._tell, f"Opened {url}")
        else:
            text = f"No browser could be started; open {url} by hand."
            self._app.call_from_thread(self._tell, text, "warning")

    def copy(self, text: str, what: str, write: Callable[[str], None]) -> None:
        """Copy a text in the best way available; `write` sends to the terminal."""
        self._app.run_worker(lambda: self._copy(text, what, write), thread=True)

    def _copy(self, text: str, what: str, write: Callable[[str], None]) -> None:
        call = self._app.call_from_thread
        try:
            where = copy(text, partial(call, write), os.environ)
        except OSError as error:
            call(self._tell, f"Could not copy {what}: {error.strerror or error}.", "error")
            return
        call(self._tell, f"Copied {what} {where}.")

    def edit(self, frame: Frame) -> None:
        """Open a frame's file at its line in the user's editor."""
        if not Path(frame.file).is_file():
            self._tell(f"There is no file {frame.file} to open.", "warning")
            return
        # An absolute path cannot be an option or a URL: some editors also open `http://…` and `scp://…`.
        file = os.path.abspath(frame.file)
        try:
            command = editor_command(file, frame.line, os.environ)
        except NoEditor as error:
            self._tell(str(error), "warning")
            return
        try:
            if command.terminal:
                self._edit_in_terminal(command)
            else:
                start_detached(command.arguments)
                self._tell(f"Opened {frame.file}:{frame.line} with {command.name}.")
        except OSError as error:
            self._tell(f"Could not start {command.arguments[0]}: {error.strerror}.", "error")

    def _edit_in_terminal(self, command: EditorCommand) -> None:
        """Give the terminal to the editor until it ends.

        Nothing here runs meanwhile, so events wait in the pipe of the server process.
        """
        with suspended(self._app):
            # No shell reads the arguments, so a file's name stays one argument.
            status = subprocess.run(command.arguments, check=False).returncode  # noqa: S603
        if status:
            self._tell(f"{command.name} ended with exit status {status}.", "warning")


def open_url(url: str) -> bool:
    """Open `url` and return whether a browser was started. Blocks for STARTED_SECONDS at most.

    Python's `webbrowser` lets browsers inherit standard output, so it runs in a process of its
    own, without one. The process is isolated, so it cannot import a `webbrowser.py` of the project.
    """
    try:
        process = start_detached([sys.executable, "-I", "-c", _OPEN, url])
    except OSError:  # an upgrade has removed our Python; the caller shows the URL
        return False
    try:
        return process.wait(STARTED_SECONDS) == 0
    except subprocess.TimeoutExpired:
        return True


def start_detached(arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, without our terminal.

    Raises `OSError` if it cannot be started. A daemon thread reaps it, so that it neither stays a
    zombie nor keeps us from leaving.
    """
    process = subprocess.Popen(  # noqa: S603 - the user's editor or browser; no shell reads it
        arguments,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    threading.Thread(target=process.wait, name=f"wait-{process.pid}", daemon=True).start()
    return process
