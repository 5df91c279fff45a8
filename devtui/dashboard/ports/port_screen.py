"""The port screen: who holds a port, what to do about it, and the result."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from msgspec import structs
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.timer import Timer

from devtui.dashboard.messages import ChangePort, SeeAnotherPort, ShowPort, Tell
from devtui.dashboard.ports import port_choices
from devtui.dashboard.ports.port_box import PortBox, Progress, Shown
from devtui.dashboard.ports.port_choices import PortChoice, Sight, choices
from devtui.dashboard.widgets.dialogs import Dialog
from devtui.events import Holder
from devtui.ports.bind import PortRefused
from devtui.ports.survey import PendingSurvey, Survey
from devtui.session.state import State

if TYPE_CHECKING:
    from devtui.dashboard.clock import Clock
    from devtui.ports.stopping import Outcome
    from devtui.session.shown_session import ShownSession

TICK_SECONDS = 0.1


class PortScreen(Dialog[None]):
    """Show one port and carry out the choices; close when the session has its port."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "have", show=False),
        Binding("n", "next_port", show=False),
        Binding("p", "change_port", show=False),
        Binding("k", "see_another", show=False),
        Binding("t", "again", show=False),
        Binding("y", "stop", show=False),
        Binding("escape", "back", show=False),
        Binding("up", "scroll_details(-1)", show=False),
        Binding("down", "scroll_details(1)", show=False),
        Binding("pageup", "scroll_details(-10)", show=False),
        Binding("pagedown", "scroll_details(10)", show=False),
        Binding("q,ctrl+q", "app.quit", show=False),
        Binding("ctrl+c", "app.interrupt", show=False),
    ]

    def __init__(self, session: ShownSession, clock: Clock, port: int) -> None:
        super().__init__()
        self.port = port
        self.asking = False
        self.waiting = False
        """Whether the session is trying to get its port."""
        self._session = session
        self._clock = clock
        self._sight: Sight | None = None
        self._progress = Progress(clock.monotonic)
        self._box = PortBox(len(self.choices), clock.now)
        self._ours = ""  # what devtui itself does with the port
        self._served = False
        self._gone = False

    @property
    def choices(self) -> tuple[PortChoice, ...]:
        """The choices now."""
        return choices(self.port, self._sight, serving=self._session.state.answers)

    @property
    def stopping(self) -> bool:
        """Whether a process is being stopped: only leaving works meanwhile."""
        return self._progress.stopping

    def compose(self) -> ComposeResult:
        """Yield the box alone."""
        yield self._box

    def on_mount(self) -> None:
        """Show the box at once; a survey of the port fills it later."""
        self.show()

    def on_resize(self) -> None:
        """Lay out the box for the new size."""
        self.show()

    def on_screen_resume(self) -> None:
        """Close if the session got its port while a dialog was on top."""
        if self._served:
            self._go()

    # -- contents ------------------------------------------------------------------------------

    def look_at(self, port: int, found: Survey | PendingSurvey, ours: str = "") -> None:
        """Show another port, or this one again; `found` is a survey that is done or running."""
        if self.stopping:
            return
        if port != self.port:
            self.port, self._sight = port, None
            self._progress = Progress(self._clock.monotonic)
        self.asking = False
        self._ours = ours
        self.show()
        self.begin(partial(self._look, found), latest_of="look")

    def follow(self, ours: str) -> None:
        """Say what devtui itself does with the port now; look again if it has taken or left it."""
        taken_or_left = bool(ours) is not bool(self._ours)
        self._ours = ours
        if taken_or_left and not self._served:
            self.app.post_message(ShowPort(self.port))
        elif self._sight is not None and ours:
            self._sight = structs.replace(self._sight, ours=ours)
            self.show()

    async def _look(self, found: Survey | PendingSurvey) -> None:
        survey = await found.result() if isinstance(found, PendingSurvey) else found
        sight = await asyncio.to_thread(port_choices.judge, survey)
        attached = self._session.attachment
        why_not = (attached.why_not_stop if attached else "") or sight.why_not_stop
        self._sight = structs.replace(sight, ours=self._ours, why_not_stop=why_not)
        self._progress.seen(self._sight.survey.blocking)
        self.show()

    def served(self) -> None:
        """Close, now or when the dialog on top has closed: the session has its port."""
        self._served = True
        if self._progress.stopped:
            self.app.post_message(Tell(self._progress.stopped))
        self._go()

    def _go(self) -> None:
        if self.app.screen is self and not self._gone:
            self._gone = True
            self.dismiss()

    def show(self) -> None:
        """Update the box."""
        if self.is_mounted:
            leaving = "leave devtui" if self._session.attachment is None else "detach"
            shown = (self.port, self._sight, self.choices, self.asking, self._progress, leaving)
            self._box.show(Shown(*shown))

    def _say(self, text: str, problem: bool = False) -> None:
        self._progress.say(text, problem)
        self.show()

    # -- choices -------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Allow only yes and no to a question, and only leaving while a process is stopped."""
        if action == "stop":
            return self.asking
        chosen = action in {choice.action for choice in self.choices} - {port_choices.NEXT_PORT}
        return not (self.stopping or (self.asking and chosen))

    def _cannot(self, action: str) -> bool:
        """Say why a choice cannot work; return whether there is a reason."""
        (choice,) = [choice for choice in self.choices if choice.action == action]
        if choice.why_not:
            self._say(f"{choice.text}: {choice.why_not}")
        return bool(choice.why_not)

    def action_have(self) -> None:
        """Ask whether to stop the holders; serve here if there are none."""
        if self._cannot(port_choices.TAKING_BACK) or self._sight is None:
            return
        self._progress.forget()
        if self._sight.survey.refusal is None:
            self.begin(partial(self._have, self.port))
            return
        self.asking = True
        self.show()

    def action_next_port(self) -> None:
        """Serve on the next free port; as an answer to a question, n means no."""
        if self.asking:
            self.action_back()
            return
        if self._cannot(port_choices.NEXT_PORT) or self._sight is None:
            return
        port = self._sight.survey.next_free_port
        assert port is not None
        self.begin(partial(self._have, port))

    def action_change_port(self) -> None:
        """Ask for another port to serve on."""
        self.app.post_message(ChangePort())

    def action_see_another(self) -> None:
        """Ask for another port to look at."""
        self.app.post_message(SeeAnotherPort(self.port))

    def action_again(self) -> None:
        """Try to get the port if the session waits for it; else look again."""
        self._progress.forget()
        if self._session.state is State.PORT_BUSY and self.port == self._session.settings.port:
            self._try()
        else:
            self.app.post_message(ShowPort(self.port))

    def _try(self) -> None:
        """Let the session try to get its port; its events report the result."""
        self.waiting = True
        self._say(f"Trying port {self.port} …")
        self._session.try_again()

    def tried(self) -> None:
        """Say that the session could not get its port."""
        if self.waiting:
            self.waiting = False
            at = self._clock.now().astimezone().strftime("%H:%M:%S")
            self._say(f"Tried at {at}: port {self.port} is still not available.")

    def action_back(self) -> None:
        """Withdraw the question, or leave the screen."""
        if self.asking:
            self.asking = False
            self._say("Nothing was stopped.")
        else:
            self._go()

    def action_scroll_details(self, lines: int) -> None:
        """Scroll the holders."""
        self._box.scroll_details(lines)

    async def _have(self, port: int) -> None:
        """Serve on the port; if it is refused after all, show who has it."""
        session = self._session
        if port == session.settings.port and not session.listener.is_open:
            self._try()
            return
        self._say(f"Moving to port {port} …")
        try:
            await session.move(port)
        except PortRefused as refused:
            self._say(str(refused), problem=True)
            self.app.post_message(ShowPort(port))
            return
        self.served()

    # -- stopping ------------------------------------------------------------------------------

    def action_stop(self) -> None:
        """Stop the holders: this is the yes."""
        assert self._sight is not None
        self.asking = False
        self._progress.begin()
        ticker = self.set_interval(TICK_SECONDS, self.show)
        self.show()
        self.begin(partial(self._stop, self._sight.survey.blocking, ticker))

    async def _stop(self, wanted: tuple[Holder, ...], ticker: Timer) -> None:
        from devtui.ports import stopping

        loop = asyncio.get_running_loop()
        settings = self._session.settings.with_port(self.port)

        def report(seconds: float, text: str) -> None:
            loop.call_soon_threadsafe(self._step, seconds, text)

        try:
            outcome = await asyncio.to_thread(stopping.stop, settings, wanted, report)
        finally:
            self._progress.stopping = False
            ticker.stop()
        await self._go_on(outcome)

    async def _go_on(self, outcome: Outcome) -> None:
        """Serve here at once if the port is free now, before anything restarts the holder."""
        if outcome.freed:
            self._progress.stopped = outcome.text
            await self._have(self.port)
        else:
            self._say(outcome.text, problem=True)
            self.app.post_message(ShowPort(self.port))

    def _step(self, seconds: float, text: str) -> None:
        self._progress.step(seconds, text)
        self.show()
