"""The Textual application: it hosts the session, shows it, and leaves in good order."""

from __future__ import annotations

import contextvars
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Event, Key, Paste
from textual.notifications import SeverityLevel
from textual.screen import Screen

from devtui import terminal
from devtui.dashboard import themes, warm_up
from devtui.dashboard.availability import SERVER_ACTIONS, SaysWhyNot, why_not_for_server
from devtui.dashboard.clock import Clock
from devtui.dashboard.commands import bindings
from devtui.dashboard.errors.history import History
from devtui.dashboard.main_screen import MainScreen
from devtui.dashboard.ports.port_dialogs import Ports
from devtui.dashboard.shutdown import Shutdown
from devtui.dashboard.terminal.driver import TerminalDriver
from devtui.dashboard.terminal.key_order import KeyOrder, KeyPassed
from devtui.dashboard.terminal.redraw import Redraw
from devtui.dashboard.terminal.screen_lender import ScreenLender
from devtui.dashboard.terminal.terminal_kind import filters_for, in_gnu_screen
from devtui.dashboard.widgets.list_screen import ListScreen
from devtui.dashboard.widgets.pointer import Presses
from devtui.dashboard.widgets.usage import Usage, UsageSampler
from devtui.events import AnyEvent, Frame, PortBusy, StateChanged
from devtui.session.store.error_groups import ErrorGroup
from devtui.text.sanitize import pasteable, visible

if TYPE_CHECKING:
    from textual.actions import ActionParseResult
    from textual.dom import DOMNode

    from devtui.dashboard.details.row_detail import Item
    from devtui.session.session import Session
    from devtui.session.store.request_record import Request


