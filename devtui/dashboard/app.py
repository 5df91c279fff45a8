"""The Textual application: it runs the session, shows it, and shuts down cleanly."""

from __future__ import annotations

import contextvars
import os
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import SystemCommand
from textual.binding import BindingType
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Event, Key, Paste
from textual.screen import Screen

from devtui import terminal
from devtui.dashboard import messages, themes
from devtui.dashboard.availability import why_not_for_server
from devtui.dashboard.clock import Clock
from devtui.dashboard.configured_app import ConfiguredApp
from devtui.dashboard.keys.commands import bindings
from devtui.dashboard.lists.list_screen import ListScreen
from devtui.dashboard.lists.presses import Presses
from devtui.dashboard.main_screen import MainScreen
from devtui.dashboard.opened.choose_copy import ChooseCopy
from devtui.dashboard.ports.port_dialogs import Ports
from devtui.dashboard.screens import WARM_UP_SECONDS, Screens, warm_up
from devtui.dashboard.shutdown import Shutdown
from devtui.dashboard.terminal.driver import TerminalDriver
from devtui.dashboard.terminal.key_order import KeyOrder, KeyPassed
from devtui.dashboard.terminal.redraw import Redraw
from devtui.dashboard.terminal.screen_lender import ScreenLender
from devtui.dashboard.terminal.terminal_kind import filters_for, in_gnu_screen
from devtui.dashboard.widgets.usage import Usage, UsageSampler
from devtui.events import AnyEvent, AppFailed, Frame, PortBusy, StateChanged
from devtui.text.sanitize import pasteable

if TYPE_CHECKING:
    from devtui.dashboard.desktop.programs import Programs
    from devtui.session.shown_session import ShownSession


