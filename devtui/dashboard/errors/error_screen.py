"""An opened error: its frames, their local variables, and a prompt to evaluate code in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from devtui.dashboard.availability import why_no_answer_yet, why_no_frames, why_not_stopped
from devtui.dashboard.errors.completer import Completer
from devtui.dashboard.errors.console import Console
from devtui.dashboard.errors.error_view import default_spot, error_view, title
from devtui.dashboard.errors.evaluation import Evaluation
from devtui.dashboard.errors.frame_lines import Spot
from devtui.dashboard.errors.frame_screen import NO_FRAME, FrameScreen
from devtui.dashboard.errors.origin import origin_words
from devtui.dashboard.errors.prompt import History, Prompt
from devtui.dashboard.errors.shown_locals import ShownLocals
from devtui.dashboard.keys.commands import KeyScope, bindings, in_force
from devtui.dashboard.lists.sections import Section
from devtui.dashboard.messages import Copy, GoTo
from devtui.dashboard.opened.choose_copy import ChooseCopy
from devtui.dashboard.panes.error_summary import traceback_of
from devtui.dashboard.panes.handled import is_fixed, is_handled
from devtui.dashboard.replay.sends_again import SendsAgain
from devtui.dashboard.selection import Selection
from devtui.events import AnyEvent, ExceptionData, Frame, StateChanged
from devtui.session.state import State
from devtui.session.store.error_groups import ErrorEntry, ErrorGroup
from devtui.session.store.request_record import Request
from devtui.text.formats import clock_time
from devtui.text.paths import short_path

if TYPE_CHECKING:
    from devtui.session.shown_session import ShownSession

ROOM_FOR_LOCALS = 24
"""The least height of the list for the innermost frame's variables to be shown at once."""


