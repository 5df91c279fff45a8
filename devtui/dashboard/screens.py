"""Open the screens on top of the main screen."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from devtui.dashboard.lists.list_screen import ListScreen
from devtui.dashboard.messages import Tell
from devtui.session.store.error_groups import ErrorEntry, ErrorGroup
from devtui.session.store.one_call import AllRepeats, OneCall, OneRepeat
from devtui.session.store.request_record import Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App

    from devtui.dashboard.clock import Clock
    from devtui.dashboard.errors.error_screen import ErrorScreen
    from devtui.dashboard.errors.kept_history import KeptHistory
    from devtui.dashboard.errors.prompt import History
    from devtui.dashboard.main_screen import MainScreen
    from devtui.dashboard.messages import PaneItem
    from devtui.dashboard.opened.choose_copy import ChooseCopy
    from devtui.dashboard.opened.opened_screen import OpenedScreen
    from devtui.session.shown_session import ShownSession

WARM_UP_SECONDS = 0.5
"""How long after the start `warm_up` runs: then the first frame is drawn, and nobody waits."""


class Screens:
    """Open each screen with the parts of the dashboard that it reads."""

    def __init__(
        self, app: App[int], main: MainScreen, session: ShownSession, clock: Clock
    ) -> None:
        self._app = app
        self._main = main
        self._session = session
        self._clock = clock
        self._folds: set[str] = set()
        self._keeping = asyncio.Lock()

    @cached_property
    def _history(self) -> History:
        """The code that was evaluated in frames of this project, for all errors."""
        from devtui.config.state_file import ProjectFile
        from devtui.dashboard.errors.kept_history import KeptHistory
        from devtui.dashboard.errors.prompt import History

        kept = KeptHistory(ProjectFile(self._session.settings.folder, "evaluated"))
        entries = kept.read()
        if kept.problem:
            self._app.post_message(Tell(kept.problem, "warning"))

        def keep(entries: Sequence[str]) -> None:
            self._app.run_worker(self._keep(kept, entries))

        return History(entries, keep)

    async def _keep(self, kept: KeptHistory, entries: Sequence[str]) -> None:
        """Write in a thread: a slow disk must not hold up the keys."""
        async with self._keeping:  # in their order
            await asyncio.to_thread(kept.write, entries)
        if kept.problem:
            self._app.post_message(Tell(kept.problem, "warning"))

    def open(self, item: PaneItem | ErrorEntry) -> None:
        """Open a row or an error."""
        # The first frame does not wait for these modules.
        from devtui.dashboard.details.detail_screen import DetailScreen

        screen: OpenedScreen
        if isinstance(item, ErrorGroup):
            screen = self._error(item.newest, item)
        elif isinstance(item, ErrorEntry):
            screen = self._error(item)
        else:
            session = self._session
            screen = DetailScreen(session.store, item, self._folds, session.replays)
        screen.place = self._main.place_of(item)
        self._app.push_screen(screen)

    def _error(self, entry: ErrorEntry, group: ErrorGroup | None = None) -> ErrorScreen:
        from devtui.dashboard.errors.error_screen import ErrorScreen

        return ErrorScreen(self._session, self._history, entry, group, self._folds)

    def open_neighbour(self, item: object, steps: int) -> str:
        """Open the row before or after one, or say why there is none."""
        from devtui.dashboard.details.detail_screen import DetailScreen

        if isinstance(item, (OneRepeat, AllRepeats)):
            return "A list of calls has no row before or after it."
        found: Any
        if isinstance(item, OneCall):
            found = item.neighbour(steps)
        else:
            found = self._main.neighbour(item, steps)
        if isinstance(found, str):
            return found
        top = self._app.screen
        if isinstance(top, ListScreen) and not isinstance(top, DetailScreen):
            top.leave()
            top = self._app.screen  # a stack may be on top of its opened request
        if isinstance(top, DetailScreen) and not isinstance(found, (ErrorGroup, ErrorEntry)):
            top.show(found, self._main.place_of(found))
        else:
            self.open(found)
        return ""

    def go_to(self, item: PaneItem | ErrorEntry) -> None:
        """Leave the topmost screen if the one below shows the item, else open the item."""
        *_, below, top = (None, *self._app.screen_stack)
        if isinstance(top, ListScreen) and isinstance(below, ListScreen) and below.shows is item:
            top.leave()
        else:
            self.open(item)

    def choose_copy(self, message: ChooseCopy, copy: Callable[[str, str], None]) -> None:
        """Ask what to copy, and copy it."""
        from devtui.dashboard.details import copy_as, copy_choices
        from devtui.dashboard.details.copy_dialog import CopyDialog
        from devtui.dashboard.details.row_detail import request_id_of

        item, url, store = message.item, self._session.url, self._session.store
        if isinstance(item, ErrorEntry):
            choices = copy_choices.of_error(item, message.frame)
        elif message.detail is None:
            choices = copy_choices.of_row(item, store, url)
        else:
            choices = copy_choices.of_line(message.line, item, message.detail, url)
        request = item if isinstance(item, Request) else store.request(request_id_of(item))
        if request is not None:
            shown = [one for one in message.shown if isinstance(one, Request)]
            choices += copy_as.of_request(request, self._session, shown)

        def chosen(choice: copy_choices.CopyChoice | None) -> None:
            if choice is not None:
                copy(choice.copied, choice.what)

        self._app.push_screen(CopyDialog(choices), chosen)

    def show_stack(self, request: Request) -> None:
        """Show where a running request is now."""
        from devtui.dashboard.errors.stack_screen import StackScreen

        self._app.push_screen(StackScreen(self._session, self._clock, request))

    async def ask_for_app(self) -> None:
        """Ask for the name of the app, offer those in the folder, and serve the chosen one."""
        from devtui.dashboard.app_dialog import AppDialog
        from devtui.session import app_candidates

        found = await asyncio.to_thread(app_candidates.find, str(self._session.settings.folder))
        if any(isinstance(screen, AppDialog) for screen in self._app.screen_stack):
            return
        failure = self._session.served.failure
        why = "Type what flask --app takes." if failure is None else failure.message
        self._app.push_screen(AppDialog(why, found), self._serve_app)

    def _serve_app(self, name: str | None) -> None:
        if name is not None:
            self._session.serve_app(name)


def warm_up() -> None:
    """Import the screens, so that the first row opens as quickly as the next."""
    from devtui.dashboard.details import detail_screen  # noqa: F401
    from devtui.dashboard.errors import error_screen  # noqa: F401

    # All present objects stay. Otherwise the garbage collector would visit them again and again,
    # and a key would wait for 50 ms now and then.
    gc.freeze()
