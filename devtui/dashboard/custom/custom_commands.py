"""Run the config's commands on the selected row, and say how they ended."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from devtui.dashboard.custom.background import Background, Ended
from devtui.dashboard.lists.list_screen import ListScreen
from devtui.dashboard.selection import NOTHING, Selection, environment, values, why_not
from devtui.session.replay.export.target_in_app import url_of
from devtui.text import formats
from devtui.text.sanitize import visible

if TYPE_CHECKING:
    from textual.app import App

    from devtui.config.preferences import CustomCommand
    from devtui.dashboard.desktop.programs import Tell
    from devtui.session.shown_session import ShownSession

MOST_LINES = 3
MAX_LINE = 120


class CustomCommands:
    """The custom commands, by their numbers."""

    def __init__(
        self,
        app: App[int],
        session: ShownSession,
        commands: Sequence[CustomCommand],
        tell: Tell,
        in_terminal: Callable[[CustomCommand, dict[str, str]], None],
    ) -> None:
        """`in_terminal` runs a command in the terminal, with that environment."""
        self._app = app
        self._session = session
        self._commands = commands
        self._tell = tell
        self._in_terminal = in_terminal
        self._background = Background()

    def why_not(self, number: int) -> str:
        """Say why a command cannot run now; empty if it can."""
        command = self._commands[number]
        if self._background.runs(command.key):
            return f"{command.name}: it is still running."
        selection = self._selection()
        found = values(selection, self._url(selection))
        for name in command.run.needs:
            if name not in found:
                why = why_not(name, selection, self._url(selection))
                return f"{command.name}: {why}"
        return ""

    def run(self, number: int) -> None:
        """Run a command, or say why it cannot run."""
        if why := self.why_not(number):
            self._tell(why, "warning")
            return
        command, selection = self._commands[number], self._selection()
        base = dict(self._session.settings.environment) or os.environ
        variables = environment(base, values(selection, self._url(selection)))
        try:
            if command.where == "terminal":
                self._in_terminal(command, variables)
            else:
                self._background.start(
                    command.key,
                    command.run.line,
                    variables,
                    command.folder,
                    lambda ended: self._report(command, ended),
                )
                self._tell(f"{command.name}: started.")
        except (OSError, ValueError) as error:
            self.failed(command, error)

    def failed(self, command: CustomCommand, error: Exception) -> None:
        """Say why a command could not be started."""
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        self._tell(f"{command.name}: it could not be started: {visible(reason, 200)}.", "error")

    def end(self) -> None:
        """End the commands that are still running, because devtui ends."""
        self._background.end()

    def _selection(self) -> Selection:
        # The palette is on top of the screen that it was opened on.
        for screen in reversed(self._app.screen_stack):
            if isinstance(screen, ListScreen):
                return screen.selected()
        return NOTHING

    def _url(self, selection: Selection) -> str:
        """Return the URL of the selected request, unmasked: it is not shown on the screen."""
        base = self._session.url
        if selection.request is None or not base.startswith(("http://", "https://")):
            return ""
        return url_of(selection.request.started.target, base)

    def _report(self, command: CustomCommand, ended: Ended) -> None:
        lines = [line for line in ended.output.splitlines() if line.strip()][-MOST_LINES:]
        said = "  ".join(visible(line.strip(), MAX_LINE) for line in lines)
        if ended.status:
            words = f"{command.name}: failed, {formats.exit_status(ended.status)}"
        else:
            words = f"{command.name}: done"
        self._tell(
            f"{words}: {said}" if said else f"{words}.", "error" if ended.status else "information"
        )
