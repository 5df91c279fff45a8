"""Opens the screens that lie above the main screen."""

from __future__ import annotations

import gc
from functools import cached_property
from typing import TYPE_CHECKING

from devtui.dashboard.widgets.list_screen import ListScreen
from devtui.session.store.error_groups import ErrorEntry, ErrorGroup

if TYPE_CHECKING:
    from textual.app import App

    from devtui.dashboard.clock import Clock
    from devtui.dashboard.errors.prompt import History
    from devtui.dashboard.messages import Row
    from devtui.session.session import Session
    from devtui.session.store.request_record import Request

WARM_UP_SECONDS = 0.5
"""How long after the start `warm_up` runs: the first frame stands, and nobody waits."""


class Screens:
    """Opens each screen with the parts of the dashboard that it reads."""

    def __init__(self, app: App[int], session: Session, clock: Clock) -> None:
        self._app = app
        self._session = session
        self._clock = clock

    @cached_property
    def _history(self) -> History:
        """The code that was evaluated in frames, for all errors."""
        from devtui.dashboard.errors.prompt import History

        return History()

    def open(self, item: Row | ErrorEntry) -> None:
        """Open a row or an error."""
        # The first frame does not wait for these modules.
        from devtui.dashboard.details.detail_screen import DetailScreen
        from devtui.dashboard.errors.error_screen import ErrorScreen

        if isinstance(item, ErrorGroup):
            self._app.push_screen(ErrorScreen(self._session, self._history, item.newest, item))
        elif isinstance(item, ErrorEntry):
            self._app.push_screen(ErrorScreen(self._session, self._history, item))
        else:
            self._app.push_screen(DetailScreen(self._session.store, item))

    def go_to(self, item: Row | ErrorEntry) -> None:
        """Leave the topmost screen if the one below shows the item, else open the item."""
        *_, below, top = (None, *self._app.screen_stack)
        if isinstance(top, ListScreen) and isinstance(below, ListScreen) and below.shows is item:
            top.leave()
        else:
            self.open(item)

    def show_stack(self, request: Request) -> None:
        """Show where a running request is now."""
        from devtui.dashboard.errors.stack_screen import StackScreen

        self._app.push_screen(StackScreen(self._session.questions, self._clock, request))


def warm_up() -> None:
    """Import the screens, so that the first row opens as quickly as the next."""
    from devtui.dashboard.details import detail_screen  # noqa: F401
    from devtui.dashboard.errors import error_screen  # noqa: F401

    # All that exists now stays. Without this the garbage collector would look at it again and
    # again, and a key would wait for 50 ms now and then.
    gc.freeze()
