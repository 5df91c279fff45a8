"""The local variables that an opened error shows: ask for them, also a process that is silent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devtui.dashboard.availability import why_no_answer_yet
from devtui.dashboard.errors.frame_lines import Spot
from devtui.dashboard.errors.late_answers import answer_of

if TYPE_CHECKING:
    from devtui.dashboard.errors.frame_screen import FrameScreen
    from devtui.session.shown_session import ShownSession
    from devtui.session.store.error_groups import ErrorEntry


class ShownLocals:
    """Show and hide the variables of one error's frames on its screen."""

    def __init__(self, screen: FrameScreen, session: ShownSession, entry: ErrorEntry) -> None:
        self.reveal = False
        """Whether secrets are shown."""
        self.gone: dict[Spot, str] = {}
        """Why a frame is gone."""
        self._screen = screen
        self._shown = screen.opened.shown
        self._session = session
        self._entry = entry
        self._late: set[Spot] = set()

    def toggle(self, spot: Spot) -> None:
        """Show the variables of a frame, or hide them."""
        if spot in self._shown:
            del self._shown[spot]
            self._screen.look()
        else:
            self.ask(spot)

    def show_secrets(self) -> None:
        """Show the masked values, or mask them again."""
        self.reveal = not self.reveal
        for spot in list(self._shown):
            self.ask(spot)

    def ask(self, spot: Spot) -> None:
        """Show a frame's variables as they are now; those before stay until then."""
        self._shown.setdefault(spot, None)
        self._screen.look()
        self._screen.run_worker(self._fetch(spot))

    async def _fetch(self, spot: Spot) -> None:
        reveal = self.reveal
        questions, entry = self._session.questions, self._entry
        question = questions.show_locals(entry, spot.way, spot.number, reveal=reveal)
        answer = await answer_of(question, lambda: self._say_late(spot))
        self._late.discard(spot)
        if answer.gone:
            self.gone[spot] = answer.reason
        # It may have been hidden since, or asked for again with secrets shown or masked.
        if spot in self._shown and reveal is self.reveal:
            self._shown[spot] = answer
            self._screen.call_after_refresh(self._screen.show_whole, spot)
        self.look()

    def _say_late(self, spot: Spot) -> None:
        self._late.add(spot)
        self.look()

    def look(self) -> None:
        """Show the changes, and what late answers wait for now."""
        self._screen.opened.late = dict.fromkeys(self._late, why_no_answer_yet(self._session))
        self._screen.look()