class Dashboard(ConfiguredApp):
    """The dashboard of one session. `run` returns the exit status."""

    CSS_PATH = "dashboard.tcss"
    TITLE = "devtui"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("app")]

    def __init__(
        self,
        session: ShownSession,
        clock: Clock | None = None,
        sample: Callable[[int | None], Usage | None] | None = None,
    ) -> None:
        """Create the app. Tests replace `clock` and `sample`, which measures a process."""
        super().__init__(session)
        self.clock = clock or Clock()
        self.main = MainScreen(session, self.clock, sample or UsageSampler().sample)
        self.ports = Ports(self, session, self.clock)
        self.shutdown = Shutdown(
            self,
            session,
            show=self.main.header.show_leaving,
            stop_reading=self._stop_reading,
            take_back_terminal=self._take_back_terminal,
        )
        self._screens = Screens(self, self.main, session, self.clock)
        self._presses = Presses(self)
        self._keys = KeyOrder(self, super().on_event)
        self._redraw = Redraw(self)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Define the colours that other themes than ours lack."""
        return themes.VARIABLES

    def get_driver_class(self) -> type[Driver]:
        """Return Textual's driver, with ours in place of the one for terminals."""
        chosen = super().get_driver_class()
        return TerminalDriver if chosen is LinuxDriver else chosen

    def get_default_screen(self) -> Screen[None]:
        """Return the screen with the four panes."""
        return self.main

    # -- life --------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Run the session, and show its events."""
        self.shutdown.start()
        if sys.__stdin__ is not None:
            self._lender = ScreenLender(self, self.session.store, sys.__stdin__.fileno())
            self.session.terminal.lend_by(self._lender)
        # Events come from any context, a thread's too. A timer that starts in a context without the
        # app ends silently, and nothing is refreshed.
        context = contextvars.copy_context()
        self.session.bus.subscribe(lambda event: context.copy().run(self._on_session_event, event))
        self.set_timer(WARM_UP_SECONDS, warm_up)
        if not self.is_headless:
            self._filters += filters_for(self)
            self.set_class(self.no_color, "-colourless")

    async def on_event(self, event: Event) -> None:
        """Handle an event; a key waits for the one before."""
        if isinstance(event, (Key, Paste)) and not event.is_forwarded:
            await self._keys.take(event)
        elif event.is_forwarded or not self._presses.take(event):
            await super().on_event(event)

    def on_key_passed(self, message: KeyPassed) -> None:
        """Note that a key has taken effect."""
        self._keys.passed(message)

    def on_unmount(self) -> None:
        """Restore the signal handlers."""
        self.shutdown.close()

    def on_resize(self) -> None:
        """Redraw everything once the terminal's size is stable."""
        self._redraw.resized()

    def _on_session_event(self, event: AnyEvent) -> None:
        if self._exit:
            return
        # Widgets read the store when they are mounted, so earlier events are not lost.
        if self.main.is_mounted:
            self.main.take(event)
        if isinstance(event, (PortBusy, StateChanged)):
            self.ports.take(event)
        if isinstance(event, AppFailed) and self.session.served.not_found:
            self.call_later(self.action_choose_app)
        if isinstance(self.screen, ListScreen):
            self.screen.heard(event)

    def _stop_reading(self) -> None:
        """Read no more keys: reading from a terminal that is gone returns at once, forever."""
        if self._driver is not None:
            self._driver.disable_input()

    def _take_back_terminal(self) -> None:
        """Show the dashboard again if the app has the terminal."""
        if self._lender is not None:
            self._lender.take_back()

    async def action_quit(self) -> None:
        """Leave."""
        self.shutdown.begin(0)

    def action_interrupt(self) -> None:
        """Leave. If text is selected, the screen copies it and this is not called."""
        self.shutdown.begin(0)

    # -- commands ----------------------------------------------------------------------------

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """List the commands of the palette."""
        from devtui.dashboard.palette import offered

        return offered(self, screen)

    def why_not(self, action: str) -> str:
        """Say why the action cannot work now; empty if it can."""
        return why_not_for_server(self.session, self.shutdown.begun, action)

    def action_restart(self) -> None:
        """Restart the server."""
        self.session.restart()

    def action_restart_fresh(self) -> None:
        """Restart the server in a fresh process, without the standby."""
        self.session.restart_from_nothing()

    def action_toggle_debug(self) -> None:
        """Turn debug mode on or off."""
        self.session.set_debug(not self.session.settings.debug)

    def action_toggle_live(self) -> None:
        """Have pages in browsers follow the saves, or not."""
        self.session.set_live(not self.session.live.on)

    @on(messages.ChangePort)
    def action_change_port(self) -> None:
        """Ask for another port to serve on."""
        self.ports.ask_port_to_serve_on()

    def action_show_holders(self) -> None:
        """Show who holds the port."""
        self.ports.show(self.session.settings.port)

    def action_open_browser(self) -> None:
        """Open the app in a browser."""
        self._programs().browse(self.session.url)

    async def action_choose_app(self) -> None:
        """Ask for the name of the app to serve."""
        await self._screens.ask_for_app()

    def action_copy_pin(self) -> None:
        """Copy the PIN of the debugger in the browser, and show it."""
        pin = self.session.generations.pin
        if pin is not None:
            self.copy(pin, f"the debugger's PIN {pin}")

    def action_suspend(self) -> None:
        """Suspend devtui until the shell's `fg`; the server keeps running."""
        if terminal.can_suspend():
            terminal.suspend()
        else:
            self.tell(
                "devtui was not started by a shell that could continue it: open another window."
            )

    def action_help(self) -> None:
        """Show all keys."""
        from devtui.dashboard.help import HelpDialog

        self.push_screen(HelpDialog())

    # -- what screens ask for ----------------------------------------------------------------

    @on(messages.Open)
    def _open(self, message: messages.Open) -> None:
        self._screens.open(message.item)

    @on(messages.OpenNeighbour)
    def _open_neighbour(self, message: messages.OpenNeighbour) -> None:
        why_not = self._screens.open_neighbour(message.item, message.steps)
        if why_not:
            self.tell(why_not)

    @on(messages.GoTo)
    def _go_to(self, message: messages.GoTo) -> None:
        self._screens.go_to(message.item)

    @on(messages.ShowStack)
    def _show_stack(self, message: messages.ShowStack) -> None:
        self._screens.show_stack(message.request)

    @on(messages.ShowPort)
    def _show_port(self, message: messages.ShowPort) -> None:
        self.ports.show(message.port)

    @on(messages.SeeAnotherPort)
    def _see_another_port(self, message: messages.SeeAnotherPort) -> None:
        self.ports.ask_port_to_see(message.port)

    @on(messages.Tell)
    def _tell(self, message: messages.Tell) -> None:
        self.tell(message.text, message.severity)

    @on(messages.Copy)
    def _copy(self, message: messages.Copy) -> None:
        self.copy(message.text, message.what)

    @on(ChooseCopy)
    def _choose_copy(self, message: ChooseCopy) -> None:
        self._screens.choose_copy(message, self.copy)

    @on(messages.Edit)
    def _edit(self, message: messages.Edit) -> None:
        self.edit(message.frame)

    def copy(self, text: str, what: str) -> None:
        """Copy a text in the best way available; a toast says what was copied, and where."""
        if self._driver is not None:
            self._programs().copy(text, what, self._driver.write)

    def copy_to_clipboard(self, text: str) -> None:
        """Copy the text that Textual lets users select."""
        self._clipboard = pasteable(text)
        self.copy(text, "the selected text")

    def edit(self, frame: Frame) -> None:
        """Open a frame's file at its line in the user's editor."""
        self._programs().edit(frame)

    def _programs(self) -> Programs:
        # The first frame does not wait for this module.
        from devtui.dashboard.desktop.programs import Programs

        return Programs(self, self.tell)


def run_dashboard(session: ShownSession, kind: type[Dashboard] = Dashboard) -> int:
    """Run the dashboard until the user leaves, and return the exit status."""
    in_screen = in_gnu_screen(os.environ)
    if in_screen:
        os.environ.pop("COLORTERM", None)
    app = kind(session)
    try:
        status = app.run(mouse=not in_screen)
    finally:
        # After a clean shutdown there is nothing left to kill.
        session.kill()
    return status if status is not None else app.return_code or 1