class ErrorScreen(SendsAgain, FrameScreen):
    """One error. The server process that raised it answers questions about its frames."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("error")]
    key_scopes: ClassVar[tuple[KeyScope, ...]] = ("opened", "error")

    def __init__(
        self,
        session: ShownSession,
        history: History,
        entry: ErrorEntry,
        group: ErrorGroup | None = None,
        folds: set[str] | None = None,
    ) -> None:
        """Show `entry`, and the count of its `group` if it was opened from there.

        `history` has the code that was evaluated before, in any error.
        """
        super().__init__(folds)
        self.entry = entry
        self.spot = default_spot(entry.error)
        self.console = Console(history)
        self._session = session
        self._group = group
        self._questions = session.questions
        self._completer = Completer(self.console, self._questions, entry, self._why_silent)
        self.locals = ShownLocals(self, session, entry)
        self.evaluation = Evaluation(
            self.console, self._questions, entry, self._evaluated, self._why_not_stopped
        )

    @property
    def shows(self) -> object:
        """The error."""
        return self.entry

    def below(self) -> list[Widget]:
        """Return the prompt, which is hidden at first."""
        self.console.display = False
        return [self.console]

    def sections(self, width: int) -> list[Section]:
        """Return the exceptions with their frames."""
        return error_view(self.entry.error, self.opened, width)

    def headline(self) -> Content:
        """Return the exception, its message, and where it came from."""
        raised = title(self.entry.error, self._colour())
        words = origin_words(self.entry, self._group, self._session.store, self.locals.reveal)
        return Content.assemble(raised, "\n", (words, "$foreground 55%"))

    def _colour(self) -> str:
        store = self._session.store
        harmless = is_handled(self.entry, store) or is_fixed(self.entry, store)
        return "$text-warning" if harmless else "$text-error"

    def title_of_frames(self) -> str:
        """Return the border's title, with the time of the error."""
        return f"Error  {clock_time(self.entry.at)}"

    def frame_at(self, spot: Spot) -> Frame | None:
        """Return the frame at a spot."""
        exceptions: tuple[ExceptionData, ...] = self.entry.error.exceptions
        found: ExceptionData | None = None
        for number in spot.way:
            if number >= len(exceptions):
                return None
            found = exceptions[number]
            exceptions = found.exceptions
        if found is None or not 0 <= spot.number < len(found.frames):
            return None
        return found.frames[spot.number]

    def spot_changed(self) -> None:
        """Show the frame that the prompt evaluates in."""
        frame = self._frame()
        if frame is not None:
            where = f"{short_path(frame.file)}:{frame.line}"
            self.console.asks_in(f"{frame.function}  {where}" if frame.function else where)

    def heard(self, event: AnyEvent) -> None:
        """Say what late answers wait for in the new state."""
        super().heard(event)
        if isinstance(event, StateChanged):
            self.locals.look()
            self._say_suspended()

    # -- commands ------------------------------------------------------------------------------

    def why_not(self, action: str) -> str:
        """Say why the action cannot work now; empty if it can."""
        match action:
            case "locals" if self.spot in self.opened.shown:
                return ""  # it hides them
            case "locals" | "evaluate":
                if self.spot is None:
                    return NO_FRAME
                gone = why_no_frames(self._session, self.entry)
                return gone or self.locals.gone.get(self.spot, "")
            case "secrets" if not self.opened.shown:
                shows = f"{in_force.key('locals')} shows those of a frame."
                return f"No local variables are shown: {shows}"
            case "request" if self._request() is None:
                if self.entry.origin == "request":
                    return "Its request is no longer kept."
                return "This error does not belong to a request."
        return self.why_not_send(action) or super().why_not(action)

    def answers_refusal(self, action: str, why: str) -> bool:
        """Say in the prompt why it cannot evaluate, so typed code does not act as commands."""
        if action != "evaluate":
            return False
        self.action_evaluate()
        suspended = self._session.state is State.SUSPENDED
        self.console.show_note(self._why_silent() if suspended else why)
        return True

    def _why_silent(self) -> str:
        return why_no_answer_yet(self._session, typing=True)

    def _why_not_stopped(self) -> str:
        return why_not_stopped(self._session)

    def action_copy_row(self) -> None:
        """Copy the traceback as Python prints it."""
        self.app.post_message(Copy(traceback_of(self.entry.error), "the traceback"))

    def action_copy_choice(self) -> None:
        """Choose what to copy: of the error, or its request as curl and more."""
        self.app.post_message(ChooseCopy(self.entry, frame=self._frame()))

    def selected(self) -> Selection:
        """Return the error's request and the frame under the cursor, for custom commands."""
        return Selection(self._request(), self.entry.request_id, self._frame())

    def _request(self) -> Request | None:
        return self._session.store.request(self.entry.request_id)

    def action_request(self) -> None:
        """Go to the request that the error belongs to."""
        request = self._request()
        if request is not None:
            self.app.post_message(GoTo(request))

    def action_back(self) -> None:
        """Stop searching, close the prompt, or go back to the screen below."""
        if self.console.display and (self.console.prompt.has_focus or not self.search.is_open):
            self.console.display = False
            self.list.focus()
            return
        super().action_back()

    def leave(self) -> None:
        """Go back to the screen below, and interrupt a running evaluation."""
        self.evaluation.stop()
        super().leave()

    # -- local variables -----------------------------------------------------------------------

    def on_mount(self) -> None:
        """Show the innermost frame's variables at once if there is room for them."""
        super().on_mount()
        self.call_after_refresh(self._show_first_locals)

    def _show_first_locals(self) -> None:
        roomy = self.list.size.height >= ROOM_FOR_LOCALS
        if roomy and self.spot is not None and not why_no_frames(self._session, self.entry):
            self.locals.ask(self.spot)

    def open_spot(self, spot: Spot) -> None:
        """Show or hide the local variables of a frame."""
        self.locals.toggle(spot)

    def action_locals(self) -> None:
        """Show or hide the local variables of the selected frame."""
        if self.spot is not None:
            self.locals.toggle(self.spot)

    def action_secrets(self) -> None:
        """Show the masked values, or mask them again."""
        self.locals.show_secrets()

    # -- evaluating ----------------------------------------------------------------------------

    def action_evaluate(self) -> None:
        """Open the prompt below the frames, and focus it."""
        self.console.display = True
        self.spot_changed()
        self.console.prompt.focus()
        if self.spot is not None:
            self.call_after_refresh(self.show_spot, self.spot)

    @on(Console.Asked)
    def _asked(self, event: Console.Asked) -> None:
        if self.spot is not None:
            self.evaluation.begin(self.spot, event.source)
            self._say_suspended()
        else:
            self.console.show_note(NO_FRAME)

    def _say_suspended(self) -> None:
        """Say in the prompt that a signal keeps the running evaluation from its end."""
        if self.evaluation.running and self._session.state is State.SUSPENDED:
            self.console.show_note(self._why_silent())

    @on(Prompt.Completing)
    def _complete(self, event: Prompt.Completing) -> None:
        event.stop()
        if self.spot is not None:
            self.run_worker(self._completer.complete(self.spot, event))

    @on(Prompt.Calling)
    def _describe(self, event: Prompt.Calling) -> None:
        event.stop()
        if self.spot is not None:
            self.run_worker(self._completer.describe(self.spot, event))

    def _evaluated(self, spot: Spot) -> None:
        if spot in self.opened.shown:
            self.locals.ask(spot)

    @on(Prompt.Stopped)
    def _stop_or_clear(self, event: Prompt.Stopped) -> None:
        """Stop the evaluation, else copy the selection, else clear the prompt."""
        event.stop()
        prompt = self.console.prompt
        if self.evaluation.stop():
            return
        selected = prompt.selected_text or self.get_selected_text()
        if selected:
            self.app.copy_to_clipboard(selected)
        elif prompt.text:
            prompt.clear_line()
        else:
            self.console.show_note("Nothing is running. escape leaves the prompt.")

    def action_stop_evaluation(self) -> None:
        """Stop the evaluation, else do as in every opened row."""
        if not self.evaluation.stop():
            self.action_interrupt_opened()
