"""Apply the config to the app: its keys, its theme, and the user's own commands."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual.theme import Theme

from devtui.config.preferences import CustomCommand, Preferences
from devtui.config.state_file import StateFile, StateFileError
from devtui.dashboard import themes
from devtui.dashboard.keys.commands import Command, in_force
from devtui.dashboard.keys.keyboard import Keyboard, shown_key
from devtui.dashboard.profile.profiling_app import ProfilingApp
from devtui.dashboard.terminal import one_shot_timers
from devtui.dashboard.terminal.screen_lender import ScreenLender

if TYPE_CHECKING:
    from textual.actions import ActionParseResult
    from textual.dom import DOMNode

    from devtui.dashboard.custom.custom_commands import CustomCommands
    from devtui.dashboard.shutdown import Shutdown
    from devtui.session.shown_session import ShownSession

_CUSTOM = "custom("


class ConfiguredApp(ProfilingApp):
    """An app that applies the config of its session, and keeps the theme that the user chooses."""

    shutdown: Shutdown

    def __init__(self, session: ShownSession) -> None:
        one_shot_timers.install()
        super().__init__()
        self.session = session
        self._lender: ScreenLender | None = None
        self._preferences = session.settings.preferences or Preferences()
        keyboard = Keyboard(self._preferences)
        self.set_keymap(keyboard.keymap())
        custom = zip(self._preferences.commands, keyboard.custom, strict=True)
        own = [_as_command(at, command, key) for at, (command, key) in enumerate(custom)]
        for command in own:
            self.bind(command.keys, command.action, description=command.help, show=False)
        in_force.use([*keyboard.commands(), *own])
        self._kept_theme = StateFile("theme")
        self._complaints = list(self._preferences.notices)
        theme = themes.begin(self, os.environ, self._preferences.theme, self._read_theme())
        if theme:
            self._complaints.append(theme)
        self._custom: CustomCommands | None = None

    def on_mount(self) -> None:
        """Say what is wrong with the config, and save the themes that are chosen from now on."""
        for complaint in self._complaints:
            self.tell(complaint, "warning")
        self.theme_changed_signal.subscribe(self, self._theme_chosen)

    def on_unmount(self) -> None:
        """End the user's commands."""
        if self._custom is not None:
            self._custom.end()

    # -- the theme ---------------------------------------------------------------------------

    def _read_theme(self) -> str:
        try:
            return self._kept_theme.read().strip()
        except StateFileError as error:
            self._complaints.append(f"The last theme is not restored: {error}")
            return ""

    def _theme_chosen(self, theme: Theme) -> None:
        self.run_worker(self._keep_theme(theme.name), group="theme")
        place = self._preferences.theme_place
        if os.environ.get(themes.VARIABLE):
            place = f"the variable {themes.VARIABLE}"
        if place:
            self.tell(
                f"{theme.name} stays until you leave: {place} sets the theme here. "
                "Projects without one keep it."
            )

    async def _keep_theme(self, name: str) -> None:
        """Write in a thread: a slow disk must not hold up the keys."""
        try:
            await asyncio.to_thread(self._kept_theme.write, f"{name}\n")
        except StateFileError as error:
            self.tell(f"The theme stays until you leave: {error}", "warning")

    # -- the user's own commands ---------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether a key can work now; None greys it."""
        if action == _CUSTOM[:-1]:
            (number,) = parameters
            assert isinstance(number, int)
            return None if self._commands().why_not(number) else True
        return super().check_action(action, parameters)

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Run a key's action; one of the user's commands reports itself why it cannot run."""
        if isinstance(action, str) and action.startswith(_CUSTOM):
            self._commands().run(int(action[len(_CUSTOM) : -1]))
            return True
        return await super().run_action(action, default_namespace, namespaces)

    def _commands(self) -> CustomCommands:
        # The first frame does not wait for this module.
        from devtui.dashboard.custom.custom_commands import CustomCommands

        if self._custom is None:
            commands = self._preferences.commands
            self._custom = CustomCommands(
                self, self.session, commands, self.tell, self._run_in_terminal
            )
        return self._custom

    def _run_in_terminal(self, command: CustomCommand, environment: dict[str, str]) -> None:
        self.run_worker(self._lend_to(command, environment), group="command")

    async def _lend_to(self, command: CustomCommand, environment: dict[str, str]) -> None:
        from devtui.dashboard.custom import foreground

        if self._lender is None:
            return
        try:
            with self._lender.step_aside() as fd:
                await foreground.run(
                    fd,
                    command.name,
                    command.run.line,
                    environment,
                    command.folder,
                    self.shutdown.interrupted,
                )
        except (OSError, ValueError) as error:
            self._commands().failed(command, error)


def _as_command(number: int, command: CustomCommand, key: str) -> Command:
    return Command(f"custom-{number}", key, shown_key(key), "", command.name, f"{_CUSTOM}{number})")
