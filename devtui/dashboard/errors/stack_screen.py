"""The stack of a running request's thread, asked for again each second."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.timer import Timer

from devtui.dashboard.availability import why_no_answer_yet
from devtui.dashboard.errors.frame_lines import Spot, frames_lines
from devtui.dashboard.errors.frame_screen import FrameScreen
from devtui.dashboard.errors.late_answers import answer_of
from devtui.dashboard.keys.commands import KeyScope, bindings
from devtui.dashboard.lists.sections import Line, Section
from devtui.dashboard.messages import Copy
from devtui.dashboard.selection import Selection
from devtui.events import Frame, StackShown, innermost
from devtui.session.store.request_record import Request
from devtui.text import formats, masking
from devtui.text.sanitize import visible

if TYPE_CHECKING:
    from devtui.dashboard.clock import Clock
    from devtui.session.shown_session import ShownSession

LOOK_SECONDS = 1.0
TOO_LATE = "The request ended before its stack could be read."
OUTSIDE = "The request is in the server itself, between the app and the client."


class StackScreen(FrameScreen):
    """One running request. When it ends, its last known stack stays."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("stack")]
    key_scopes: ClassVar[tuple[KeyScope, ...]] = ("opened", "stack")

    def __init__(self, session: ShownSession, clock: Clock, request: Request) -> None:
        super().__init__()
        self.request = request
        self._session = session
        self._clock = clock
        self._stack: StackShown | None = None
        self._late = False
        self._asking = False
        self._timer: Timer | None = None

    def on_mount(self) -> None:
        """Ask for the stack now and each second."""
        super().on_mount()
        self._timer = self.set_interval(LOOK_SECONDS, self._ask)
        self._ask()

    def selected(self) -> Selection:
        """Return the request and the frame under the cursor, for custom commands."""
        return Selection(self.request, self.request.id, self._frame())

    def _ask(self) -> None:
        if not self.request.running:
            self._end()
        elif not self._asking:
            self._asking = True
            self.run_worker(self._look_at_it())
        self.look()  # for the running time

    def _end(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    async def _look_at_it(self) -> None:
        question = self._session.questions.show_stack(self.request.started)
        try:
            answer = await answer_of(question, self._say_late)
        finally:
            self._asking = False
        self._late = False
        if answer.running:
            self._stack = answer
            self._select_innermost()
        self.look()

    def _say_late(self) -> None:
        self._late = True
        self.look()

    def _select_innermost(self) -> None:
        """Select the innermost frame of the user's code."""
        if self.spot is None and self._stack is not None and self._stack.frames:
            self.spot = Spot((0,), innermost(self._stack.frames))

    @property
    def shows(self) -> object:
        """The request."""
        return self.request

    # -- contents ------------------------------------------------------------------------------

    def sections(self, width: int) -> list[Section]:
        """Return the frames, or a sentence that says why there are none."""
        lines: list[Line] = []
        if self._late:
            lines.append(Line([(why_no_answer_yet(self._session), "warn")]))
        stack = self._stack
        if stack is not None and stack.frames:
            lines += frames_lines(stack.frames, (0,), stack.frames_left_out, self.opened, width)
        elif stack is not None:
            lines.append(Line([(OUTSIDE, "dim")]))
        elif not self._late:
            words = "Asking …" if self.request.running else TOO_LATE
            lines.append(Line([(words, "dim")]))
        return [Section("", lines, self._copied())]

    def headline(self) -> Content:
        """Return the request, and how long it has been running."""
        started, finished = self.request.started, self.request.finished
        name = Content.styled(
            visible(f"{started.method} {masking.target(started.target)}", 300), "bold"
        )
        if finished is None:
            now = self._clock.now()
            time = formats.running_time((now - started.at).total_seconds() * 1000)
            words = f"running for {time}"
            thread = self._stack.thread if self._stack is not None else ""
            if thread:
                words += f"  ·  thread {visible(thread, 60)}"
            return Content.assemble(name, "\n", (words, "$text-primary"))
        status = finished.cut or f"status {finished.status}"
        words = f"ended after {formats.duration(finished.duration_ms)}: {visible(status, 100)}"
        if self._stack is not None:
            words += "  ·  last seen here"
        return Content.assemble(name, "\n", (words, "$foreground 55%"))

    def title_of_frames(self) -> str:
        """Return the border's title."""
        return "Where it is now" if self.request.running else "Where it was last"

    def frame_at(self, spot: Spot) -> Frame | None:
        """Return the frame of that number."""
        frames = self._stack.frames if self._stack is not None else ()
        return frames[spot.number] if 0 <= spot.number < len(frames) else None

    # -- commands ------------------------------------------------------------------------------

    def why_not(self, action: str) -> str:
        """Say why the action cannot work now; empty if it can."""
        if action == "copy_row" and not self._copied():
            return "There is no stack to copy."
        return super().why_not(action)

    def action_copy_row(self) -> None:
        """Copy the stack as text."""
        self.app.post_message(Copy(self._copied(), "the stack"))

    def _copied(self) -> str:
        """Return the frames as Python prints them."""
        frames = self._stack.frames if self._stack is not None else ()
        lines = []
        for frame in frames:
            lines.append(f'  File "{frame.file}", line {frame.line}, in {frame.function}')
            if frame.source:
                lines.append(f"    {frame.source}")
        return "\n".join(lines)
