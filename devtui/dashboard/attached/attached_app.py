"""The dashboard that is attached to a session of another process: leaving ends only itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from devtui.dashboard.app import Dashboard, run_dashboard
from devtui.dashboard.keys.commands import in_force

if TYPE_CHECKING:
    from devtui.control.remote.remote_session import RemoteSession

_LEAVE = "leave"


class AttachedDashboard(Dashboard):
    """A further dashboard of one session."""

    CSS_PATH = "../dashboard.tcss"

    session: RemoteSession

    def __init__(self, session: RemoteSession) -> None:
        super().__init__(session)
        leave = in_force[_LEAVE]
        detach = structs.replace(leave, label="detach", help="Leave this screen; devtui goes on")
        in_force.use(detach if one is leave else one for one in in_force)
        session.on_begin = self._begin_again

    def on_mount(self) -> None:
        """Say what this screen is."""
        self.tell(
            f"Attached to the devtui of process {self.session.session_pid}: "
            f"{in_force.key(_LEAVE)} closes this screen, and devtui goes on."
        )

    def _begin_again(self, another: bool) -> None:
        """Show the history from the start again, maybe that of `another` session."""
        for pane in self.main.panes:
            pane.list.mark_dirty()
        if another:
            # The id of an opened row means another one now.
            while len(self.screen_stack) > 1:
                self.pop_screen()
            self.tell(f"Another devtui runs here now, process {self.session.session_pid}.")


def run_attached(session: RemoteSession) -> int:
    """Run the dashboard until the user leaves, and return the exit status."""
    return run_dashboard(session, AttachedDashboard)
