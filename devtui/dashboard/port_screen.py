"""The port screen: who holds a port, what to do about it, and what comes of it."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from devtui.dashboard import port_choices, port_view
from devtui.dashboard.dialogs import Dialog
from devtui.dashboard.port_choices import Choice, Sight, choices
from devtui.dashboard.port_progress import Progress
from devtui.events import Holder
from devtui.session.port import PortRefused
from devtui.session.port_look import PortLook
from devtui.session.state import State

if TYPE_CHECKING:
    from devtui.dashboard.app import Dashboard
    from devtui.session.stopping import Outcome
    from devtui.session.survey import Survey

MAX_WIDTH = 110
LOW = 15
"""The least height of a terminal in which the holders' details are shown beside the choices."""

TICK_SECONDS = 0.1
_FRAME = 6  # columns of the border and of the padding at both sides


class ChoiceLine(Static):
    """A choice, to be clicked on too."""

    def __init__(self, number: int) -> None:
        super().__init__(markup=False)
        self._number = number

    def on_click(self) -> None:
        """Press its key."""
        screen = self.screen
        if isinstance(screen, PortScreen) and not screen.asking and not screen.stopping:
            self.app.simulate_key(screen.choices[self._number].key)


class PortScreen(Dialog[None]):
    """Shows one port, and does what is chosen; it goes when the session has got its port."""

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

    def __init__(self, dashboard: Dashboard, port: int) -> None:
        super().__init__()
        self.port = port
        self.asking = False
        self.waiting = False
        """Whether the session was asked to have its port, and has not told yet."""
        self._dashboard = dashboard
        self._sight: Sight | None = None
        self._progress = Progress(dashboard.clock.monotonic)
        self._ticker: Timer | None = None
        self._served = False
        self._gone = False

    @property
    def choices(self) -> tuple[Choice, ...]:
        """What can be chosen now."""
        return choices(self.port, self._sight, serving=self._dashboard.session.state.answers)

    @property
    def stopping(self) -> bool:
        """Whether somebody is being stopped: nothing but leaving goes meanwhile."""
        return self._progress.stopping

    def compose(self) -> ComposeResult:
        """How the port stands, the holders, what is being done, the choices."""
        with Vertical(classes="dialog -port"):
            yield Static("", id="headline", markup=False)
            with VerticalScroll(id="details", can_focus=False):
                yield Static("", id="holders", markup=False)
            yield Static("", id="progress", markup=False)
            with Vertical(id="choices"):
                for number in range(len(self.choices)):
                    yield ChoiceLine(number)

    def on_mount(self) -> None:
        """Show itself at once; who looks, shows more when it is known."""
        self.show()

    def on_resize(self) -> None:
        """Lay everything out for the new size."""
        self.show()

    def on_screen_resume(self) -> None:
        """Go, where the session has got its port while a dialog lay above."""
        if self._served:
            self._go()

    # -- what is shown -------------------------------------------------------------------------

    def look_at(self, port: int, found: Survey | PortLook, ours: str = "") -> None:
        """Show another port, or this one anew: what was found, or what a look will find."""
        if self.stopping:
            return
        if port != self.port:
            self.port, self._sight = port, None
            self._progress = Progress(self._dashboard.clock.monotonic)
        self.asking = False
        self.show()
        self.begin(partial(self._look, found, ours), latest_of="look")

    async def _look(self, found: Survey | PortLook, ours: str) -> None:
        survey = await found.found() if isinstance(found, PortLook) else found
        self._sight = await asyncio.to_thread(port_choices.judge, survey, ours)
        stopped, self._progress.stopped = self._progress.stopped, ""
        if stopped and self._sight.survey.blocking:
            now = _who_now(self._sight.survey.blocking[0])
            self._progress.say(f"{stopped} {now}", problem=True)
        self.show()

    def served(self) -> None:
        """The session has got its port: go, or as soon as nothing lies above any more."""
        self._served = True
        if self._progress.stopped:
            self._dashboard.tell(self._progress.stopped)
        self._go()

    def _go(self) -> None:
        if self.app.screen is self and not self._gone:
            self._gone = True
            self.dismiss()

    def show(self) -> None:
        """Lay out what is known for the size that there is."""
        if not self.is_mounted:
            return
        width = max(min(MAX_WIDTH, self.app.size.width - 4) - _FRAME, 20)
        dialog = self.query_one(".dialog")
        dialog.styles.width = width + _FRAME
        dialog.border_title = f"Port {self.port}"
        head, shown, progress = self._texts(width)
        low = self.app.size.height < LOW
        dialog.set_class(low, "-low")
        lines = [port_view.choice_line(choice, width, cut=low) for choice in self.choices]
        for static, line in zip(self.query(ChoiceLine), lines, strict=True):
            static.update(line)
        choosing = not self.asking and not self.stopping
        self.query_one("#choices").display = choosing
        self.query_one("#headline", Static).update(head)
        self.query_one("#holders", Static).update(shown)
        self.query_one("#progress", Static).update(progress)
        self.query_one("#progress").display = bool(progress)
        used = port_view.height(head) + (port_view.height(progress) + 1 if progress else 0)
        used += sum(map(port_view.height, lines)) + 1 if choosing else 0
        room = max(self.app.size.height - used - 5, 3)
        box = self.query_one("#details")
        box.display = bool(shown) and not (low and choosing)
        box.styles.height = min(room, port_view.height(shown))
        scrolls = "↑ ↓ more   " if box.display and port_view.height(shown) > room else ""
        dialog.border_subtitle = scrolls + self._keys()

    def _texts(self, width: int) -> tuple[Content, Content, Content]:
        """The headline, the holders and the progress."""
        progress = self._progress.content(width)
        if self._sight is None:
            head = Content.styled(f"Looking who holds port {self.port} …", "$foreground 55%")
            return head, Content(), progress
        head = port_view.headline(self._sight, width)
        if self.asking:
            # The question has the room: what it asks of, and nothing else.
            from devtui.session.stopping import ASK_SECONDS

            asked = port_view.question(self._sight.survey.blocking, ASK_SECONDS, width)
            return head, asked, Content()
        now = self._dashboard.clock.now()
        return head, port_view.details(self._sight, width, now), progress

    def _keys(self) -> str:
        if self.asking:
            return "y yes   n no"
        return "stopping …   q leave devtui" if self.stopping else "escape back   q leave devtui"

    def _say(self, text: str, problem: bool = False) -> None:
        self._progress.say(text, problem)
        self.show()

    # -- what is chosen ------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only yes and no answer a question, and nothing but leaving goes while stopping."""
        if action == "stop":
            return self.asking
        chosen = action in {choice.action for choice in self.choices} - {port_choices.NEXT_PORT}
        return not (self.stopping or (self.asking and chosen))

    def _cannot(self, action: str) -> bool:
        """Whether a choice cannot work; says why then."""
        (choice,) = [choice for choice in self.choices if choice.action == action]
        if choice.why_not:
            self._say(f"{choice.text}: {choice.why_not}")
        return bool(choice.why_not)

    def action_have(self) -> None:
        """Ask whether to stop who is in the way; where nobody is, serve here."""
        if self._cannot(port_choices.TAKING_BACK) or self._sight is None:
            return
        self._progress.forget()
        if self._sight.survey.refusal is None:
            self.begin(partial(self._have, self.port))
            return
        self.asking = True
        self.show()

    def action_next_port(self) -> None:
        """Serve on the next free port; to a question it is a no."""
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
        self._dashboard.ports.ask_port_to_serve_on()

    def action_see_another(self) -> None:
        """Ask for another port to look at."""
        self._dashboard.ports.ask_port_to_see(self.port)

    def action_again(self) -> None:
        """Try to have the port again, where the session waits for it; else look again."""
        session = self._dashboard.session
        self._progress.forget()
        if session.state is State.PORT_BUSY and self.port == session.settings.port:
            self._try()
        else:
            self._dashboard.ports.show(self.port)

    def _try(self) -> None:
        """Have the session try to have its port; what comes of it are its events."""
        self.waiting = True
        self._say(f"Trying port {self.port} …")
        self._dashboard.session.try_again()

    def tried(self) -> None:
        """The session has tried in vain to have its port."""
        if self.waiting:
            self.waiting = False
            at = self._dashboard.clock.now().astimezone().strftime("%H:%M:%S")
            self._say(f"Tried at {at}: port {self.port} is still not to be had.")

    def action_back(self) -> None:
        """Take the question back, or leave the screen."""
        if self.asking:
            self.asking = False
            self._say("Nothing was stopped.")
        else:
            self._go()

    def action_scroll_details(self, lines: int) -> None:
        """Move in the holders, where they do not fit."""
        self.query_one("#details").scroll_relative(y=lines, animate=False)

    async def _have(self, port: int) -> None:
        """Serve on the port; where it is refused after all, show who has it."""
        session = self._dashboard.session
        if port == session.settings.port and not session.has_port:
            self._try()
            return
        self._say(f"Moving to port {port} …")
        try:
            await session.move(port)
        except PortRefused as refused:
            self._say(str(refused), problem=True)
            self._dashboard.ports.show(port)
            return
        self.served()

    # -- stopping ------------------------------------------------------------------------------

    def action_stop(self) -> None:
        """Stop who is in the way: this is the yes."""
        assert self._sight is not None
        self.asking = False
        self._progress.begin()
        self._ticker = self.set_interval(TICK_SECONDS, self.show)
        self.show()
        self.begin(partial(self._stop, self._sight.survey.blocking))

    async def _stop(self, wanted: tuple[Holder, ...]) -> None:
        from devtui.session import stopping

        loop = asyncio.get_running_loop()
        settings = self._dashboard.session.settings.with_port(self.port)

        def report(seconds: float, text: str) -> None:
            loop.call_soon_threadsafe(self._step, seconds, text)

        try:
            outcome = await asyncio.to_thread(stopping.stop, settings, wanted, report)
        finally:
            self._progress.stopping = False
            if self._ticker is not None:
                self._ticker.stop()
        await self._go_on(outcome)

    async def _go_on(self, outcome: Outcome) -> None:
        """Serve here, where the port is free now; at once, before anybody starts it again."""
        if outcome.freed:
            self._progress.stopped = outcome.text
            await self._have(self.port)
        else:
            self._say(outcome.text, problem=True)
            self._dashboard.ports.show(self.port)

    def _step(self, seconds: float, text: str) -> None:
        self._progress.step(seconds, text)
        self.show()


def _who_now(holder: Holder) -> str:
    by = holder.restarts_by or (holder.parent and f"{holder.parent} (pid {holder.parent_pid})")
    return f"Then {port_choices.names([holder])} took the port" + (
        f", started by {by}." if by else "."
    )