class Dashboard(SaysWhyNot, App[int]):
    """The dashboard of one session. `run` returns the exit status."""

    CSS_PATH = "dashboard.tcss"
    TITLE = "devtui"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("app")]

    def __init__(
        self,
        session: Session,
        clock: Clock | None = None,
        sample: Callable[[int | None], Usage | None] | None = None,
    ) -> None:
        """`clock` and `sample` (the use of a process by its pid) are for tests to replace."""
        super().__init__()
        self.session = session
        self.clock = clock or Clock()
        self.sample = sample or UsageSampler().sample
        self.main = MainScreen(self)
        self.ports = Ports(self)
        self.shutdown = Shutdown(self)
        self.history = History()
        """What was evaluated in frames."""
        self._presses = Presses(self)
        self._keys = KeyOrder(self, super().on_event)
        self._lender: ScreenLender | None = None
        self._redraw = Redraw(self)
        self._complaint = themes.begin(self, os.environ)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """What a theme that is not ours does not know of."""
        return themes.VARIABLES

    def get_driver_class(self) -> type[Driver]:
        """Textual's choice of a driver; the one for terminals is ours."""
        chosen = super().get_driver_class()
        return TerminalDriver if chosen is LinuxDriver else chosen

    def get_default_screen(self) -> Screen[None]:
        """The four panes."""
        return self.main

    # -- life --------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Run the session, and show what it tells."""
        self.shutdown.start()
        if sys.__stdin__ is not None:
            self._lender = ScreenLender(self, self.session.store, sys.__stdin__.fileno())
            self.session.terminal.lend_by(self._lender)
        # Events come out of all contexts, a thread's too. A timer that is begun in one which does
        # not know the app ends without a word, and with it what it was to refresh.
        context = contextvars.copy_context()
        self.session.subscribe(lambda event: context.copy().run(self._on_session_event, event))
        self.set_timer(warm_up.REST_SECONDS, warm_up.warm_up)
        if not self.is_headless:
            self._filters += filters_for(self)
            self.set_class(self.no_color, "-colourless")
        if self._complaint:
            self.tell(self._complaint, "warning")

    async def on_event(self, event: Event) -> None:
        """As in the base class, but that a key waits for the one before."""
        if isinstance(event, (Key, Paste)) and not event.is_forwarded:
            await self._keys.take(event)
        elif event.is_forwarded or not self._presses.take(event):
            await super().on_event(event)

    def on_key_passed(self, message: KeyPassed) -> None:
        """A key has had its effect."""
        self._keys.passed(message)

    def on_unmount(self) -> None:
        """Give back what was taken for the time of the run."""
        self.shutdown.close()

    def on_resize(self) -> None:
        """Draw everything anew, as soon as the terminal's size rests."""
        self._redraw.resized()

    def _on_session_event(self, event: AnyEvent) -> None:
        if self._exit:
            return
        # What came before the screen was there is in the store, where its widgets look first.
        if self.main.is_mounted:
            self.main.take(event)
        if isinstance(event, (PortBusy, StateChanged)):
            self.ports.take(event)
        if isinstance(self.screen, ListScreen):
            self.screen.heard(event)

    def stop_reading(self) -> None:
        """Take no more keys: to read from a terminal that has gone returns at once, for ever."""
        if self._driver is not None:
            self._driver.disable_input()

    def take_back_terminal(self) -> None:
        """Be on the screen again, where the app has the terminal."""
        if self._lender is not None:
            self._lender.take_back()

    async def action_quit(self) -> None:
        """Leave."""
        self.shutdown.begin(0)

    def action_interrupt(self) -> None:
        """Leave: where text is selected, the screen has copied it before this is asked."""
        self.shutdown.begin(0)

    # -- commands ----------------------------------------------------------------------------

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """What the palette offers."""
        from devtui.dashboard.palette import offered

        return offered(self, screen)

    def why_not(self, action: str) -> str:
        """Why the action cannot be done now; empty where it can."""
        return why_not_for_server(self.session, self.shutdown.begun, action)

    def enabled_actions(self) -> tuple[bool | None, ...]:
        """What `check_action` says of the server's commands now."""
        return tuple(self.check_action(action, ()) for action in SERVER_ACTIONS)

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """As in the base class; a key that cannot work says why."""
        if await super().run_action(action, default_namespace, namespaces):
            return True
        owner = default_namespace or self
        why = (
            owner.why_not(action)
            if isinstance(owner, SaysWhyNot) and isinstance(action, str)
            else ""
        )
        if why:
            self.tell(why, "warning")
        return bool(why)

    def action_restart(self) -> None:
        """Restart the server."""
        self.session.restart()

    def action_restart_fresh(self) -> None:
        """Restart the server without the process that was started ahead."""
        self.session.restart_from_nothing()

    def action_toggle_debug(self) -> None:
        """Turn debug mode on or off."""
        self.session.set_debug(not self.session.settings.debug)

    def action_change_port(self) -> None:
        """Ask for another port to serve on."""
        self.ports.ask_port_to_serve_on()

    def action_show_holders(self) -> None:
        """Show who holds the port."""
        self.ports.show(self.session.settings.port)

    def action_open_browser(self) -> None:
        """Open the app in a browser."""
        from devtui.dashboard.desktop.programs import browse

        url = self.session.url
        self.run_worker(lambda: browse(self, url, self.tell), thread=True)

    def action_copy_pin(self) -> None:
        """Copy the PIN of the debugger in the browser, and show it."""
        pin = self.session.pin
        if pin is not None:
            self.copy(pin, f"the debugger's PIN {pin}")

    def action_suspend(self) -> None:
        """Stop until the shell says `fg`; the server goes on meanwhile."""
        if terminal.can_suspend():
            terminal.suspend()
        else:
            self.tell("No shell has started devtui that could continue it: open another window.")

    def action_help(self) -> None:
        """Show all keys."""
        from devtui.dashboard.help import HelpDialog

        self.push_screen(HelpDialog())

    # -- opening -----------------------------------------------------------------------------

    def open_item(self, item: Item) -> None:
        """Open what a row stands for, on a screen of its own."""
        from devtui.dashboard.details.detail_screen import DetailScreen
        from devtui.dashboard.errors.error_screen import ErrorScreen

        if isinstance(item, ErrorGroup):
            self.push_screen(ErrorScreen(self, item.newest, item))
        else:
            self.push_screen(DetailScreen(self, item))

    def open_stack(self, request: Request) -> None:
        """Show where a running request is now."""
        from devtui.dashboard.errors.stack_screen import StackScreen

        self.push_screen(StackScreen(self, request))

    # -- copying and editing -----------------------------------------------------------------

    def tell(self, text: str, severity: SeverityLevel = "information") -> None:
        """Say something in a toast; the text may hold what others wrote."""
        self.notify(visible(text, 400), severity=severity, markup=False)

    def copy(self, text: str, what: str) -> None:
        """Copy `text` the best way there is, and say what was copied, and where."""
        from devtui.dashboard.desktop.programs import copy_text

        driver = self._driver
        if driver is not None:
            work = partial(copy_text, self, text, what, driver.write, self.tell)
            self.run_worker(work, thread=True)

    def copy_to_clipboard(self, text: str) -> None:
        """Copy as `copy` does, where Textual itself copies selected text."""
        self._clipboard = pasteable(text)
        self.copy(text, "the selected text")

    def edit(self, frame: Frame) -> None:
        """Open a frame's file at its line in the user's editor."""
        from devtui.dashboard.desktop.programs import edit

        edit(self, frame, self.tell)


def run_dashboard(session: Session) -> int:
    """Run the dashboard until the user leaves, and return the exit status."""
    in_screen = in_gnu_screen(os.environ)
    if in_screen:
        os.environ.pop("COLORTERM", None)
    app = Dashboard(session)
    try:
        status = app.run(mouse=not in_screen)
    finally:
        # Where all went well there is nothing left to kill.
        session.kill()
    return status if status is not None else app.return_code or 1
