"""What the dashboard asks of programs beyond the terminal: browser, clipboard, editor."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol

from textual.app import App
from textual.notifications import SeverityLevel

from devtui.dashboard.desktop.browser import open_url
from devtui.dashboard.desktop.clipboard import copy
from devtui.dashboard.desktop.detached import start_detached
from devtui.dashboard.desktop.editor import EditorCommand, NoEditor, editor_command
from devtui.events import Frame


class Tell(Protocol):
    """Says something to the user, in a toast."""

    def __call__(self, text: str, severity: SeverityLevel = "information") -> None:
        """`text` may hold what others wrote."""


def browse(app: App[int], url: str, tell: Tell) -> None:
    """Open the URL in a browser. Blocks: for a thread."""
    if open_url(url):
        app.call_from_thread(tell, f"Opened {url}")
    else:
        text = f"No browser could be started; open {url} by hand."
        app.call_from_thread(tell, text, "warning")


def copy_text(
    app: App[int], text: str, what: str, write: Callable[[str], None], tell: Tell
) -> None:
    """Copy the best way there is; `write` sends to the terminal. Blocks: for a thread."""
    try:
        where = copy(text, partial(app.call_from_thread, write), os.environ)
    except OSError as error:
        app.call_from_thread(tell, f"Could not copy {what}: {error}.", "error")
        return
    app.call_from_thread(tell, f"Copied {what} {where}.")


def edit(app: App[int], frame: Frame, tell: Tell) -> None:
    """Open a frame's file at its line in the user's editor."""
    if not Path(frame.file).is_file():
        tell(f"There is no file {frame.file} to open.", "warning")
        return
    # A whole path is no option and no address: editors open `http://…` and `scp://…` too.
    file = os.path.abspath(frame.file)
    try:
        command = editor_command(file, frame.line, os.environ)
    except NoEditor as error:
        tell(str(error), "warning")
        return
    try:
        if command.terminal:
            _edit_in_terminal(app, command, tell)
        else:
            start_detached(command.arguments)
            tell(f"Opened {frame.file}:{frame.line} with {command.name}.")
    except OSError as error:
        tell(f"Could not start {command.arguments[0]}: {error.strerror}.", "error")


def _edit_in_terminal(app: App[int], command: EditorCommand, tell: Tell) -> None:
    """Give the terminal to the editor until it ends.

    Meanwhile nothing here runs, so events wait in the pipe of the server process.
    """
    with app.suspend():
        # No shell reads the arguments, so a file's name stays one argument whatever is in it.
        status = subprocess.run(command.arguments, check=False).returncode  # noqa: S603
    if status:
        tell(f"{command.name} ended with exit status {status}.", "warning")
