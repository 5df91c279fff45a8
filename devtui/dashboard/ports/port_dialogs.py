"""Open and close the port screen, and ask for other ports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devtui.dashboard.ports.port_choices import names
from devtui.events import PortBusy, StateChanged
from devtui.ports import bind as ports
from devtui.ports.bind import PortRefused
from devtui.ports.survey import PendingSurvey, Survey
from devtui.session.state import State

if TYPE_CHECKING:
    from textual.app import App

    from devtui.dashboard.clock import Clock
    from devtui.dashboard.ports.port_screen import PortScreen
    from devtui.dashboard.widgets.dialogs import PortDialog
    from devtui.session.shown_session import ShownSession


class Ports:
    """Keep at most one port screen, and follow the session's state."""

    def __init__(self, app: App[int], session: ShownSession, clock: Clock) -> None:
        self._app = app
        self._session = session
        self._clock = clock
        self._screen: PortScreen | None = None  # the last that was opened
        self._dialog: PortDialog | None = None  # the last that asked where to serve
        self._seen: Survey | None = None  # while a port was being typed
        self._refused: Survey | PendingSurvey | None = None  # of the port that was typed

    @property
    def screen(self) -> PortScreen | None:
        """The port screen, if it is open."""
        return self._screen if self._screen in self._app.screen_stack else None

    def take(self, event: PortBusy | StateChanged) -> None:
        """Open the screen when the port is not available, and close it when it is."""
        if isinstance(event, PortBusy):
            screen = self._open(event.port)
            screen.tried()
            screen.look_at(event.port, Survey.of(event))
        elif event.state == State.PORT_BUSY.value:
            self._open(self._session.settings.port)
        elif event.state != State.STOPPED.value:
            there = self.screen
            if there is not None and (event.previous == State.PORT_BUSY.value or there.waiting):
                there.served()
        self._follow()

    def _follow(self) -> None:
        """Show the server's port on what is open: a script or another terminal may move it."""
        screen = self.screen
        if screen is not None:
            ours = self._ours(screen.port)
            # A port that it leaves belongs to the old server process while the next one loads.
            if ours or not self._session.state.loading:
                screen.follow(ours)
        if self._dialog is not None and self._dialog in self._app.screen_stack:
            self._dialog.follow()

    def _open(self, port: int) -> PortScreen:
        screen = self.screen
        if screen is None:
            from devtui.dashboard.ports.port_screen import PortScreen

            screen = self._screen = PortScreen(self._session, self._clock, port)
            self._app.push_screen(screen)
        return screen

    def show(self, port: int, found: Survey | PendingSurvey | None = None) -> None:
        """Show who holds the port; `found` is a survey that is done or running."""
        found = found or PendingSurvey(self._session.settings.with_port(port))
        self._open(port).look_at(port, found, self._ours(port))

    def _ours(self, port: int) -> str:
        """Say in a sentence that devtui itself has the port; empty if it does not."""
        session = self._session
        if port != session.settings.port or not session.listener.is_open:
            return ""
        does = "serves here" if session.state.answers else f"has this port ({session.state.value})"
        pid = f", pid {session.generations.pid}" if session.generations.pid is not None else ""
        return f"devtui itself {does}: generation {session.generation}{pid}."

    # -- other ports -----------------------------------------------------------------------------

    def ask_port_to_serve_on(self) -> None:
        """Ask for a port and serve there; if it is taken, show its holder.

        The survey begins while the port is typed, so a refusal shows the holder at once.
        """
        self._seen = None
        from devtui.dashboard.widgets.dialogs import PortDialog, PortQuestion

        question = PortQuestion(
            title="Change the port",
            text=self._where_it_is,
            keys="enter move   escape cancel",
            port=lambda: self._session.settings.port,
            about=self._about,
            go=self._move,
        )
        self._dialog = PortDialog(question)
        self._app.push_screen(self._dialog, self._after_move)

    def _where_it_is(self) -> str:
        is_open = self._session.listener.is_open
        is_there = "The server is on" if is_open else "The server could not get"
        return f"{is_there} port {self._session.settings.port}. Move it to port:"

    def _about(self, port: int) -> tuple[str, bool]:
        """Describe a port before it is tried, and say whether that is a problem."""
        if port == 0:
            return "0 takes any free port.", False
        if self._is_ours(port):
            return "The server is there already.", False
        refusal = ports.check_port(self._session.settings.with_port(port))
        if refusal is None:
            return f"Port {port} is free; 0 takes any free one.", False
        if not refusal.busy:
            return str(refusal), True
        from devtui.ports.survey import survey

        self._seen = survey(self._session.settings.with_port(port), refusal)
        who = names(self._seen.blocking)
        return f"{refusal} {f'It is {who}: enter' if who else 'Enter'} shows more.", True

    def _is_ours(self, port: int) -> bool:
        return port == self._session.settings.port and self._session.listener.is_open

    async def _move(self, port: int) -> str | None:
        self._refused = None
        if self._is_ours(port):
            return f"The server is on port {port} already."
        try:
            await self._session.move(port)
        except PortRefused as refused:
            if not refused.busy:
                return str(refused)
            seen = self._seen if self._seen is not None and self._seen.port == port else None
            self._refused = seen or PendingSurvey(self._session.settings.with_port(port), refused)
        return None

    def _after_move(self, port: int | None) -> None:
        if port is None:
            return
        if self._refused is not None:
            self.show(port, self._refused)
            return
        screen = self.screen
        if screen is not None:
            screen.served()

    def ask_port_to_see(self, port: int) -> None:
        """Ask for a port and show who holds it; the server does not move."""
        from devtui.dashboard.widgets.dialogs import PortDialog, PortQuestion

        async def go(chosen: int) -> str | None:
            return None if chosen else "Port 0 means any free one: nobody can hold it."

        question = PortQuestion(
            title="Who holds a port?",
            text=lambda: "Nothing is stopped or moved by looking. Show port:",
            keys="enter show   escape cancel",
            port=lambda: port,
            about=lambda chosen: ("", False),
            go=go,
        )
        self._app.push_screen(PortDialog(question), self._after_see)

    def _after_see(self, port: int | None) -> None:
        if port is not None:
            self.show(port)
