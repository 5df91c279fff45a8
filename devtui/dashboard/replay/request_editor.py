"""Let the user change a request in the editor."""

from __future__ import annotations

import asyncio
import os
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from textual.app import App

from devtui.dashboard.desktop.editor import EditorCommand, editor_command
from devtui.dashboard.terminal.suspended import suspended
from devtui.session.replay.http_text import BODY_FILE, NoRequest, parse, written
from devtui.session.replay.outgoing import CannotSend, Outgoing
from devtui.text import formats

FILE = "request.http"

# Options by which graphical editors wait until the file is closed.
_WAITS = {
    **dict.fromkeys(
        ("code", "code-insiders", "codium", "vscodium", "cursor", "windsurf", "positron"), "--wait"
    ),
    **dict.fromkeys(("subl", "sublime_text", "zed", "zeditor", "gedit"), "--wait"),
    **dict.fromkeys(("pycharm", "idea", "charm", "webstorm"), "--wait"),
    **dict.fromkeys(("gvim", "mvim"), "--nofork"),
    **dict.fromkeys(("kate", "kwrite"), "--block"),
}


class _Draft(NamedTuple):
    """A text with a mistake, the folder that it was in, and the body in a file beside it."""

    request_id: str = ""
    text: str = ""
    folder: str = ""
    body: bytes | None = None


class RequestEditor:
    """Give a request to the editor as text, and take it back.

    A text with a mistake is kept: the next edit of the same request goes on with it. It is dropped
    if the user leaves it unchanged, or empties it.
    """

    def __init__(self, app: App[int]) -> None:
        self._app = app
        self._draft = _Draft()

    async def edit(self, request_id: str, outgoing: Outgoing) -> Outgoing | None:
        """Return the changed request, None if nothing was changed.

        Raises `CannotSend` with a sentence, or `OSError` or `NoEditor` if the editor does not
        start.
        """
        # It contains cookies and passwords, so the folder is for the user alone.
        with tempfile.TemporaryDirectory(prefix="devtui-request-") as folder:
            file, body = Path(folder) / FILE, Path(folder) / BODY_FILE
            before = written(outgoing, Path(folder))
            begun, begun_body = before, outgoing.body
            if self._draft.request_id == request_id:
                begun = self._draft.text.replace(self._draft.folder, folder)
                if self._draft.body is not None:
                    begun_body = self._draft.body
                    body.write_bytes(begun_body)
            file.write_text(begun, encoding="utf-8", errors="surrogateescape", newline="")
            await self._run(editor_command(str(file), 1, os.environ))
            after = _read(file) if file.exists() else ""
            self._draft = _Draft()
            kept = body.read_bytes() if body.exists() else None
            unchanged = (before, outgoing.body), (begun, begun_body)
            if any(after == text and kept in (None, content) for text, content in unchanged):
                return None
            try:
                return parse(after)
            except NoRequest:
                raise
            except CannotSend:
                self._draft = _Draft(request_id, after, folder, kept)
                raise

    async def _run(self, command: EditorCommand) -> None:
        if command.terminal:
            status = self._run_in_terminal(command)
        else:
            option = _WAITS.get(command.name)
            program, *rest = command.arguments
            arguments = [program, *([option] if option else []), *rest]
            process = await asyncio.create_subprocess_exec(
                *arguments,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            status = await process.wait()
        if status:
            how = formats.exit_status(status)
            verb = "was" if status < 0 else "ended with"
            raise CannotSend(f"{command.name} {verb} {how}: nothing was sent.")

    def _run_in_terminal(self, command: EditorCommand) -> int:
        """Give the terminal to the editor until it ends; nothing here runs meanwhile."""
        with suspended(self._app):
            return subprocess.run(command.arguments, check=False).returncode  # noqa: S603


def _read(file: Path) -> str:
    """Return the text, without the mark and the line ends that some editors give each file."""
    with open(file, encoding="utf-8", errors="surrogateescape", newline="") as saved:
        text = saved.read().removeprefix("\ufeff")
    lines = text.split("\n")
    return text.replace("\r\n", "\n") if all(map(_is_ended_otherwise, lines[:-1])) else text


def _is_ended_otherwise(line: str) -> bool:
    return line.endswith("\r")
